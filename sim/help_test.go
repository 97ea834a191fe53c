package sim

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

const us = time.Microsecond

// newWorld makes a world that is closed when the test ends.
func newWorld(t testing.TB, config Config) *World {
	t.Helper()
	w := New(config)
	t.Cleanup(w.Close)
	return w
}

// mustRun lets d pass and expects that nothing ends the run before.
func mustRun(t testing.TB, w *World, d time.Duration) {
	t.Helper()
	if out := w.Run(d); !out.OK() {
		t.Fatalf("run ended: %v\n%s", out, out.Stack)
	}
}

// mustEnd expects an outcome of that status which says each of the parts.
func mustEnd(t testing.TB, out Outcome, status Status, parts ...string) {
	t.Helper()
	text := out.String()
	if out.Status != status {
		t.Fatalf("outcome is %q, expected %v\n%s", text, status, out.Stack)
	}
	for _, part := range parts {
		if !strings.Contains(text, part) {
			t.Errorf("outcome %q does not say %q", text, part)
		}
	}
}

// mustPanic expects that f panics with a text of this package that holds part.
func mustPanic(t testing.TB, part string, f func()) {
	t.Helper()
	defer func() {
		t.Helper()
		text := fmt.Sprint(recover())
		if !strings.HasPrefix(text, "sim: ") || !strings.Contains(text, part) {
			t.Errorf("panic is %q, expected one of sim that says %q", text, part)
		}
	}()
	f()
}

// journal is what a test saw, line by line, each with its virtual time.
type journal struct {
	w     *World
	lines []string
}

func (j *journal) note(format string, args ...any) {
	j.lines = append(j.lines, fmt.Sprintf("%v ", j.w.Now())+fmt.Sprintf(format, args...))
}

func (j *journal) expect(t testing.TB, want ...string) {
	t.Helper()
	if !slices.Equal(j.lines, want) {
		t.Errorf("saw\n\t%s\nexpected\n\t%s", strings.Join(j.lines, "\n\t"), strings.Join(want, "\n\t"))
	}
}

// watch collects the events of some kinds, or of all if none is named.
func watch(w *World, kinds ...Kind) *[]Event {
	seen := new([]Event)
	w.Observe(ObserverFunc(func(e *Event) {
		if len(kinds) == 0 || slices.Contains(kinds, e.Kind) {
			*seen = append(*seen, *e)
		}
	}))
	return seen
}

// idle is the boot function of a node that does nothing.
func idle(*Proc) {}

// things is one of each to wait for, in a state in which one has to.
type things struct {
	full, empty *Chan[int]
	locked      Mutex
	cond        Cond
	none        *Semaphore
	left        WaitGroup
	group       *Group[int]
	file        *File
	conn        *Conn
}

func newThings() *things {
	s := &things{full: NewChan[int](0), empty: NewChan[int](1), none: NewSemaphore(0)}
	s.locked.TryLock()
	s.left.Add(1)
	return s
}

