package replica

import (
	"math"
	"strconv"
	"time"

	"github.com/orrery-sim/orrery/sim"
)

// server is the memory of one server, primary or replica: a crash loses all of it.
type server struct {
	*Group
	name  string
	delay time.Duration // of what it applies as a replica
	down  bool          // its disk has failed: what still waits is to give up
	tasks []sim.Task

	log       *log
	live      *state // after the entries that are applied
	committed uint64 // entries that clients may see
	applying  bool   // a timer is set for what is delayed
	changed   sim.Cond

	epoch   uint64 // the newest heard of
	primary string // of that epoch, or nothing if it has none yet

	disk disk
	lead lead

	known     uint64 // the end of the primary's log, when it last answered
	divergent int    // entries of its own that it had to drop
	copies    int    // of everything
}

// disk is how far the disk has come behind the memory.
type disk struct {
	file     *sim.File
	changes  uint64 // of what has to be durable, counted
	saved    uint64 // of them, those that are
	written  uint64 // entries up to this one are in the file
	durable  uint64 // and survive a crash
	promised bool   // the epoch and its primary are in the file
	rewrite  bool   // the file has to be written anew
	cuts     int    // how often the log was changed otherwise than at its end
}

// boot returns what a machine runs. A server whose disk fails stops, and is started
// again by its supervisor with what is really on the disk.
func (g *Group) boot(name string, delay time.Duration) func(p *sim.Proc) {
	return func(p *sim.Proc) {
		for {
			s := &server{Group: g, name: name, delay: delay}
			err := s.run(p)
			s.stop(p)
			g.milestone(p, "stops: "+err.Error())
			const supervise = time.Second
			p.Sleep(supervise)
		}
	}
}

// run serves until the disk fails.
func (s *server) run(p *sim.Proc) error {
	if err := s.recover(p); err != nil {
		return err
	}
	s.tasks = append(s.tasks, p.Go("follow", s.follow))
	if s.fencing {
		s.tasks = append(s.tasks, p.Go("renew", s.renew))
	}
	p.Show(s.fields)
	p.Serve(s.answer)
	return s.keep(p)
}

// stop leaves the machine to the next server on it.
func (s *server) stop(p *sim.Proc) {
	s.down = true
	for _, t := range s.tasks {
		t.Kill()
	}
	s.changed.Broadcast()
	p.Show(func() []sim.Field { return []sim.Field{{Name: "role", Value: "stopped"}} })
	p.Handle(func(p *sim.Proc, m sim.Message) { p.Reply(m, nil, sim.ErrRefused) })
}

func (s *server) role() string {
	if s.primary == s.name {
		return "primary"
	}
	return "replica"
}

func (s *server) fields() []sim.Field {
	number := func(n uint64) string { return strconv.FormatUint(n, 10) }
	list := []sim.Field{
		{Name: "role", Value: s.role()}, {Name: "epoch", Value: number(s.epoch)}, {Name: "log", Value: number(s.log.last())},
		{Name: "applied", Value: number(s.live.index)},
	}
	if s.role() == "replica" {
		list = append(list, sim.Field{Name: "lag", Value: number(max(s.known, s.live.index) - s.live.index)})
	}
	return append(list, sim.Field{Name: "divergent", Value: strconv.Itoa(s.divergent)})
}

// answer takes in whatever is asked, each request on a process of its own.
func (s *server) answer(p *sim.Proc, m sim.Message) (any, error) {
	switch body := m.Body.(type) {
	case Write:
		return s.write(p, body), nil
	case Read:
		return s.read(p, body), nil
	case Probe:
		return s.elsewhere(), nil
	case Fetch:
		return s.fetch(p, body)
	case Ping:
		s.learn(p, body.Epoch, body.Primary)
		return Pong{s.epoch, s.primary}, nil
	case Prepare:
		return s.prepare(p, body)
	case Promote:
		return nil, s.promote(p, body)
	}
	return nil, sim.ErrRefused
}

// elsewhere is the answer of who is not primary.
func (s *server) elsewhere() Answer {
	return Answer{Status: NotPrimary, Epoch: s.epoch, Primary: s.primary}
}

// touched says that something is to be saved, and wakes who waits for a change.
func (s *server) touched() {
	s.disk.changes++
	s.changed.Broadcast()
}

// learn takes down that an epoch has a primary. Whoever was primary before is not any
// more.
func (s *server) learn(p *sim.Proc, epoch uint64, primary string) {
	if epoch < s.epoch || epoch == s.epoch && (s.primary != "" || primary == "") {
		return
	}
	if primary == s.name {
		primary = "" // it was, and has lost that in a crash: another is to be found
		if epoch == s.epoch {
			return
		}
	}
	if s.primary == s.name {
		s.milestone(p, "steps down: epoch "+strconv.FormatUint(epoch, 10)+" has begun")
	}
	s.epoch, s.primary, s.known = epoch, primary, 0
	s.disk.promised = false
	s.touched()
}

// prepare promises to follow no primary of an older epoch. From then on nothing is
// acknowledged to one, so that what is told here is all that one can have had
// acknowledged.
func (s *server) prepare(p *sim.Proc, m Prepare) (any, error) {
	if s.mistake == followsDeposed {
		return Prepared{s.log.at(s.disk.durable)}, nil
	}
	if m.Epoch <= s.epoch {
		return nil, sim.ErrRefused
	}
	s.learn(p, m.Epoch, "")
	if !s.save(p) || s.epoch != m.Epoch {
		return nil, sim.ErrRefused
	}
	s.watch.promised(s, m.Epoch)
	return Prepared{s.log.at(s.disk.durable)}, nil
}

