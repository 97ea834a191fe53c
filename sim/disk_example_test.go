package sim_test

import (
	"bytes"
	"fmt"
	"time"

	"github.com/orrery-sim/orrery/sim"
)

// A write-ahead log, that answers when it has appended a record. If it does not
// sync before, what it has answered may be gone after a crash: not on every seed.
func ExampleFile() {
	lost := func(seed uint64, sync bool) (lost int) {
		w := sim.New(sim.Config{Seed: seed})
		defer w.Close()
		acknowledged := 0 // what the outside world knows
		node := w.Node("log", func(p *sim.Proc) {
			wal, err := p.Open("wal")
			if err != nil {
				p.Fail("recovery", "%v", err)
				return
			}
			found, _ := wal.ReadAll(p)
			lost = acknowledged - bytes.Count(found, []byte("\n"))
			for {
				if wal.Append(p, []byte("a record\n")) != nil {
					return
				}
				if sync && wal.Sync(p) != nil {
					return
				}
				acknowledged++
				p.Sleep(time.Millisecond)
			}
		})
		w.Run(10 * time.Millisecond)
		node.Restart() // crashes it first
		w.Run(0)
		return lost
	}
	withSync, without := 0, 0
	for seed := uint64(1); seed <= 100; seed++ {
		if lost(seed, true) > 0 {
			withSync++
		}
		if lost(seed, false) > 0 {
			without++
		}
	}
	fmt.Println("records lost with sync:   ", withSync > 0)
	fmt.Println("records lost without sync:", without > 0)
	// Output:
	// records lost with sync:    false
	// records lost without sync: true
}

// To replace a file: write another one, sync it, rename it. A crash at any time
// leaves the old or the new content, never a mixture.
func ExampleProc_Rename() {
	save := func(p *sim.Proc, name, content string) error {
		f, err := p.Open(name + ".tmp")
		if err != nil {
			return err
		}
		if err := f.Truncate(p, 0); err != nil { // left over from before a crash
			return err
		}
		if err := f.Append(p, []byte(content)); err != nil {
			return err
		}
		if err := f.Sync(p); err != nil {
			return err
		}
		if err := p.Rename(name+".tmp", name); err != nil {
			return err
		}
		return p.SyncDir()
	}
	w := sim.New(sim.Config{})
	defer w.Close()
	node := w.Node("n", func(p *sim.Proc) {
		fmt.Println(save(p, "config", "old"), save(p, "config", "new"))
	})
	w.Run(time.Second)
	content, _ := node.Disk().Content("config")
	fmt.Printf("%v %s\n", node.Disk().Files(), content)
	// Output:
	// <nil> <nil>
	// [config] new
}

// Two faults on one disk: each is undone for itself.
func ExampleDisk_Degrade() {
	w := sim.New(sim.Config{})
	defer w.Close()
	node := w.Node("n", func(p *sim.Proc) {
		f, _ := p.Open("f")
		for {
			began := w.Now()
			err := f.Append(p, []byte("x"))
			if err == nil {
				err = f.Sync(p)
			}
			fmt.Println(w.Now()-began, err)
			p.Sleep(time.Second)
		}
	})
	w.Run(time.Second / 2)
	slow := node.Disk().Degrade(sim.DiskFault{Slow: 10})
	full := node.Disk().Degrade(sim.DiskFault{Full: true})
	w.Run(time.Second)
	full.Restore()
	w.Run(time.Second)
	slow.Restore()
	w.Run(time.Second)
	// Output:
	// 1ms <nil>
	// 0s append f: no space left on device
	// 10ms <nil>
	// 1ms <nil>
}