// blocking is every call that blocks, each with what would end it. A test that
// stops processes stops them in all of these.
var blocking = []struct {
	name  string
	block func(p *Proc, s *things)
	end   func(p *Proc, s *things) // called by another process of the node
}{
	{"Sleep", func(p *Proc, s *things) { p.Sleep(20 * ms) }, nothing},
	{"Recv", func(p *Proc, s *things) { p.Recv() }, func(p *Proc, s *things) { p.Send(p.Node().Name(), 1) }},
	{"RecvTimeout", func(p *Proc, s *things) { p.RecvTimeout(20 * ms) }, nothing},
	{"Port.Recv", func(p *Proc, s *things) { p.Listen("x").Recv(p) }, func(p *Proc, s *things) { p.Send(p.Node().Name()+":x", 1) }},
	{"Call, answered", func(p *Proc, s *things) { Call[int](p, "slow", 20*ms, time.Minute) }, nothing},
	{"Call, timed out", func(p *Proc, s *things) { Call[int](p, "slow", time.Minute, 20*ms) }, nothing},
	{"Work", func(p *Proc, s *things) { p.Work(20 * ms) }, nothing},
	{"Work, for a core", func(p *Proc, s *things) {
		p.Go("busy", func(p *Proc) { p.Work(20 * ms) })
		p.Sleep(us)
		p.Work(ms)
	}, nothing},
	{"Chan.Send", func(p *Proc, s *things) { s.full.Send(p, 1) }, func(p *Proc, s *things) { s.full.RecvTimeout(p, 0) }},
	{"Chan.Recv", func(p *Proc, s *things) { s.empty.Recv(p) }, func(p *Proc, s *things) { s.empty.Send(p, 1) }},
	{"Chan.RecvTimeout", func(p *Proc, s *things) { s.empty.RecvTimeout(p, 20*ms) }, nothing},
	{"Mutex.Lock", func(p *Proc, s *things) { s.locked.Lock(p) }, func(p *Proc, s *things) { s.locked.Unlock() }},
	{"Cond.Wait", func(p *Proc, s *things) { s.cond.Wait(p) }, func(p *Proc, s *things) { s.cond.Broadcast() }},
	{"Cond.WaitTimeout", func(p *Proc, s *things) { s.cond.WaitTimeout(p, 20*ms) }, nothing},
	{"Semaphore.Acquire", func(p *Proc, s *things) { s.none.Acquire(p) }, func(p *Proc, s *things) { s.none.Release() }},
	{"Semaphore.AcquireTimeout", func(p *Proc, s *things) { s.none.AcquireTimeout(p, 20*ms) }, nothing},
	{"WaitGroup.Wait", func(p *Proc, s *things) { s.left.Wait(p) }, func(p *Proc, s *things) { s.left.Done() }},
	{"Group.First", func(p *Proc, s *things) {
		s.group = NewGroup[int](p)
		s.group.Go("slow", func(p *Proc) (int, error) { p.Sleep(20 * ms); return 1, nil })
		s.group.First(1)
	}, nothing},
	{"Dial", func(p *Proc, s *things) { p.Dial("mute:x", 20*ms) }, nothing},
	{"Port.Accept", func(p *Proc, s *things) { p.Listen("x").Accept(p) }, func(p *Proc, s *things) { p.Dial(p.Node().Name()+":x", ms) }},
	{"Conn.Recv", func(p *Proc, s *things) { connected(p, s).Recv(p) }, nothing}, // the peer sends after 20 ms
	{"Conn.RecvTimeout", func(p *Proc, s *things) { connected(p, s).RecvTimeout(p, 10*ms) }, nothing},
	{"File.ReadAll", func(p *Proc, s *things) { slowFile(p, s).ReadAll(p) }, nothing},
	{"File.Append", func(p *Proc, s *things) { slowFile(p, s).Append(p, []byte("x")) }, nothing},
	{"File.Sync", func(p *Proc, s *things) { slowFile(p, s).Sync(p) }, nothing},
	{"File.Sync, for the device", func(p *Proc, s *things) {
		p.Go("busy", func(p *Proc) { slowFile(p, s).Sync(p) })
		p.Sleep(us)
		s.file.Sync(p)
	}, nothing},
}

func nothing(*Proc, *things) {}

// connected gives the things a connection to the node "peer".
func connected(p *Proc, s *things) *Conn {
	s.conn, _ = p.Dial("peer:x", time.Second)
	return s.conn
}

// slowFile gives the things a file on a disk that takes 20 ms for everything.
func slowFile(p *Proc, s *things) *File {
	if s.file == nil {
		p.Node().SetDisk(DiskConfig{Read: Constant(20 * ms), Write: Constant(20 * ms), Sync: Constant(20 * ms)})
		s.file, _ = p.Open("f")
	}
	return s.file
}

// askable adds the nodes that some of the blocking calls ask: "slow" answers after
// as long as the request says, "peer" sends 20 ms after it was dialled, and "mute"
// is down.
func askable(w *World) {
	w.Node("slow", func(p *Proc) {
		p.Serve(func(p *Proc, m Message) (any, error) {
			p.Sleep(m.Body.(time.Duration))
			return 1, nil
		})
	})
	w.Node("peer", func(p *Proc) {
		for l := p.Listen("x"); ; {
			c := l.Accept(p)
			p.Go("send", func(p *Proc) {
				p.Sleep(20 * ms)
				c.Send(p, 1)
			})
		}
	})
	w.Node("mute", idle).Crash()
}
