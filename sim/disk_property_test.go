package sim_test

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/orrery-sim/orrery/sim"
)

// The oracle keeps, dumbly, the whole content of every file after each write to it,
// and all names after each operation on them. It does not say what a crash leaves,
// but what it may leave.

const sector = 512

// version is a file's content after a write or a truncation.
type version struct {
	time    int // the number of the step
	content []byte
	cut     bool // by a truncation
	from    int  // the first byte written
	to      int
	failed  bool // a sync failed since, so that others pass it over
}

// oracleFile is one file, whatever it is called.
type oracleFile struct {
	versions []version   // the first is what it began with
	oldest   map[int]int // of each sector, the oldest version that a crash may bring back
	length   int         // that is durable
}

func newOracleFile(content []byte) *oracleFile {
	return &oracleFile{versions: []version{{content: content}}, oldest: map[int]int{}, length: len(content)}
}

func (f *oracleFile) now() []byte { return f.versions[len(f.versions)-1].content }

func (f *oracleFile) write(time int, b []byte, off int) {
	content := slices.Clone(f.now())
	if grow := off + len(b) - len(content); grow > 0 {
		content = append(content, make([]byte, grow)...)
	}
	copy(content[off:], b)
	f.versions = append(f.versions, version{time: time, content: content, from: off, to: off + len(b)})
}

func (f *oracleFile) truncate(time, n int) {
	content := slices.Clone(f.now())
	if grow := n - len(content); grow > 0 {
		content = append(content, make([]byte, grow)...)
	}
	f.versions = append(f.versions, version{time: time, content: content[:n], cut: true})
}

// sync makes all durable but what failed; fail has all of it fail.
func (f *oracleFile) sync() {
	length := f.length
	for i, v := range f.versions[1:] {
		switch {
		case v.cut:
			length = len(v.content)
			continue
		case v.failed:
			continue
		}
		length = max(length, v.to)
		for s := v.from / sector; s*sector < v.to; s++ {
			f.oldest[s] = i + 1
		}
	}
	f.length = length
}

func (f *oracleFile) fail() {
	for i := range f.versions {
		f.versions[i].failed = f.versions[i].failed || !f.versions[i].cut
	}
}

// may says what is wrong with content as what a crash leaves of the file, if the
// first truncation that has not happened is that of the time horizon.
func (f *oracleFile) may(content []byte, horizon int, torn bool) error {
	left := slices.Clone(f.versions)
	least := f.length
	for i, v := range left {
		if v.cut && v.time >= horizon {
			left = left[:i]
			break
		}
		if v.cut {
			least = len(v.content)
			for j := range left[:i] { // what was cut off is gone for good
				left[j].content = left[j].content[:min(len(left[j].content), least)]
			}
		}
	}
	lengths := map[int]bool{least: true}
	for _, v := range left {
		for to := (v.from/sector + 1) * sector; to < v.to; to += sector {
			lengths[to] = true
		}
		lengths[v.to] = true
	}
	if !lengths[len(content)] && !torn || len(content) < least {
		return fmt.Errorf("length %d, expected %d or the end of what was written to a sector", len(content), least)
	}
	for s := range (len(content) + sector - 1) / sector {
		if !f.mayHold(left, s, content, torn) {
			return fmt.Errorf("sector %d is as no write has left it", s)
		}
	}
	return nil
}

func (f *oracleFile) mayHold(left []version, s int, content []byte, torn bool) bool {
	have := sectorOf(content, s)
	for i := min(f.oldest[s], len(left)-1); i < len(left); i++ {
		is := sectorOf(left[i].content, s)
		if have == is {
			return true
		}
		for cut := range sector { // the first bytes new, the others as before
			if torn && i > 0 && have == is[:cut]+sectorOf(left[i-1].content, s)[cut:] {
				return true
			}
		}
	}
	return false
}

// sectorOf is one sector of a content, filled up with zeros.
func sectorOf(content []byte, s int) string {
	have := string(content[min(s*sector, len(content)):min((s+1)*sector, len(content))])
	return have + strings.Repeat("\x00", sector-len(have))
}

// oracle is a whole disk.
type oracle struct {
	names []names // after each operation since the last that is durable
	time  int
}

// names is which file each name stands for.
type names struct {
	time  int
	files map[string]*oracleFile
}

func newOracle() *oracle { return &oracle{names: []names{{files: map[string]*oracleFile{}}}} }

func (o *oracle) now() map[string]*oracleFile { return o.names[len(o.names)-1].files }

// change notes that an operation has changed names, or a length.
func (o *oracle) change(f func(files map[string]*oracleFile)) {
	files := maps.Clone(o.now())
	f(files)
	o.names = append(o.names, names{o.time, files})
}

func (o *oracle) commit() { o.names = o.names[len(o.names)-1:] }

