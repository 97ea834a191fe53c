package sim

import (
	"fmt"
	"io"
)

// File is an open file on the disk of a node, see [Disk]. Several processes may
// work on it, and a file may be open several times. It need not be closed. After a
// crash it is stale: the next incarnation opens its files anew.
//
// A method that takes time blocks; one that takes none, as writing does unless
// DiskConfig.Write says otherwise, may be used by handlers too. The errors are
// [ErrDisk], [ErrDiskFull] and [ErrStale], wrapped.
type File struct {
	disk  *Disk
	inode *inode
	name  string
	epoch uint32
}

// Open opens the file of that name and creates it if there is none. Any text but
// the empty one is a name; a slash in it means nothing.
func (p *Proc) Open(name string) (*File, error) {
	if name == "" {
		panic("sim: Open of a file without a name")
	}
	if p.gone() {
		return nil, stale("open", name)
	}
	d := p.node.Disk()
	in := d.files[name]
	if in == nil {
		o := d.operation(p, "create", name, 0)
		if o.fails(d.total.WriteError) {
			return nil, o.end(ErrDisk)
		}
		d.log(name)
		in = &inode{}
		d.bind(name, in)
	}
	return &File{disk: d, inode: in, name: name, epoch: d.epoch}, nil
}

// Exists says whether there is a file of that name.
func (p *Proc) Exists(name string) bool {
	return !p.gone() && p.node.Disk().files[name] != nil
}

// Files returns the names of all files on the node's disk, sorted.
func (p *Proc) Files() []string {
	if p.gone() {
		return nil
	}
	return p.node.Disk().Files()
}

// Rename gives a file another name; a file that has that name is removed. It is
// atomic, after a crash too, and durable with the next sync on the disk. It does not
// sync the file. The error is [ErrNotExist], [ErrDisk] or [ErrStale].
func (p *Proc) Rename(from, to string) error {
	if to == "" {
		panic("sim: Rename of a file to no name")
	}
	return p.rename("rename", from, to)
}

// Remove removes a file. Those who have it open may go on. It is durable with the
// next sync on the disk. The error is [ErrNotExist], [ErrDisk] or [ErrStale].
func (p *Proc) Remove(name string) error { return p.rename("remove", name, "") }

func (p *Proc) rename(verb, from, to string) error {
	if p.gone() {
		return stale(verb, from)
	}
	d := p.node.Disk()
	o := d.operation(p, verb, from, 0)
	in := d.files[from]
	switch {
	case in == nil:
		return o.end(ErrNotExist)
	case o.fails(d.total.WriteError):
		return o.end(ErrDisk)
	}
	d.log(from, to)
	d.bind(from, nil)
	if to != "" {
		d.bind(to, in)
	}
	return nil
}

// SyncDir blocks until every creation, renaming, removal and truncation on the
// node's disk up to now is durable, as to sync a directory does. The error is
// [ErrDisk] or [ErrStale].
func (p *Proc) SyncDir() error {
	if p.gone() {
		return stale("sync", "directory")
	}
	o := p.node.Disk().operation(p, "sync", "directory", 0)
	return o.sync("SyncDir", nil)
}

// Name returns the name under which the file was opened.
func (f *File) Name() string { return f.name }

// Size returns the file's length in bytes; 0 if it is stale.
func (f *File) Size() int64 {
	if f.epoch != f.disk.epoch {
		return 0
	}
	return int64(len(f.inode.data))
}

// ReadAt reads into b from an offset, and returns how many bytes: with an error,
// [io.EOF] at the file's end, if they are fewer than b has. What the bytes are that
// were never written, but lie before others that were, is known: zero.
func (f *File) ReadAt(p *Proc, b []byte, off int64) (int, error) {
	mustBeOffset("ReadAt", f.name, off)
	o, err := f.operation(p, "read", min(int64(len(b)), max(f.Size()-off, 0)))
	if err == nil {
		err = o.read()
	}
	if err != nil {
		return 0, err
	}
	n := 0
	if data := f.inode.data; off < int64(len(data)) {
		n = copy(b, data[off:])
		copy(b, o.mistaken(b[:n], f.disk.total.ReadMistake))
	}
	if n < len(b) {
		return n, io.EOF
	}
	return n, nil
}

// ReadAll reads the whole file.
func (f *File) ReadAll(p *Proc) ([]byte, error) {
	o, err := f.operation(p, "read", f.Size())
	if err == nil {
		err = o.read()
	}
	if err != nil {
		return nil, err
	}
	return append([]byte{}, o.mistaken(f.inode.data, f.disk.total.ReadMistake)...), nil
}

