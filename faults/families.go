package faults

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/orrery-sim/orrery/sim"
)

// Family is faults of one sort, which the storm of a seed has or has not.
type Family struct {
	Name  string
	Doc   string // what breaks, in a line
	Needs string // what a budget must allow

	kinds []kind
}

// kind is one way to break something.
type kind struct {
	possible func(d *drawer) bool
	draw     func(d *drawer) (what string, takes load)
}

// Families is all that a storm can be made of.
var Families = []Family{
	{"partition", "servers that do not reach each other, whole, partly or in one direction", "down, and 2 servers or more", []kind{
		{cutOff(2), func(d *drawer) (string, load) { return d.unnamed("isolate %s", d.someone()) }},
		{cutOff(2), drawPartition},
		{cutOff(2), drawPartition},
		{cutOff(2), func(d *drawer) (string, load) { return d.unnamed("cut %s", d.link()) }},
		{cutOff(2), func(d *drawer) (string, load) { return d.unnamed("cut rest -> %s", d.someone()) }},
		{cutOff(2), func(d *drawer) (string, load) { return d.unnamed("cut %s -> rest", d.someone()) }},
		{bridgePossible, drawBridge},
		{ringPossible, drawRing},
	}},
	{"link", "messages lost, doubled, reordered, damaged, late, or short of bandwidth", "loss, delay or bandwidth", []kind{
		{lossPossible, drawLoss("loss")},
		{lossPossible, drawLoss("duplicate")},
		{lossPossible, drawLoss("reorder")},
		{lossPossible, drawLoss("corrupt")},
		{delayPossible, drawDelay("delay")},
		{delayPossible, drawDelay("jitter")},
		{func(d *drawer) bool { return d.Budget.Bandwidth.N > 0 }, func(d *drawer) (string, load) {
			const widest = 16 // times the least that the budget allows
			rate := Amount{Rate, min(d.Budget.Bandwidth.N*int64(1+d.rand.IntN(widest)), units[Rate].most)}
			return fmt.Sprintf("bandwidth %v %s", rate, d.links()), load{}
		}},
	}},
	{"client", "clients that are not reached, or do not reach the servers", "clients", []kind{
		{hasClients, func(d *drawer) (string, load) { return "cut all -> " + d.clientsDrawn(), load{} }},
		{hasClients, func(d *drawer) (string, load) { return "cut " + d.clientsDrawn() + " -> all", load{} }},
		{hasClients, func(d *drawer) (string, load) { return "hold all -> " + d.clientsDrawn(), load{} }},
	}},
	{"crash", "servers that crash and boot", "down", []kind{
		{cutOff(1), drawDown("crash")},
		{cutOff(1), drawDown("crash")},
		{cutOff(1), drawDown("restart")},
	}},
	{"power", "servers that lose power at the same instant", "power-loss", []kind{{func(d *drawer) bool { return d.Budget.PowerLoss.Of(len(d.servers)) > 0 }, drawPower}}},
	{"pause", "servers or links that stand still, and go on with all that waited", "down", []kind{
		{cutOff(1), drawDown("pause")},
		{cutOff(1), drawDown("clog")},
		{cutOff(2), func(d *drawer) (string, load) { return d.unnamed("hold %s", d.link()) }},
	}},
	{"slow", "processors and disks that are slow", "slow", []kind{
		{slowPossible, func(d *drawer) (string, load) {
			by := d.factor()
			return fmt.Sprintf("slow %v %s", by, d.some(len(d.servers)).text()), load{slow: by.N}
		}},
		{slowPossible, func(d *drawer) (string, load) {
			by := d.factor()
			return fmt.Sprintf("disk slow %v %s", by, d.some(len(d.servers)).text()), load{lag: by.N}
		}},
	}},
	{"clock", "clocks that jump, drift or strobe", "clock-drift or clock-jump", []kind{
		{func(d *drawer) bool { return d.Budget.Drift.N > 0 }, drawDrift},
		{jumpPossible, drawJump("clock jump %v")},
		{jumpPossible, drawJump("clock strobe %v every 10ms")},
	}},
	{"disk", "disks that are full or fail, half of the time before the power does", "disk", []kind{
		{diskPossible, drawDisk("disk full", false)},
		{diskPossible, drawDisk("disk read-error", true)},
		{diskPossible, drawDisk("disk write-error", true)},
		{diskPossible, drawDisk("disk sync-error", true)},
		{diskPossible, drawDisk("disk torn-write", true)},
	}},
	{"damage", "disks that are lost, rot or lie", "damage", []kind{
		{damagePossible, drawDamage("wipe")},
		{damagePossible, drawDamage("disk bit-rot 1")},
		{damagePossible, drawDamage("disk sync-lies")},
	}},
}

// FamilyNames are the names of all families of faults that a storm may have.
func FamilyNames() []string {
	var names []string
	for i := range Families {
		names = append(names, Families[i].Name)
	}
	return names
}