// crashed says what is wrong with what a crash left, and goes on from there.
func (o *oracle) crashed(d *sim.Disk, torn bool) error {
	var wrong []string
	for i, n := range o.names {
		horizon := o.time + 1
		if i+1 < len(o.names) {
			horizon = o.names[i+1].time
		}
		err := n.may(d, horizon, torn)
		if err == nil {
			wrong = nil
			break
		}
		wrong = append(wrong, fmt.Sprintf("with %d of %d operations in the journal: %v", i, len(o.names)-1, err))
	}
	fresh := names{files: map[string]*oracleFile{}}
	for _, name := range d.Files() {
		content, _ := d.Content(name)
		fresh.files[name] = newOracleFile(content)
	}
	*o = oracle{names: []names{fresh}}
	if wrong != nil {
		return fmt.Errorf("no way to what the crash left:\n%s", strings.Join(wrong, "\n"))
	}
	return nil
}

func (n names) may(d *sim.Disk, horizon int, torn bool) error {
	if want := slices.Sorted(maps.Keys(n.files)); !slices.Equal(want, d.Files()) {
		return fmt.Errorf("files %v, expected %v", d.Files(), want)
	}
	for name, f := range n.files { // order-free: any error is one
		content, _ := d.Content(name)
		if err := f.may(content, horizon, torn); err != nil {
			return fmt.Errorf("file %s: %w", name, err)
		}
	}
	return nil
}

// step is one thing that a program does.
type step struct {
	What   string
	Name   string
	To     string
	Offset int
	Length int
}

var steps = rapid.Custom(func(t *rapid.T) step {
	name := rapid.SampledFrom([]string{"a", "a", "b", "c"})
	return step{
		What: rapid.SampledFrom([]string{
			"append", "append", "write", "write", "truncate", "truncate", "sync", "sync", "failing sync", "lying sync", "sync names", "rename", "remove",
		}).Draw(t, "what"),
		Name: name.Draw(t, "name"), To: name.Draw(t, "to"),
		Offset: rapid.OneOf(rapid.IntRange(0, 20), rapid.IntRange(0, 1600)).Draw(t, "offset"),
		Length: rapid.OneOf(rapid.IntRange(1, 20), rapid.IntRange(1, 1600)).Draw(t, "length"),
	}
})

// apply does a step on the disk and in the oracle.
func (o *oracle) apply(t tester, p *sim.Proc, s step) {
	o.time++
	if s.What == "rename" || s.What == "remove" || s.What == "sync names" {
		o.applyToNames(t, p, s)
		return
	}
	if o.now()[s.Name] == nil {
		o.change(func(files map[string]*oracleFile) { files[s.Name] = newOracleFile(nil) })
		o.time++
	}
	f, of := open(t, p, s.Name), o.now()[s.Name]
	b := bytes.Repeat([]byte{byte(1 + o.time%255)}, s.Length) // each write its own letter, none of them zero
	switch s.What {
	case "append":
		must(t, f.Append(p, b))
		of.write(o.time, b, len(of.now()))
	case "write":
		must(t, f.WriteAt(p, b, int64(s.Offset)))
		of.write(o.time, b, s.Offset)
	case "truncate":
		must(t, f.Truncate(p, int64(s.Offset)))
		if s.Offset != len(of.now()) {
			of.truncate(o.time, s.Offset)
			o.change(func(map[string]*oracleFile) {})
		}
	case "sync":
		must(t, f.Sync(p))
		o.commit()
		of.sync()
	case "failing sync":
		failingSync(t, p, s.Name)
		of.fail()
	case "lying sync":
		e := p.Node().Disk().Degrade(sim.DiskFault{SyncLies: true})
		must(t, f.Sync(p))
		e.Restore()
	}
	if got, err := f.ReadAll(p); err != nil || !bytes.Equal(got, of.now()) {
		t.Fatal(fmt.Sprintf("after %+v the file reads %s, %v, expected %s", s, shorten(got), err, shorten(of.now())))
	}
}

func (o *oracle) applyToNames(t tester, p *sim.Proc, s step) {
	if s.What == "sync names" {
		must(t, p.SyncDir())
		o.commit()
		return
	}
	is := o.now()[s.Name]
	if is == nil || s.What == "rename" && s.Name == s.To {
		return
	}
	o.change(func(files map[string]*oracleFile) {
		delete(files, s.Name)
		if s.What == "rename" {
			files[s.To] = is
		}
	})
	if s.What == "rename" {
		must(t, p.Rename(s.Name, s.To))
	} else {
		must(t, p.Remove(s.Name))
	}
}

// TestCrashKeepsPromises drives a disk through lives of any steps and asks the
// oracle after each crash: what was synced is there, what was never written is not,
// and names are as they were at one time since they were made durable.
func TestCrashKeepsPromises(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		torn := rapid.Bool().Draw(rt, "torn")
		config := sim.Config{Seed: rapid.Uint64().Draw(rt, "seed")}
		if torn {
			config.Disk.Torn = 0.5
		}
		o := newOracle()
		check := func(p *sim.Proc) { must(rt, o.crashed(p.Node().Disk(), torn)) }
		boots := []func(p *sim.Proc){}
		for range rapid.IntRange(1, 3).Draw(rt, "lives") {
			program := rapid.SliceOfN(steps, 1, 30).Draw(rt, "program")
			boots = append(boots, func(p *sim.Proc) {
				check(p)
				for _, s := range program {
					o.apply(rt, p, s)
				}
			})
		}
		lives(rt, config, append(boots, check)...)
	})
}