// read waits for the disk to have read.
func (o *operation) read() error {
	d, epoch := o.disk, o.disk.epoch
	o.occupy("File.Read", o.time(&d.config.Read, o.bytes))
	switch {
	case d.epoch != epoch:
		return o.end(ErrStale)
	case o.fails(d.total.ReadError):
		return o.end(ErrDisk)
	}
	return o.end(nil)
}

// WriteAt writes b at an offset; beyond the end, what lies between is zeros. It is
// durable after the next Sync. After an error some first bytes of b may have been
// written.
func (f *File) WriteAt(p *Proc, b []byte, off int64) error {
	mustBeOffset("WriteAt", f.name, off)
	return f.write(p, "write", b, off)
}

// Append writes b at the end of the file, wherever that is when it is called. It is
// durable after the next Sync. After an error some first bytes of b may have been
// written.
func (f *File) Append(p *Proc, b []byte) error { return f.write(p, "append", b, f.Size()) }

func (f *File) write(p *Proc, verb string, b []byte, off int64) error {
	o, err := f.operation(p, verb, int64(len(b)))
	if err != nil {
		return err
	}
	t := o.time(&f.disk.config.Write, 0)
	if t > 0 {
		o.block("File.Write")
	}
	n, err := o.admit(f.inode, int64(len(b)), off)
	f.disk.write(f.inode, o.mistaken(b[:n], f.disk.total.WriteMistake), off)
	o.pass(t)
	return o.end(err)
}

// admit says how many of n bytes get written at off, and why not more.
func (o *operation) admit(in *inode, n, off int64) (int64, error) {
	d := o.disk
	if chance := d.total.WriteError; chance > 0 {
		if r := o.rand(drawError); r.Bool(chance) {
			return int64(r.IntN(int(n) + 1)), ErrDisk
		}
	}
	if fit := int64(len(in.data)) + d.room() - off; max(fit, 0) < n {
		return max(fit, 0), ErrDiskFull
	}
	return n, nil
}

// Truncate makes the file n bytes long: shorter, or longer with zeros. It is durable
// with the next sync on the disk.
func (f *File) Truncate(p *Proc, n int64) error {
	mustBeOffset("Truncate", f.name, n)
	o, err := f.operation(p, "truncate", n)
	if err != nil {
		return err
	}
	d := f.disk
	switch grown := n - f.Size(); {
	case o.fails(d.total.WriteError):
		return o.end(ErrDisk)
	case grown > d.room():
		return o.end(ErrDiskFull)
	case grown != 0:
		d.truncate(f.inode, n)
	}
	return nil
}

// Sync blocks until all that was written to the file before the call is durable,
// and every creation, renaming, removal and truncation on the disk before it. After
// an error it may be or not, and to sync again does not help: what was not synced has
// to be written again.
func (f *File) Sync(p *Proc) error {
	o, err := f.operation(p, "sync", f.inode.dirty)
	if err != nil {
		return err
	}
	return o.sync("File.Sync", f.inode)
}

// sync makes durable what has changed up to now in names and lengths, and in a
// file if it is given one.
func (o *operation) sync(call string, in *inode) error {
	d, epoch, upto := o.disk, o.disk.epoch, o.disk.number
	o.occupy(call, o.time(&d.config.Sync, o.bytes))
	switch {
	case d.epoch != epoch:
		return o.end(ErrStale)
	case o.fails(d.total.SyncError):
		if in != nil {
			in.fail(upto)
		}
		return o.end(ErrDisk)
	case !d.total.SyncLies:
		d.commit(upto)
		if in != nil {
			in.settle(upto)
		}
	}
	return o.end(nil)
}

// operation begins an operation on the file, unless the process or the file is
// from before a crash.
func (f *File) operation(p *Proc, verb string, bytes int64) (operation, error) {
	if p.node != f.disk.node {
		panic(fmt.Sprintf("sim: process %s uses file %q of node %s: a disk belongs to one node", p.name, f.name, f.disk.node.name))
	}
	if p.gone() || f.epoch != f.disk.epoch {
		return operation{}, stale(verb, f.name)
	}
	return f.disk.operation(p, verb, f.name, bytes), nil
}

func stale(verb, name string) error { return fmt.Errorf("%s %s: %w", verb, name, ErrStale) }

func mustBeOffset(call, name string, off int64) {
	if off < 0 {
		panic(fmt.Sprintf("sim: %s of file %q at %d: an offset is not negative", call, name, off))
	}
}
