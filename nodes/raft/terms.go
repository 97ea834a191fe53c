package raft

import "sort"

// terms says of which term each entry of a log is. Terms never fall along a log, so it
// is kept as the entries at which they rise: a handful, however long the log.
type terms struct {
	runs []run
	last uint64 // index of the last entry
}

type run struct{ first, term uint64 }

// at returns the term of an entry, or 0 if there is none.
func (t *terms) at(index uint64) uint64 {
	if index > t.last || len(t.runs) == 0 {
		return 0
	}
	if r := t.runs[len(t.runs)-1]; index >= r.first {
		return r.term
	}
	i := sort.Search(len(t.runs), func(i int) bool { return t.runs[i].first > index })
	if i == 0 {
		return 0
	}
	return t.runs[i-1].term
}

// put makes an entry the last.
func (t *terms) put(index, term uint64) {
	t.cut(index - 1)
	if n := len(t.runs); n == 0 || t.runs[n-1].term != term {
		t.runs = append(t.runs, run{index, term})
	}
	t.last = index
}

// cut drops what lies behind an entry.
func (t *terms) cut(index uint64) {
	for n := len(t.runs); n > 0 && t.runs[n-1].first > index; n-- {
		t.runs = t.runs[:n-1]
	}
	t.last = min(t.last, index)
}

// upTo is a copy of the terms up to an entry.
func (t *terms) upTo(index uint64) terms {
	c := terms{append([]run(nil), t.runs...), t.last}
	c.cut(index)
	return c
}

// agree says whether two logs have the same terms up to an entry. By log matching it
// is enough to look at that entry.
func (t *terms) agree(other *terms, index uint64) bool { return t.at(index) == other.at(index) }
