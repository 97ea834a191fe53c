package panes

import (
	"slices"
	"strings"
	"time"

	"charm.land/bubbles/v2/key"

	"github.com/orrery-sim/orrery/checker"
	"github.com/orrery-sim/orrery/scenarios"
	"github.com/orrery-sim/orrery/tui/draw"
	"github.com/orrery-sim/orrery/tui/tape"
)

// Lanes draws what clients asked: a lane for each client, or for each key, time running to
// the right, and every operation a bar from its call to its return. The zero Lanes
// shows clients.
type Lanes struct {
	scene  *Scene
	byKey  bool
	scaled bool // somebody chose the scale
	scale  int  // of the time a column stands for: an index into scales

	beneath *tape.Tape
	clients []string // in their order
	keys    []string
	known   map[string]bool // clients, and keys with a "=" before them
	nodes   map[string]bool
	read    int    // operations of which the names are known
	lane    string // that is selected; "" is the first
	list    draw.List
	picked  uint64 // the operation that was selected when last shown: its lane is selected too

	report  *scenarios.Report
	broken  []breach
	last    int // of broken: that which was gone to, plus one
	picture *lanePic
}

// breach is what a check found.
type breach struct {
	text  string
	event uint64            // to go to
	op    checker.Operation // the offending one
	ops   map[uint64]bool   // concerned, by the event of their call: true is the offending one
}

// Title is "lanes".
func (p *Lanes) Title() string { return "lanes" }

// Show gives the pane a moment to show.
func (p *Lanes) Show(s *Scene) {
	p.scene = s
	if s.Tape == nil || s.View == nil {
		return
	}
	if p.beneath != s.Tape {
		p.beneath, p.read, p.clients, p.keys, p.known = s.Tape, 0, nil, nil, map[string]bool{}
		p.report, p.broken, p.picture = nil, nil, nil
	}
	if len(p.nodes) != len(s.View.Nodes) {
		p.nodes = map[string]bool{}
		for _, n := range s.View.Nodes {
			p.nodes[n.Name] = true
		}
	}
	p.names()
	if call := s.Selected.Operation; call != p.picked {
		p.picked = call
		if op, ok := s.Tape.OperationAt(call, s.Tape.Events()); ok {
			p.lane = p.laneOf(&op)
		}
	}
	if r := s.Tape.Progress().Report; r != p.report {
		p.report, p.broken = r, breaches(r)
	}
}

// names takes in the clients and keys of the operations that are new.
func (p *Lanes) names() {
	const most = 100_000 // at once
	from, clients, keys := p.read, len(p.clients), len(p.keys)
	p.scene.Tape.EachOperation(from, true, func(i int, op *checker.Operation) bool {
		p.read = i + 1
		if c := p.client(op); !p.known[c] {
			p.known[c] = true
			p.clients = append(p.clients, c)
		}
		if k := "=" + op.Key; !p.known[k] {
			p.known[k] = true
			p.keys = append(p.keys, op.Key)
		}
		return i < from+most
	})
	if clients < len(p.clients) {
		slices.SortFunc(p.clients, natural)
	}
	if keys < len(p.keys) {
		slices.SortFunc(p.keys, natural)
	}
}

// natural orders names as people do: c2 before c10.
func natural(a, b string) int {
	for a != "" && b != "" {
		x, y := digits(a), digits(b)
		if x > 0 && y > 0 {
			m, n := strings.TrimLeft(a[:x], "0"), strings.TrimLeft(b[:y], "0")
			if len(m) != len(n) {
				return len(m) - len(n)
			}
			if c := strings.Compare(m, n); c != 0 {
				return c
			}
			a, b = a[x:], b[y:]
			continue
		}
		if a[0] != b[0] {
			return int(a[0]) - int(b[0])
		}
		a, b = a[1:], b[1:]
	}
	return len(a) - len(b)
}

// digits is how many of them a text begins with.
func digits(s string) int {
	n := 0
	for n < len(s) && s[n] >= '0' && s[n] <= '9' {
		n++
	}
	return n
}

