package scenarios

import (
	"fmt"

	"github.com/orrery-sim/orrery/checker"
)

// Check is a judgement of a run, with the claim that it judges.
type Check struct {
	Name  string
	Claim string // one line: what is promised

	// Watch looks at the run while it goes on, and ends it by World.Fail with the
	// check's name when the promise is broken. It is nil if there is nothing to
	// watch, or if the system watches by itself.
	Watch func(r *Run)
	// Judge looks at the run when it has ended. It is nil if Watch is all.
	Judge func(r *Run) Result
	// AtEnd says that Judge is asked only of a run that came to its end: of one that
	// ended early, such as by another check that failed, the verdict is unknown.
	AtEnd bool
}

// Result is the verdict of one check on one run.
type Result struct {
	Check   string          `json:"check"`
	Claim   string          `json:"claim"`
	Verdict checker.Verdict `json:"verdict"`
	Reason  string          `json:"reason,omitempty"`  // one line, unless it is ok
	Explain string          `json:"explain,omitempty"` // in full, as text
	Event   uint64          `json:"event,omitempty"`   // that broke the promise

	History *checker.Result `json:"-"` // of a check of the history
}

// Common are the checks that every system has.
var Common = []Check{linearizable, progress, objectives}

var linearizable = Check{
	Name:  "linearizable",
	Claim: checker.Linearizable{}.Doc(),
	Judge: func(r *Run) Result {
		model, err := checker.ModelNamed(r.Workload.Model())
		if err != nil {
			panic(fmt.Sprintf("scenarios: %v", err)) // a workload names only models that there are
		}
		found := checker.Linearizable{Model: model}.Check(r.Workload.History(), checker.Limits{})
		return FromHistory(found)
	},
}

// FromHistory is the result of a check of the clients' history.
func FromHistory(found checker.Result) Result {
	res := Result{Verdict: found.Verdict, Reason: found.Reason, History: &found}
	if found.Verdict != checker.OK {
		const width = 100
		res.Explain = found.Report(width)
	}
	if v := found.Violation; v != nil {
		res.Reason = v.Why
		res.Event = v.Op.ReturnEvent
	}
	return res
}

// progress is liveness: when the faults are over, what is asked is answered.
var progress = Check{
	Name:  "progress",
	Claim: "when all faults are undone, clients are answered again before the run ends",
	AtEnd: true,
	Judge: func(r *Run) Result {
		healed := int64(r.Scenario.Run)
		asked := 0
		for _, op := range r.Workload.Ops() {
			if op.Call >= healed {
				asked++
				if op.Outcome == checker.OutcomeOK {
					return Result{Verdict: checker.OK}
				}
			}
		}
		if asked == 0 {
			return Result{Verdict: checker.Unknown, Reason: "nothing was asked after the faults were undone"}
		}
		return Result{
			Verdict: checker.Violated,
			Reason:  fmt.Sprintf("%d operations were called after %v, when the faults were undone, and none succeeded", asked, r.Scenario.Run),
		}
	},
}
