package replica

import (
	"fmt"
	"strings"

	"github.com/orrery-sim/orrery/sim"
)

// follow fetches the log of the primary, for as long as the server is a replica.
func (s *server) follow(p *sim.Proc) {
	for {
		for s.primary == s.name || s.primary == "" {
			s.changed.Wait(p)
		}
		from, epoch := s.primary, s.epoch
		last := s.disk.durable
		if s.mistake == acknowledgesUnsynced {
			last = s.log.last()
		} else if last < s.log.last() {
			s.save(p)
			continue
		}
		s.watch.told(s, last)
		f := Fetch{From: s.name, Epoch: epoch, Marks: s.log.marks, Last: last, Commit: s.committed}
		b, err := sim.Call[Batch](p, from, f, heartbeat+s.retry)
		switch {
		case err != nil:
			p.Sleep(s.retry / 4)
		case b.Epoch != epoch:
			s.learn(p, b.Epoch, b.Primary)
			if s.epoch == epoch {
				p.Sleep(s.retry / 4)
			}
		case s.epoch == epoch && s.primary == from:
			s.take(p, b)
		}
	}
}

// take makes what the primary has sent the end of the log, and shows what of it is
// committed. What is not on disk is not acknowledged by the next Fetch.
func (s *server) take(p *sim.Proc, b Batch) {
	switch {
	case b.Cut:
		s.cut(p, b.Keep)
	case b.Copy != nil:
		s.copy(p, decode(b.Copy).log)
	}
	for _, e := range b.Entries {
		if e.Index == s.log.last()+1 {
			s.watch.match(p, s, e, s.log)
			s.log.add(e)
		}
	}
	s.known = b.Last
	if len(b.Entries) > 0 || b.Cut || b.Copy != nil {
		s.touched()
	}
	if s.mistake != acknowledgesUnsynced && !s.save(p) {
		return
	}
	s.committed = max(s.committed, min(b.Commit, s.log.last()))
	s.apply(p)
}

// cut drops the entries that the primary does not have. If some of them are so old
// that they are part of the base, or are shown already, the state is built anew.
func (s *server) cut(p *sim.Proc, keep uint64) {
	dropped := int(s.log.last() - keep)
	s.divergent += dropped
	s.milestone(p, fmt.Sprintf("drops %s after entry %d, which %s does not have", plural(dropped, "entry"), keep, s.primary))
	s.watch.cut(p, s, keep)
	if keep < s.log.base.index {
		s.reset(p, newLog())
		return
	}
	s.log.truncate(keep)
	s.committed = min(s.committed, keep)
	if s.live.index > keep {
		s.live = s.log.upTo(keep)
	}
	s.settle()
}

// plural is a number of things in words.
func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	if stem, ok := strings.CutSuffix(what, "y"); ok {
		what = stem + "ie"
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// copy takes over everything from the primary: what would follow is not kept any
// more there.
func (s *server) copy(p *sim.Proc, l *log) {
	s.copies++
	s.milestone(p, fmt.Sprintf("copies everything up to entry %d from %s", l.last(), s.primary))
	s.watch.copied(p, s, l)
	s.reset(p, l)
}

// reset makes another log the server's.
func (s *server) reset(p *sim.Proc, l *log) {
	s.log, s.live, s.committed = l, l.base.clone(), l.base.index
	s.watch.restored(p, s)
	s.settle()
}

// settle has the file written anew after a change that is not at the end.
func (s *server) settle() {
	d := &s.disk
	d.durable, d.rewrite = min(d.durable, s.log.last()), true
	d.cuts++
}

// read answers from what is applied, if that has what the session has written or
// seen, or once it has.
func (s *server) read(p *sim.Proc, m Read) Answer {
	began := p.Elapsed()
	for {
		switch left := m.Wait - (p.Elapsed() - began); {
		case s.down, m.Primary && (!s.leads(p) || s.committed < s.lead.begin):
			return s.elsewhere()
		case s.has(m.Least):
			return s.value(p, m)
		case s.leads(p) && s.committed >= s.lead.begin && s.epoch > m.Least.Epoch && !s.log.has(m.Least):
			return Answer{Status: Gone, Epoch: s.epoch, Primary: s.primary}
		case left <= 0 && s.mistake == answersAfterWait:
			return s.value(p, m)
		case left <= 0:
			return Answer{Status: Behind, Epoch: s.epoch, Primary: s.primary}
		default:
			s.changed.WaitTimeout(p, left)
		}
	}
}

// has says whether a position is applied.
func (s *server) has(x Position) bool {
	return x.Index <= s.live.index && s.log.has(x) || s.mistake == ignoresOldTokens && x.Epoch < s.epoch
}

func (s *server) value(p *sim.Proc, m Read) Answer {
	if m.Primary {
		s.watch.serves(p, s, "answers a read")
	}
	x := s.live.cells[m.Key]
	return Answer{Status: Done, Value: x.value, At: x.at, Epoch: s.epoch, Primary: s.primary}
}
