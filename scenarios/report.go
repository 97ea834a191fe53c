package scenarios

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/orrery-sim/orrery/checker"
	"github.com/orrery-sim/orrery/sim"
)

// Report is what is known of a run when it has ended.
type Report struct {
	Scenario string        `json:"scenario"`
	Shows    string        `json:"shows,omitempty"`
	System   string        `json:"system"`
	Nodes    []string      `json:"nodes"`
	Seed     uint64        `json:"seed"`
	Mutant   string        `json:"mutant,omitempty"`
	Knobs    []Setting     `json:"knobs"`
	Workload string        `json:"workload"`
	Notes    []string      `json:"notes,omitempty"` // those of the options
	Status   string        `json:"outcome"`
	Expected string        `json:"expected"`
	MustFail string        `json:"expected_check,omitempty"` // the check that Expected is about
	Reason   string        `json:"reason,omitempty"`         // of an outcome that is not ok, in a line
	Event    uint64        `json:"event,omitempty"`          // at which it happened
	At       time.Duration `json:"at_ns"`                    // virtual time at the end
	Events   uint64        `json:"events"`
	Messages uint64        `json:"messages"` // that nodes and clients gave to the network
	Hash     string        `json:"hash"`     // empty if a process did not yield
	Checks   []Result      `json:"checks"`
	Storm    []string      `json:"storm,omitempty"` // the faults that were drawn, one a line
	Timeline []Moment      `json:"timeline"`
	Phases   []Phase       `json:"phases"`
	Tiers    []Tier        `json:"tiers,omitempty"` // if the system has some: the clients, and then they
	Measures []Measure     `json:"measures,omitempty"`
	Around   []string      `json:"around,omitempty"` // the events around a violation
	Stack    string        `json:"stack,omitempty"`  // the Go stack of what crashed or hung
	Command  string        `json:"reproduce"`

	status  sim.Status
	history checker.History
}

// Setting is a knob's value in a run.
type Setting struct {
	Name    string `json:"name"`
	Value   string `json:"value"`
	Default bool   `json:"default"`
}

// Moment is a line of the timeline: what a fault or the system did.
type Moment struct {
	At    time.Duration `json:"at_ns"`
	Event uint64        `json:"event"`
	Who   string        `json:"who"` // "fault", or a node
	Text  string        `json:"text"`
}

// Outcome is the run's status.
func (r *Report) Outcome() sim.Status { return r.status }

// AsExpected says whether the run ended as the scenario says it must.
func (r *Report) AsExpected() bool {
	return r.Status == r.Expected && (r.MustFail == "" || r.Failed(r.MustFail))
}

// Failed says whether the check of that name was violated.
func (r *Report) Failed(check string) bool {
	return slices.ContainsFunc(r.Checks, func(c Result) bool { return c.Check == check && c.Verdict == checker.Violated })
}

// ExitCode is that of a program that ran the scenario: 0 if it ended as expected,
// else the outcome's own; 1 if it was to fail and did not.
func (r *Report) ExitCode() int {
	switch {
	case r.AsExpected():
		return 0
	case r.status == sim.OK:
		return sim.Violated.ExitCode()
	}
	return r.status.ExitCode()
}

// History returns what the clients asked and were answered.
func (r *Report) History() checker.History { return r.history }

// WritePicture writes an HTML page on which porcupine shows the violation. If the
// history has none, it says so instead.
func (r *Report) WritePicture(out io.Writer) error {
	for _, c := range r.Checks {
		if c.History != nil && c.History.Violation != nil {
			return c.History.Violation.WriteHTML(out)
		}
	}
	const page = "<!doctype html>\n<meta charset=\"utf-8\">\n<title>%[1]s</title>\n<p>%[1]s, seed %[2]d: %[3]s. There is no violation to be drawn.\n"
	_, err := fmt.Fprintf(out, page, r.Scenario, r.Seed, r.Status)
	return err
}

// Judge asks the checks what they say of a run that ended so, and tells what is known
// of it. Of one in which a process did not yield that is little: its world is left to
// that process.
func (r *Run) Judge(out sim.Outcome) *Report {
	s := r.Scenario
	results, out := r.judge(out)
	hung := out.Status == sim.Stuck && out.Stack != ""
	var measures []Measure
	if s.System.Measure != nil && !hung {
		out = worse(out, r.guard("the measures", func() { measures = s.System.Measure(r) }))
	}
	rep := r.describe(out, results)
	rep.Measures = measures
	if !hung {
		r.count(rep)
	}
	return rep
}

