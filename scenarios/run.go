package scenarios

import (
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"time"

	"github.com/orrery-sim/orrery/checker"
	"github.com/orrery-sim/orrery/faults"
	"github.com/orrery-sim/orrery/scenarios/workload"
	"github.com/orrery-sim/orrery/sim"
)

// Options are what one run of a scenario changes in it.
type Options struct {
	Seed    uint64
	Knobs   Values          // before the scenario's own
	Mutant  string          // a mistake to make, by name; "" is the scenario's own, if it has one
	Faults  faults.Schedule // beside the scenario's own
	Places  []string        // of these faults, for errors, such as faults.txt:3; it may be shorter, and a place empty
	Notes   []string        // to stand in the report, such as where the faults come from
	Until   time.Duration   // stop watching at this virtual time; 0 is the end
	Program string          // with which the report's line to reproduce begins; "" is orrery
	// Checking has the kernel look whether messages are changed after they were
	// sent, see sim.Config. The run is the same.
	Checking bool
	// Observe is called with the run before it starts, to add observers.
	Observe func(r *Run)
}

// NoMutant is the [Options.Mutant] that keeps a scenario with a mutant from making
// its mistake.
const NoMutant = "none"

// mutant is the mistake that is made in a run of the scenario, or nothing.
func (o *Options) mutant(s *Scenario) string {
	switch o.Mutant {
	case "":
		return s.Mutant
	case NoMutant:
		return ""
	}
	return o.Mutant
}

// settings are the knobs that are turned in a run of the scenario. A saved run has
// been saved with its mutant, whose own come first; a mutant that the options ask for
// must show whatever the scenario says.
func (o *Options) settings(s *Scenario) Values {
	layers := []Values{s.Knobs, mutantKnobs(s.System, o.Mutant), o.Knobs}
	if o.mutant(s) == s.Mutant {
		layers = []Values{mutantKnobs(s.System, s.Mutant), s.Knobs, o.Knobs}
	}
	knobs := Values{}
	for _, given := range layers {
		for name, value := range given { // order-free: into a map
			knobs[name] = value
		}
	}
	return knobs
}

// Run is one run of a scenario.
type Run struct {
	Scenario *Scenario
	Options  Options
	Cluster  *Cluster
	World    *sim.World
	Workload *workload.Run
	Faults   *faults.Plan

	ledger *ledger         // nil if the system has no tiers
	storm  faults.Schedule // drawn
	faults faults.Schedule // the scenario's, the storm's and those of the options
}

// NewRun makes a run that has not started. What is impossible in the options is an
// error. The run must be closed.
func NewRun(s *Scenario, o Options) (*Run, error) {
	if wrong := s.check(); wrong != nil {
		return nil, joined(wrong)
	}
	values, err := s.Settings(o)
	if o.Until < 0 {
		err = errors.Join(err, fmt.Errorf("until is %v, expected no negative time", o.Until))
	}
	if err != nil {
		return nil, err
	}
	r := place(s, o, values)
	if errs := r.drawStorm(); errs != nil {
		r.Close()
		return nil, joined(errs)
	}
	r.faults = slices.Concat(s.Faults, r.storm, o.Faults)
	for i, f := range r.faults {
		for _, e := range r.checkFault(f) {
			err = errors.Join(err, fmt.Errorf("%s%s: %w", o.place(i-len(s.Faults)-len(r.storm)), f, e))
		}
	}
	if err != nil {
		r.Close()
		return nil, err
	}
	return r, nil
}

// Settings are the values of all knobs in a run of the scenario with these options. What
// is impossible in them, and a mutant that there is not, is an error.
func (s *Scenario) Settings(o Options) (Values, error) {
	values, wrong := fill(s.System.Knobs, o.settings(s))
	if len(wrong) == 0 {
		wrong = s.System.contradictions(values, s.Nodes)
	}
	var err error
	for _, p := range wrong {
		err = errors.Join(err, p.err)
	}
	if m := o.mutant(s); m != "" && !contains(s.System.mutantNames(), m) {
		err = errors.Join(err, unknown("mutant of system "+s.System.Name, m, s.System.mutantNames()))
	}
	return values, err
}

// place is where a fault of the options stands, and a colon, or nothing.
func (o *Options) place(i int) string {
	if i < 0 || i >= len(o.Places) || o.Places[i] == "" {
		return ""
	}
	return o.Places[i] + ": "
}

