package sim

import (
	"bytes"
	"testing"
)

// What is lost in a crash is part of the hash, byte by byte: two runs that differ in
// nothing else have different hashes.
func TestHashCoversLoss(t *testing.T) {
	run := func(key uint64) (hash uint64, left string, events uint64) {
		w := New(Config{})
		defer w.Close()
		n := w.Node("n", func(p *Proc) {
			f, _ := p.Open("f")
			p.SyncDir()
			f.Append(p, bytes.Repeat([]byte("x"), 20*sectorSize))
		})
		w.Run(1e9)
		n.disk.key += key
		n.Crash()
		content, _ := n.disk.Content("f")
		return w.Hash(), string(content), w.Events()
	}
	_, _, events := run(0)
	contents, hashes := map[uint64]string{}, map[string]uint64{}
	for key := range uint64(100) {
		hash, left, e := run(key)
		if e != events {
			t.Fatalf("key %d: %d events, expected %d", key, e, events)
		}
		if other, ok := contents[hash]; ok && other != left {
			t.Errorf("key %d: other bytes are left, and the hash is the same", key)
		}
		if other, ok := hashes[left]; ok && other != hash {
			t.Errorf("key %d: the same bytes are left, and the hash is another", key)
		}
		contents[hash], hashes[left] = left, hash
	}
	if len(contents) < 30 {
		t.Errorf("100 keys left only %d different contents", len(contents))
	}
}

// A node that keeps no files has no disk to pay for.
func TestDiskIsLazy(t *testing.T) {
	w := New(Config{})
	defer w.Close()
	n := w.Node("n", func(p *Proc) { p.Sleep(1) })
	w.Run(1e9)
	n.Restart()
	w.Run(1e9)
	if n.disk != nil {
		t.Error("a node without files has a disk")
	}
}
