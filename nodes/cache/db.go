package cache

import (
	"bytes"
	"errors"
	"fmt"
	"hash/crc32"
	"strconv"
	"strings"
	"time"

	"github.com/orrery-sim/orrery/checker"
	"github.com/orrery-sim/orrery/sim"
)

// Database is a key-value store on one machine: a table in memory and a log on disk.
// What it does takes one of the machine's cores for a time, behind what was asked
// before, so that it can be overloaded; nothing bounds its queue. A read sees the row
// as it was when the read arrived, as with multi-version concurrency control. A write
// is in the log and synced before it is in the table.
//
// The fields are what it is like. They are not changed once it is placed.
type Database struct {
	ReadTime  sim.Dist              // of a core, for a read
	WriteTime sim.Dist              // of a core, for a write, beside the disk's
	Initial   func(key string) bool // whether a row is there from the beginning, with nil in it; nil is none

	Load     DatabaseLoad
	unsynced bool   // the mutant
	now      *table // of the present incarnation, for those who watch
}

// DatabaseLoad is what was asked of a database since the beginning of the run.
type DatabaseLoad struct {
	Reads, Writes int
	Present       int // requests that are there now
	Peak          int // the most that were there at once
}

// table is the memory of the database. A crash loses it.
type table struct {
	*Database
	log     *sim.File
	rows    map[string]record
	writing sim.Mutex // keeps an append and its sync together
	rand    *sim.Rand
}

// record is a row that was written, and who wrote it.
type record struct {
	value  checker.Value
	writer string
	number uint64
}

// supervise is after how long a database that could not read its log tries again.
const supervise = 500 * time.Millisecond

// Boot is the code of the database's node.
func (d *Database) Boot(p *sim.Proc) {
	t := &table{Database: d, rows: map[string]record{}, rand: p.Rand("service " + strconv.Itoa(p.Node().Incarnation()))}
	d.now = t
	d.Load.Present = 0
	for err := t.recover(p); err != nil; err = t.recover(p) { // meanwhile calls are refused
		p.Log("cannot read the log: %v", err)
		p.Sleep(supervise)
	}
	p.Show(func() []sim.Field {
		return []sim.Field{{Name: "rows", Value: strconv.Itoa(len(t.rows))}, {Name: "present", Value: strconv.Itoa(d.Load.Present)}}
	})
	p.Serve(t.serve)
}

// Row is the row of a key as the table has it now, for those who watch.
func (d *Database) Row(key string) Row {
	if d.now != nil {
		if r, ok := d.now.rows[key]; ok {
			return Row{r.value, true}
		}
	}
	return Row{Found: d.Initial != nil && d.Initial(key)}
}

// recover reads the log. What follows the first line that is not whole was never
// answered: it is cut off.
func (t *table) recover(p *sim.Proc) error {
	f, err := p.Open("log")
	if err != nil {
		return err
	}
	text, err := f.ReadAll(p)
	if err != nil {
		return err
	}
	t.log = f
	clear(t.rows)
	whole := int64(0)
	for line := range bytes.Lines(text) {
		key, r, ok := parseRecord(string(line))
		if !ok {
			break
		}
		t.rows[key] = r
		whole += int64(len(line))
	}
	return f.Truncate(p, whole)
}

func (t *table) serve(p *sim.Proc, m sim.Message) (any, error) {
	switch m := m.Body.(type) {
	case Query:
		t.Load.Reads++
		defer t.enter()()
		row := t.Row(m.Key)
		p.Work(t.ReadTime.Sample(t.rand))
		return row, nil
	case Update:
		t.Load.Writes++
		defer t.enter()()
		p.Work(t.WriteTime.Sample(t.rand))
		return Done{}, t.write(p, m)
	}
	return nil, sim.ErrRefused
}

// enter counts a request that is there, until what it returns is called.
func (t *table) enter() (leave func()) {
	t.Load.Present++
	t.Load.Peak = max(t.Load.Peak, t.Load.Present)
	return func() {
		if t.now == t { // a crash has forgotten them already
			t.Load.Present--
		}
	}
}

// write makes a row durable and then visible. After an error of the disk nobody
// knows what is on it: the machine starts anew and reads.
func (t *table) write(p *sim.Proc, u Update) error {
	t.writing.Lock(p)
	defer t.writing.Unlock()
	if was := t.rows[u.Key]; u.Writer != "" && was.writer == u.Writer && u.Number <= was.number {
		return nil // sent again, or overtaken by a later one
	}
	r := record{u.Value, u.Writer, u.Number}
	err := t.log.Append(p, []byte(r.line(u.Key)))
	if err == nil && !t.unsynced {
		err = t.log.Sync(p)
	}
	if err != nil {
		p.Log("starts anew: %v", err)
		p.Node().Restart()
	}
	t.rows[u.Key] = r
	return nil
}

// line is the record as it stands in the log: a checksum of the rest, and fields
// with tabs between them.
func (r record) line(key string) string {
	body := fmt.Sprintf("%q\t%q\t%d\t%s", key, r.writer, r.number, r.value)
	return fmt.Sprintf("%08x\t%s\n", crc32.ChecksumIEEE([]byte(body)), body)
}

func parseRecord(line string) (key string, r record, ok bool) {
	sum, body, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
	if !strings.HasSuffix(line, "\n") || sum != fmt.Sprintf("%08x", crc32.ChecksumIEEE([]byte(body))) {
		return "", r, false
	}
	fields := strings.SplitN(body, "\t", 4)
	if len(fields) != 4 {
		return "", r, false
	}
	key, err1 := strconv.Unquote(fields[0])
	writer, err2 := strconv.Unquote(fields[1])
	number, err3 := strconv.ParseUint(fields[2], 10, 64)
	value, err4 := checker.ParseValue(fields[3])
	return key, record{value, writer, number}, errors.Join(err1, err2, err3, err4) == nil
}