// place puts the servers and the clients in a new world. The clients begin when the
// world does, but are there before: faults may name them.
func place(s *Scenario, o Options, values Values) *Run {
	w := sim.New(sim.Config{Seed: o.Seed, Link: s.Link, Checking: o.Checking})
	r := &Run{Scenario: s, Options: o, World: w}
	r.Cluster = &Cluster{Values: values, system: s.System, world: w, servers: s.System.serverNames(s.Nodes), mutant: o.mutant(s)}
	s.System.Place(r.Cluster)
	connect := func(p *sim.Proc) workload.Session { return s.System.Connect(r.Cluster, p) }
	r.Workload = workload.Start(w, s.Workload, s.Run+s.Settle, connect)
	r.Cluster.load = r.Workload.Surge
	r.label()
	return r
}

// label gives the nodes the labels by which faults select them: app, which is the
// system's name for the servers and client for the others, and the scenario's own.
func (r *Run) label() {
	for _, n := range r.World.Nodes() {
		app := r.Scenario.System.Name
		if n.Client() {
			app = "client"
		}
		n.SetLabel("app", app)
	}
	for _, l := range r.Scenario.Labels {
		if n := r.World.Lookup(l.Node); n != nil {
			n.SetLabel(l.Name, l.Value)
		}
	}
}

// drawStorm draws the storm of the run's seed, if the scenario has one. What is
// impossible in it is returned, and nothing drawn.
func (r *Run) drawStorm() []problem {
	storm, end := r.Scenario.Storm, r.Scenario.Run
	if storm == nil {
		return nil
	}
	var found []problem
	for _, err := range storm.Check(r.Cluster, end) {
		field := "storm"
		if e := new(faults.StormError); errors.As(err, &e) {
			field += "." + e.Field
		}
		found = append(found, problem{field, err})
	}
	if found == nil {
		r.storm = storm.Draw(r.Cluster, end)
	}
	return found
}

// Schedule returns all faults of the run: the scenario's, those that its storm drew,
// and those of the options. A copy of the scenario that has these as its Faults, and
// no Storm, runs the same with the same seed: nothing depends on who wrote a fault.
func (r *Run) Schedule() faults.Schedule { return slices.Clone(r.faults) }

// checkFaults returns what is wrong with the faults of a scenario that is sound
// otherwise.
func (s *Scenario) checkFaults() []problem {
	var o Options
	values, _ := fill(s.System.Knobs, o.settings(s))
	r := place(s, o, values)
	defer r.Close()
	found := r.drawStorm()
	for i, f := range s.Faults {
		for _, err := range r.checkFault(f) {
			found = append(found, problem{fmt.Sprintf("faults.%d", i), err})
		}
	}
	return found
}

// checkFault returns what is wrong with a fault in the run. One that could never begin
// would be taken for one that did no harm.
func (r *Run) checkFault(f faults.Fault) []error {
	errs := unjoin(f.Check(r.Cluster))
	if end := r.Scenario.Run; end > 0 && f.At >= end {
		errs = append(errs, &faults.Error{Word: "at", Text: fmt.Sprintf("it never begins: the faults end at %v, see run", end)})
	}
	return errs
}

func mutantKnobs(s *System, mutant string) Values {
	for i := range s.Mutants {
		if s.Mutants[i].Name == mutant {
			return s.Mutants[i].Knobs
		}
	}
	return nil
}

// Close frees what the run holds. What it recorded can still be read.
func (r *Run) Close() { r.World.Close() }

// Start lets the faults and the checks in. Execute does it; who steps
// through a run by hand does it first.
func (r *Run) Start() {
	s := r.Scenario
	plan, err := r.faults.Install(r.Cluster)
	if err != nil {
		panic(fmt.Sprintf("scenarios: %v", err)) // it was checked when the run was made
	}
	r.Faults = plan
	r.ledger = keepLedger(r)
	r.World.At(s.Run, "the faults end", r.Faults.Stop)
	for _, name := range s.Checks {
		if c := s.System.check(name); c.Watch != nil {
			c.Watch(r)
		}
	}
	if r.Options.Observe != nil {
		r.Options.Observe(r)
	}
}

// Execute runs the scenario to its end and judges it. It may be asked, at any time
// between events, to stop: what is done is judged then.
func (r *Run) Execute(stop func() bool) *Report {
	r.Start()
	return r.Judge(r.Pass(stop))
}