// breaches are what the checks of a run found, in their order.
func breaches(r *scenarios.Report) []breach {
	var list []breach
	if r == nil {
		return nil
	}
	for i := range r.Checks {
		c := &r.Checks[i]
		if c.Verdict != checker.Violated {
			continue
		}
		b := breach{text: c.Check + ": " + c.Reason, event: c.Event}
		if c.History != nil && c.History.Violation != nil {
			v := c.History.Violation
			b.text = c.Check + ": " + v.Why
			b.op = v.Op.Operation
			b.ops = map[uint64]bool{}
			for _, x := range v.Contradicts {
				b.ops[x.CallEvent] = false
			}
			b.ops[v.Op.CallEvent] = true
			if b.event == 0 {
				b.event = max(v.Op.ReturnEvent, v.Op.CallEvent)
			}
		}
		list = append(list, b)
	}
	return list
}

func (p *Lanes) empty() bool {
	return p.scene == nil || p.scene.Tape == nil || p.scene.View == nil || len(p.clients) == 0
}

// lanes are the names of the lanes, and of that one which is selected its number.
func (p *Lanes) lanes() (names []string, selected int) {
	names = p.clients
	if p.byKey {
		names = p.keys
	}
	return names, max(slices.Index(names, p.lane), 0)
}

// in says whether an operation belongs to a lane.
func (p *Lanes) in(op *checker.Operation, lane string) bool {
	return p.laneOf(op) == lane
}

// client is the lane of who asked: of the node, if one is several clients, such as c1.1
// and c1.2.
func (p *Lanes) client(op *checker.Operation) string {
	if n := nodeOf(op.Client); n != op.Client && p.nodes[n] {
		return n
	}
	return op.Client
}

// column is the time that a column stands for.
func (p *Lanes) column() time.Duration {
	if !p.scaled {
		p.scale = p.usual()
	}
	return scales[p.scale]
}

// usual is the scale at which an operation is some columns wide, as a rule.
func (p *Lanes) usual() int {
	const some, columns = 200, 6
	var sum, n time.Duration
	p.scene.Tape.EachOperation(0, true, func(i int, op *checker.Operation) bool {
		if op.Outcome == checker.OutcomeOK {
			sum += time.Duration(op.Return - op.Call)
			n++
		}
		return i < some
	})
	for i, s := range scales {
		if n > 0 && s*columns >= sum/n {
			return i
		}
	}
	return usualScale
}

// Keys are the keys of the pane.
func (p *Lanes) Keys() []key.Binding {
	return []key.Binding{
		bind("↑ ↓", "another lane", "up", "down"),
		bind("← →", "previous, next call or return in the lane", "left", "right"),
		bind("+ -", "closer, further", "+", "-"),
		bind("k", "a lane for each key, or for each client", "k"),
		bind("enter", "select the operation at the moment", "enter"),
		bind("t", "trace it", "t"),
		bind("w", "why did it return what it did", "w"),
		bind("v", "to the next violation", "v"),
		bind("pgup pgdn", "a page of lanes", "pgup", "pgdown"),
	}
}

// Press answers a key.
func (p *Lanes) Press(k string) Action {
	if p.empty() {
		return nil
	}
	names, at := p.lanes()
	p.list.Count, p.list.Selected = len(names), at
	page := 4
	if p.picture != nil {
		page = max(len(p.picture.tops), 1)
	}
	switch k {
	case "up", "down", "pgup", "pgdown", "home", "end":
		p.list.Press(k, page)
		p.lane = names[p.list.Selected]
	case "+", "=":
		return p.zoom(-1)
	case "-":
		if p.whole() {
			return Say{"this is the whole run"}
		}
		return p.zoom(1)
	case "k":
		p.turn(names[at])
	case "v":
		return p.violation()
	default:
		return p.pressOperation(k, names[at])
	}
	return Handled{}
}

// zoom goes so many scales further.
func (p *Lanes) zoom(by int) Action {
	p.column()
	p.scaled, p.scale = true, max(0, min(p.scale+by, len(scales)-1))
	return Handled{}
}

// whole says whether all of the run is seen.
func (p *Lanes) whole() bool {
	if p.picture == nil {
		return false
	}
	pic := lanePic{p: p, width: p.picture.width, names: p.picture.names}
	pic.place()
	return pic.from == 0 && pic.until() > p.scene.Tape.Progress().End
}

// turn goes from clients to keys or back, to the lane that holds the same operation.
func (p *Lanes) turn(lane string) {
	op, ok := p.operation(lane)
	p.byKey = !p.byKey
	if p.lane = ""; ok {
		p.lane = p.laneOf(&op)
	}
}

// laneOf is the lane of an operation.
func (p *Lanes) laneOf(op *checker.Operation) string {
	if p.byKey {
		return op.Key
	}
	return p.client(op)
}

