package scenarios

import "maps"

// Saved is the run as a scenario of its own, with everything in it that the options
// said: running it is the same run. What the report of the run expects is not in it.
func (r *Run) Saved() *Scenario {
	s := *r.Scenario
	o := r.Options
	s.Seed, s.Mutant, s.File = new(o.Seed), o.mutant(r.Scenario), ""
	s.Knobs = o.settings(r.Scenario)
	own := mutantKnobs(s.System, s.Mutant)
	maps.DeleteFunc(s.Knobs, func(name, value string) bool { return own[name] == value })
	s.Faults, s.Storm = r.Schedule(), nil // what the storm drew is in the schedule
	return &s
}