// patience is how many timeouts clients may take to end when the time is over. They
// end long before, unless one hangs.
const patience = 100

// Pass lets the scenario's time pass in a run that has started: the run, the tail
// without faults, and then what the clients still wait for. It may be asked, at any
// time between events, to stop. Most use Execute.
func (r *Run) Pass(stop func() bool) sim.Outcome {
	s, w := r.Scenario, r.World
	end := s.Run + s.Settle
	if u := r.Options.Until; u > 0 {
		end = min(end, u)
	}
	last := end + patience*s.Workload.Timeout
	for w.Now() < last {
		if r.cutShort() && w.Now() >= end || w.Now() >= end && w.ClientsLeft() == 0 || stop != nil && stop() {
			break
		}
		step := time.Second
		if w.Now() < end {
			step = min(step, end-w.Now())
		}
		if out := w.Run(step); !out.OK() {
			return out
		}
	}
	if !r.cutShort() && w.ClientsLeft() > 0 && w.Now() >= last {
		return sim.Outcome{Status: sim.Stuck, Reason: "clients wait for answers that do not come", Event: w.Events(), At: w.Now()}
	}
	return sim.Outcome{Event: w.Events(), At: w.Now()}
}

// judge asks every check of the scenario that has something to say. A check that panics
// crashes the run, if that had not ended early anyway.
func (r *Run) judge(out sim.Outcome) ([]Result, sim.Outcome) {
	var results []Result
	ended := out
	for _, name := range r.Scenario.Checks {
		c := r.Scenario.System.check(name)
		res := Result{Verdict: checker.OK}
		switch failed, isCheck := failedCheck(out); {
		case isCheck && failed == name:
			res = Result{Verdict: checker.Violated, Reason: out.Reason[len(name)+2:], Event: out.Event}
		case out.Status == sim.Crashed || out.Status == sim.Stuck:
			res = Result{Verdict: checker.Unknown, Reason: "the run ended early: " + out.Status.String()}
		case c.AtEnd && (isCheck || r.cutShort()):
			res = Result{Verdict: checker.Unknown, Reason: "the run ended early"}
		case c.Judge != nil:
			wrong := r.guard("check "+name, func() { res = c.Judge(r) })
			if !wrong.OK() {
				res = Result{Verdict: checker.Unknown, Reason: "it panics"}
				ended = worse(ended, wrong)
			}
		}
		res.Check, res.Claim = c.Name, c.Claim
		results = append(results, res)
	}
	return results, ended
}

// guard does what was written for a system, and returns a crash if that panics.
func (r *Run) guard(what string, do func()) (out sim.Outcome) {
	defer func() {
		if wrong := recover(); wrong != nil {
			out = sim.Outcome{
				Status: sim.Crashed, Reason: fmt.Sprintf("%s panics: %v", what, wrong),
				Event: r.World.Events(), At: r.World.Now(), Stack: string(debug.Stack()),
			}
		}
	}()
	do()
	return out
}

// worse is how a run ended that ended so, and was judged so: the first that was not well.
func worse(ended, judged sim.Outcome) sim.Outcome {
	if ended.OK() && !judged.OK() {
		return judged
	}
	return ended
}

func (r *Run) cutShort() bool { return r.World.Now() < r.Scenario.Run+r.Scenario.Settle }

// failedCheck is the check that ended the run by World.Fail.
func failedCheck(out sim.Outcome) (name string, ok bool) {
	if out.Status != sim.Violated {
		return "", false
	}
	for i := range out.Reason {
		if out.Reason[i] == ':' {
			return out.Reason[:i], true
		}
	}
	return "", false
}

// status is how the whole run counts: the worst of what happened and what was
// judged. Unknown never counts as ok.
func status(out sim.Outcome, results []Result) sim.Status {
	if !out.OK() {
		return out.Status
	}
	worst := sim.OK
	for _, res := range results {
		switch {
		case res.Verdict == checker.Violated && res.Check == progress.Name:
			if worst != sim.Violated {
				worst = sim.Stuck
			}
		case res.Verdict == checker.Violated:
			worst = sim.Violated
		case res.Verdict == checker.Unknown && worst == sim.OK:
			worst = sim.Unknown
		}
	}
	return worst
}