// violation goes to the next thing that a check found.
func (p *Lanes) violation() Action {
	if len(p.broken) == 0 {
		if p.report == nil {
			return Say{"the run has not been judged yet"}
		}
		return Say{"no check found anything"}
	}
	for range p.broken {
		b := &p.broken[p.last%len(p.broken)]
		p.last = p.last%len(p.broken) + 1
		if b.event == 0 {
			continue
		}
		if len(b.ops) > 0 {
			p.lane = p.laneOf(&b.op)
		}
		return GoTo{b.event}
	}
	return Say{p.broken[0].text}
}

// pressOperation answers the keys that are about the operations of a lane.
func (p *Lanes) pressOperation(k, lane string) Action {
	switch k {
	case "left", "right":
		if event := p.edge(lane, k == "right"); event != 0 {
			return GoTo{event}
		}
		return Say{"there is no other call or return in this lane"}
	case "enter", "t", "w":
	default:
		return nil
	}
	op, ok := p.operation(lane)
	switch {
	case !ok:
		return Say{"nothing was asked in this lane yet"}
	case k == "t":
		return AskTrace{op.CallEvent}
	case k == "w" && op.ReturnEvent != 0:
		return AskWhy{op.ReturnEvent}
	case k == "w":
		return AskWhy{op.CallEvent}
	}
	return Pick{Selection{Operation: op.CallEvent}}
}

// lookBack is how many operations are looked at for one that is still open.
const lookBack = 4096

// operation is that of a lane which was called last up to the moment, of those that are
// open if there are any.
func (p *Lanes) operation(lane string) (found checker.Operation, ok bool) {
	moment, seen := p.scene.View.Event, 0
	p.back(func(_ int, op *checker.Operation) bool {
		if p.in(op, lane) && op.CallEvent <= moment {
			if op.ReturnEvent == 0 || op.ReturnEvent >= moment {
				found, ok = *op, true
				return false
			}
			if !ok {
				found, ok = *op, true
			}
		}
		seen++
		return seen < lookBack || !ok && seen < mostOps
	})
	return found, ok
}

// back visits the operations called up to the moment, the last first.
func (p *Lanes) back(visit func(i int, op *checker.Operation) bool) {
	t := p.scene.Tape
	t.EachOperation(t.OperationsBy(p.scene.View.At)-1, false, visit)
}

// edge is the next or previous event that is a call or return in a lane, or 0.
func (p *Lanes) edge(lane string, forward bool) (best uint64) {
	moment, seen := p.scene.View.Event, 0
	consider := func(event uint64) {
		switch {
		case event == 0:
		case forward && event > moment && (best == 0 || event < best), !forward && event < moment && event > best:
			best = event
		}
	}
	visit := func(_ int, op *checker.Operation) bool {
		if p.in(op, lane) {
			consider(op.CallEvent)
			consider(op.ReturnEvent)
		}
		seen++
		return seen < lookBack || best == 0
	}
	if !forward {
		p.back(visit)
		return best
	}
	p.back(func(i int, op *checker.Operation) bool { return visit(i, op) && seen < lookBack })
	t := p.scene.Tape
	t.EachOperation(t.OperationsBy(p.scene.View.At), true, func(_ int, op *checker.Operation) bool {
		if !p.in(op, lane) {
			return true
		}
		consider(op.CallEvent)
		return false
	})
	return best
}

// Click selects the lane in that line, and the operation there; beside the operations it
// goes to the time.
func (p *Lanes) Click(x, y int) Action {
	if p.empty() || p.picture == nil {
		return nil
	}
	lane, ok := p.picture.laneAt(y)
	if ok {
		p.lane = lane
	}
	if x < p.picture.left {
		return Handled{}
	}
	if b := p.picture.barAt(x-p.picture.left, y); b != nil {
		return Pick{Selection{Operation: b.op.CallEvent}}
	}
	at := p.picture.from + time.Duration(x-p.picture.left+1)*p.picture.column - 1
	if event := p.scene.Tape.ByTime(at); event != 0 {
		return GoTo{event}
	}
	return Handled{}
}

// Wheel goes to other lanes.
func (p *Lanes) Wheel(lines int) Action {
	if p.empty() || lines == 0 {
		return nil
	}
	names, at := p.lanes()
	p.lane = names[max(0, min(at+lines, len(names)-1))]
	return Handled{}
}

var _ Pane = (*Lanes)(nil)