func familyNamed(name string) *Family {
	for i := range Families {
		if Families[i].Name == name {
			return &Families[i]
		}
	}
	panic(fmt.Sprintf("faults: there is no family %q", name)) // Check has looked
}

// target is a server, by name or by what it is when the fault comes.
type target struct {
	name string
	role string
}

// targets are different servers.
type targets []target

func (ts targets) text() string {
	words := make([]string, len(ts))
	for i, t := range ts {
		words[i] = t.name
		if t.role != "" {
			words[i] = "random 1 of " + t.role // there may be several of the role
		}
	}
	return strings.Join(words, " ")
}

func (ts targets) crowd() crowd {
	var c crowd
	for _, t := range ts {
		if t.role != "" {
			c.unnamed++
		} else {
			c.names = append(c.names, t.name)
		}
	}
	return c
}

// some draws from one to that many servers: few, or all if that is possible. One of them
// is selected by a role, half of the time, unless they are all.
func (d *drawer) some(most int) targets {
	most = min(most, len(d.servers))
	n := 1
	if most == len(d.servers) && d.rand.Bool(0.25) {
		return d.pick(most)
	}
	for n < most && d.rand.Bool(0.5) {
		n++
	}
	return d.pick(n)
}

// pick draws so many servers.
func (d *drawer) pick(n int) targets {
	var ts targets
	if len(d.roles) > 0 && n < len(d.servers) && d.rand.Bool(0.5) {
		ts = append(ts, target{role: sim.Pick(d.rand, d.roles)})
	}
	for _, name := range d.pickNamed(n - len(ts)) {
		ts = append(ts, target{name: name})
	}
	return ts
}

func (d *drawer) someone() string { return d.pick(1).text() }

// down is how many servers may be out.
func (d *drawer) down() int { return d.Budget.Down.Of(len(d.servers)) }

// unnamed is an act that puts one server out.
func (d *drawer) unnamed(format, who string) (string, load) {
	return fmt.Sprintf(format, who), load{out: crowd{unnamed: 1}}
}

// cutOff says whether one server may be out, of that many at least.
func cutOff(servers int) func(d *drawer) bool {
	return func(d *drawer) bool { return d.down() > 0 && len(d.servers) >= servers }
}

// link draws a link between two servers, in one direction or both.
func (d *drawer) link() string {
	arrow := " -> "
	if d.rand.Bool(1. / 3) {
		arrow = " <-> "
	}
	a, b := d.pick(1)[0], "random 1"
	if a.role == "" {
		order := d.pickNamed(2)
		a.name, b = order[0], order[1]
	}
	if d.rand.Bool(0.5) {
		return targets{a}.text() + arrow + b
	}
	return b + arrow + targets{a}.text()
}

// pickNamed draws so many servers by name.
func (d *drawer) pickNamed(n int) []string {
	names := make([]string, len(d.servers))
	for i, j := range d.rand.Perm(len(d.servers)) {
		names[i] = d.servers[j]
	}
	if d.near != nil && d.rand.Bool(0.5) {
		slices.SortStableFunc(names, func(a, b string) int { return d.wasHit(b) - d.wasHit(a) })
	}
	d.hit = append(d.hit, names[:n]...)
	return names[:n]
}

// wasHit is 1 for servers that the fault before has hit.
func (d *drawer) wasHit(name string) int {
	if slices.Contains(d.near.hit, name) {
		return 1
	}
	return 0
}

// links draws links that are to get worse: all, those of a server, or one.
func (d *drawer) links() string {
	switch n := d.rand.IntN(4); {
	case n == 0 && len(d.servers) > 1:
		return d.link()
	case n == 1:
		return d.someone()
	}
	return all
}

func hasClients(d *drawer) bool { return len(d.clients) > 0 }

func (d *drawer) clientsDrawn() string {
	n := 1 + d.rand.IntN(min(len(d.clients), 2))
	order := d.rand.Perm(len(d.clients))[:n]
	words := make([]string, n)
	for i, j := range order {
		words[i] = d.clients[j]
	}
	return strings.Join(words, " ")
}

func drawPartition(d *drawer) (string, load) {
	small := d.pick(1 + d.rand.IntN(min(d.down(), len(d.servers)/2)))
	return "partition " + small.text() + " | rest", load{out: small.crowd()}
}

func bridgePossible(d *drawer) bool {
	return len(d.servers) >= 3 && (len(d.servers)-1)/2 <= d.down()
}

// drawBridge cuts off the smaller half of the others.
func drawBridge(d *drawer) (string, load) {
	return "bridge " + d.someone(), load{out: crowd{unnamed: (len(d.servers) - 1) / 2}}
}

// ringOut is how many servers are out in a ring of majorities: all but neighbours that
// reach each other.
func ringOut(servers int) int { return servers - 1 - (servers/2+1)/2 }

func ringPossible(d *drawer) bool {
	return len(d.servers) >= 4 && ringOut(len(d.servers)) <= d.down()
}