// promote makes the server the primary of an epoch that it has prepared. The epoch
// begins with an entry of its own: once that has enough replicas, so has all before.
func (s *server) promote(p *sim.Proc, m Promote) error {
	if s.mistake == followsDeposed {
		s.learn(p, m.Epoch, "")
	}
	if s.epoch != m.Epoch || s.primary != "" {
		return sim.ErrRefused
	}
	s.primary, s.disk.promised = s.name, false
	s.watch.promoted(p, s)
	s.milestone(p, "primary of epoch "+strconv.FormatUint(s.epoch, 10)+" from entry "+strconv.FormatUint(s.log.last()+1, 10))
	s.beginEpoch(p)
	if !s.save(p) {
		return sim.ErrRefused
	}
	return nil
}

// The file, and the one that takes its place when it is whole.
const (
	logFile = "log"
	newFile = "log.new"
)

// recover reads what the disk has kept, and writes it anew: what a sync that failed
// has left in the cache would pass for durable.
func (s *server) recover(p *sim.Proc) error {
	r := recovered{log: newLog()}
	if p.Exists(logFile) {
		f, err := p.Open(logFile)
		if err != nil {
			return err
		}
		b, err := f.ReadAll(p)
		if err != nil {
			return err
		}
		r = decode(b)
	}
	if r.epoch == 0 {
		r.epoch, r.primary = 1, s.servers[0]
	}
	if e := r.log.at(r.log.last()).Epoch; e > r.epoch {
		r.epoch, r.primary = e, ""
	}
	s.log, s.epoch, s.primary = r.log, r.epoch, r.primary
	s.live, s.committed = r.log.base.clone(), r.log.base.index
	if s.mistake == replaysEntries && len(s.log.entries) > 0 {
		s.live.apply(s.log.entries[0])
		s.live.index = s.log.base.index
	}
	s.watch.booted(p, s)
	if s.primary == s.name {
		s.beginEpoch(p)
	}
	s.disk.changes, s.disk.rewrite = 1, true
	return s.flush(p)
}

// keep brings to the disk what has changed in memory, over and over, until the disk
// fails. Entries that come while it syncs go with the next sync, together.
func (s *server) keep(p *sim.Proc) error {
	for {
		for s.disk.saved == s.disk.changes {
			s.changed.Wait(p)
		}
		if s.live.index >= s.log.base.index+2*s.logKeep {
			s.log.compact(s.live.index - s.logKeep)
			s.disk.rewrite = true
		}
		if err := s.flush(p); err != nil {
			return err
		}
		s.advance(p)
	}
}

// flush makes what has changed durable.
func (s *server) flush(p *sim.Proc) error {
	d := &s.disk
	changes, cuts, last := d.changes, d.cuts, s.log.last()
	fresh := s.log.after(max(d.durable, s.log.base.index), last, math.MaxInt)
	if err := s.writeOut(p, last); err != nil {
		return err
	}
	d.saved = changes
	if d.cuts == cuts {
		s.watch.kept(p, s, fresh)
		d.durable = last
	}
	s.changed.Broadcast()
	return nil
}

// writeOut appends what is new to the file, or writes it anew.
func (s *server) writeOut(p *sim.Proc, last uint64) error {
	d := &s.disk
	d.promised = true
	if !d.rewrite {
		var b []byte
		for _, e := range s.log.entries[d.written-s.log.base.index : last-s.log.base.index] {
			b = putEntry(b, &e)
		}
		d.written = last
		if err := d.file.Append(p, putPromise(b, s.epoch, s.primary)); err != nil {
			return err
		}
		return d.file.Sync(p)
	}
	d.rewrite, d.written = false, last
	b := putPromise(s.log.encode(false), s.epoch, s.primary)
	if p.Exists(newFile) {
		if err := p.Remove(newFile); err != nil {
			return err
		}
	}
	f, err := p.Open(newFile)
	if err != nil {
		return err
	}
	d.file = f
	if err := f.Append(p, b); err != nil {
		return err
	}
	if err := f.Sync(p); err != nil {
		return err
	}
	if err := p.Rename(newFile, logFile); err != nil {
		return err
	}
	return p.SyncDir()
}

// save blocks until all that is to be durable by now is, and says whether it is.
func (s *server) save(p *sim.Proc) bool {
	for want := s.disk.changes; s.disk.saved < want && !s.down; {
		s.changed.Wait(p)
	}
	return !s.down
}

// apply carries out what is committed: at once or, on a delayed replica, when it is
// old enough.
func (s *server) apply(p *sim.Proc) {
	for s.live.index < min(s.committed, s.log.last()) && !s.down {
		e := s.log.entries[s.live.index-s.log.base.index]
		if wait := s.delay - time.Duration(p.Now().UnixNano()-e.At); s.delay > 0 && wait > 0 && s.role() == "replica" {
			s.applyLater(p, wait)
			break
		}
		s.live.apply(e)
		s.watch.applied(p, s, e)
	}
	s.changed.Broadcast()
}

func (s *server) applyLater(p *sim.Proc, wait time.Duration) {
	if s.applying {
		return
	}
	s.applying = true
	p.After(wait, func(p *sim.Proc) {
		s.applying = false
		s.apply(p)
	})
}