// describe tells of a run what can be told without asking its world.
func (r *Run) describe(out sim.Outcome, results []Result) *Report {
	s := r.Scenario
	st := status(out, results)
	rep := &Report{
		Scenario: s.FullName(), Shows: s.Shows, System: s.System.Name, Nodes: r.Cluster.servers,
		Seed: r.Options.Seed, Mutant: r.Cluster.mutant, Workload: s.Workload.Summary(), Notes: r.Options.Notes,
		Status: st.String(), Expected: s.Expect.String(), At: out.At, Events: out.Event,
		Checks: results, status: st, Stack: out.Stack, Command: r.command(),
	}
	rep.history.Meta = map[string]string{"scenario": rep.Scenario, "seed": fmt.Sprint(rep.Seed)}
	for i := range s.System.Knobs {
		k := &s.System.Knobs[i]
		value := r.Cluster.Values[k.Name]
		rep.Knobs = append(rep.Knobs, Setting{k.Name, value, value == k.Default})
	}
	for _, f := range r.storm {
		rep.Storm = append(rep.Storm, f.String())
	}
	if s.Expect == sim.Violated || s.Expect == sim.Stuck {
		rep.MustFail = s.Check
	}
	rep.blame(out, results)
	return rep
}

// count adds what the world knows: how far it came, and how the clients fared.
func (r *Run) count(rep *Report) {
	w := r.World
	rep.At, rep.Events, rep.Messages, rep.Hash = w.Now(), w.Events(), w.Messages(), fmt.Sprintf("%016x", w.Hash())
	rep.history.Ops = r.Workload.History().Ops
	rep.Timeline = r.timeline()
	rep.Phases = phases(r.Workload.Ops(), r.marks(), w.Now())
	if r.ledger == nil {
		return
	}
	rep.Tiers = r.ledger.tiers(0, w.Now()+1)
	for i := range rep.Phases {
		p := &rep.Phases[i]
		to := p.To
		if i+1 == len(rep.Phases) {
			to++ // what is called at the very end counts in the last
		}
		p.Tiers = r.ledger.tiers(p.From, to)
	}
}

func (r *Report) hashText() string {
	if r.Hash == "" {
		return "left behind"
	}
	return "hash " + r.Hash
}

// blame says in a line why the outcome is what it is.
func (r *Report) blame(out sim.Outcome, results []Result) {
	if !out.OK() {
		r.Reason, r.Event = out.Reason, out.Event
		if out.Proc != "" && out.Status != sim.Violated {
			r.Reason += " (process " + out.Proc + ")"
		}
		return
	}
	for _, res := range results {
		if res.Verdict != checker.OK && (r.Reason == "" || res.Verdict == checker.Violated) {
			r.Reason, r.Event = res.Check+": "+res.Reason, res.Event
			if res.Verdict == checker.Violated {
				return
			}
		}
	}
}

// timeline lays what the faults did and what the system did beside each other.
func (r *Run) timeline() []Moment {
	var list []Moment
	for _, d := range r.Faults.Log() {
		text := d.Text
		switch {
		case d.Undo:
			text = "end of " + text
		case d.Skipped != "":
			text = "skipped " + text + ": " + d.Skipped
		}
		list = append(list, Moment{d.At, d.Event, "fault", text})
	}
	for _, m := range r.Cluster.log {
		list = append(list, Moment{m.At, m.Event, m.Node, m.Text})
	}
	sortMoments(list)
	return list
}

// marks are the times at which faults begin and end, with what is in force then.
func (r *Run) marks() []mark {
	log := r.Faults.Log()
	ends := map[string]int{} // acts that will still be undone, by their text
	for _, d := range log {
		if d.Undo {
			ends[d.Text]++
		}
	}
	var list []mark
	var active []string
	for _, d := range log {
		switch {
		case d.Skipped != "":
			continue
		case d.Undo:
			active = slices.Clone(active)
			if i := slices.Index(active, d.Text); i >= 0 {
				active = slices.Delete(active, i, i+1)
			}
		case ends[d.Text] > 0:
			ends[d.Text]--
			active = append(slices.Clone(active), d.Text)
		}
		list = append(list, mark{d.At, active})
	}
	return list
}

// command is the line that repeats the run, for pasting.
func (r *Run) command() string {
	s, o := r.Scenario, r.Options
	name := s.FullName()
	if s.File != "" {
		name = s.File
	}
	line := fmt.Sprintf("%s run %s --seed %d", cmp.Or(o.Program, "orrery"), quoted(name), o.Seed)
	if o.Mutant != "" {
		line += " --mutant " + o.Mutant
	}
	for _, k := range sortedKeys(o.Knobs) {
		line += " --knob " + quoted(k+"="+o.Knobs[k])
	}
	for _, f := range o.Faults {
		line += " --fault " + quoted(f.String())
	}
	if o.Until > 0 {
		line += " --until " + o.Until.String()
	}
	return line
}