func drawRing(d *drawer) (string, load) {
	ring := strings.Join(d.pickNamed(len(d.servers)), " ")
	return "majority-ring " + ring, load{out: crowd{unnamed: ringOut(len(d.servers))}}
}

func drawDown(verb string) func(d *drawer) (string, load) {
	return func(d *drawer) (string, load) {
		ts := d.some(d.down())
		return verb + " " + ts.text(), load{out: ts.crowd()}
	}
}

// drawPower takes all that the budget allows half of the time.
func drawPower(d *drawer) (string, load) {
	most := d.Budget.PowerLoss.Of(len(d.servers))
	if d.rand.Bool(0.5) {
		most = 1 + d.rand.IntN(most)
	}
	if most == len(d.servers) {
		return "power-loss all", load{out: crowd{names: d.servers}, power: true}
	}
	ts := d.pick(most)
	return "power-loss " + ts.text(), load{out: ts.crowd(), power: true}
}

// upTo draws a multiple of the step up to that much: between it and its half, or between
// its half and its quarter, and so on, one as likely as the other.
func (d *drawer) upTo(most, step int64) int64 {
	if most <= step {
		return most
	}
	const halvings = 3
	bound := max(most>>d.rand.IntN(halvings)/step, 1)
	return step * (bound - d.rand.Int64N((bound+1)/2))
}

func lossPossible(d *drawer) bool { return d.Budget.Loss.N > 0 }

func drawLoss(verb string) func(d *drawer) (string, load) {
	return func(d *drawer) (string, load) {
		const onePercent = 10_000
		a := Amount{Percent, d.upTo(d.Budget.Loss.N, onePercent)}
		return fmt.Sprintf("%s %v %s", verb, a, d.links()), load{loss: a.N}
	}
}

func delayPossible(d *drawer) bool { return d.Budget.Delay > 0 }

func drawDelay(verb string) func(d *drawer) (string, load) {
	return func(d *drawer) (string, load) {
		by := time.Duration(d.upTo(int64(d.Budget.Delay), int64(time.Millisecond)))
		return fmt.Sprintf("%s %s %s", verb, durationText(by), d.links()), load{delay: by}
	}
}

func slowPossible(d *drawer) bool { return d.Budget.Slow.N > 0 }

// factor draws whole numbers above 1, if the budget has them.
func (d *drawer) factor() Amount {
	const one = 1000
	if d.Budget.Slow.N < 2*one {
		return d.Budget.Slow
	}
	return Amount{Factor, one + d.upTo(d.Budget.Slow.N-one, one)}
}

func (d *drawer) sign() int64 { return int64(1 - 2*d.rand.IntN(2)) }

func drawDrift(d *drawer) (string, load) {
	const step = 1_000_000 // a thousand parts per million
	size := d.upTo(d.Budget.Drift.N, step)
	by := Amount{PPM, max(d.sign()*size, units[PPM].least)}
	return fmt.Sprintf("clock drift %v %s", by, d.some(len(d.servers)).text()), load{drift: size}
}

func jumpPossible(d *drawer) bool { return d.Budget.Jump > 0 }

func drawJump(format string) func(d *drawer) (string, load) {
	return func(d *drawer) (string, load) {
		size := d.upTo(int64(d.Budget.Jump), int64(time.Millisecond))
		by := durationText(time.Duration(d.sign() * size))
		return fmt.Sprintf(format, by) + " " + d.some(len(d.servers)).text(), load{jump: time.Duration(size)}
	}
}

func diskPossible(d *drawer) bool { return d.Budget.Disk.Of(len(d.servers)) > 0 }

// drawDisk draws how often a disk fails, if it is one of the faults that have a rate.
// Half of the time the servers then lose power: what a disk has done wrong shows when
// what is not on it is lost.
func drawDisk(verb string, rate bool) func(d *drawer) (string, load) {
	return func(d *drawer) (string, load) {
		what := verb
		if rate {
			what += " " + sim.Pick(d.rand, []string{"1%", "5%", "20%", "50%"})
		}
		ts := d.some(d.Budget.Disk.Of(len(d.servers)))
		what += " " + ts.text()
		takes := load{disk: ts.crowd()}
		if len(ts) > d.down() || d.rand.Bool(0.5) {
			return what, takes
		}
		takes.out = takes.disk
		wait := max(d.rand.Duration(0, d.Shortest).Truncate(time.Millisecond), time.Millisecond)
		return fmt.Sprintf("%s and after %s power-loss %s", what, durationText(wait), ts.text()), takes
	}
}

func damagePossible(d *drawer) bool { return d.Budget.Damage.Of(len(d.servers)) > 0 }

// drawDamage names the server, since a server is damaged for good: those of a role
// might be others each time.
func drawDamage(verb string) func(d *drawer) (string, load) {
	return func(d *drawer) (string, load) {
		hit := d.pickNamed(1)
		takes := load{damage: crowd{names: hit}}
		if verb == "wipe" {
			takes.out = takes.damage
		}
		return verb + " " + hit[0], takes
	}
}
