package scenarios

import (
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/orrery-sim/orrery/faults"
)

// storm reads the field of that name. One in which something is wrong is left out: the
// scenario is not sound anyhow.
func (r *reader) storm(v *yaml.Node, s *Scenario) {
	before := len(r.errs)
	storm := faults.DefaultStorm
	known := map[string]func(v *yaml.Node){
		"budget":   func(v *yaml.Node) { r.budget(v, &storm.Budget) },
		"families": func(v *yaml.Node) { r.within("families", func() { r.texts(v, &storm.Families) }) },
		"roles":    func(v *yaml.Node) { r.within("roles", func() { r.texts(v, &storm.Roles) }) },
		"faults":   func(v *yaml.Node) { span(r, v, &storm.Least, &storm.Most) },
		"for":      func(v *yaml.Node) { span(r, v, &storm.Shortest, &storm.Longest) },
	}
	r.fields(v, "a storm", r.noted("storm.", known))
	if v.Kind == yaml.MappingNode && r.places["storm.budget"] == nil {
		r.fail(v, `field "budget" is missing: what the system survives, such as {down: minority}`)
	}
	if len(r.errs) == before {
		s.Storm = &storm
	}
}

// noted has the functions remember where their fields stand.
func (r *reader) noted(prefix string, known map[string]func(v *yaml.Node)) map[string]func(v *yaml.Node) {
	for name, read := range known { // order-free: into a map
		known[name] = func(v *yaml.Node) {
			r.places[prefix+name] = v
			read(v)
		}
	}
	return known
}

// within reads a part of the field that is being read.
func (r *reader) within(part string, read func()) {
	outer := r.field
	r.field += "." + part
	read()
	r.field = outer
}

func (r *reader) budget(v *yaml.Node, b *faults.Budget) {
	share := func(into *faults.Share) func(v *yaml.Node) {
		return func(v *yaml.Node) {
			var err error
			if *into, err = faults.ParseShare(v.Value); err != nil {
				r.fail(v, "%v", err)
			}
		}
	}
	amount := func(u faults.Unit, into *faults.Amount) func(v *yaml.Node) {
		return func(v *yaml.Node) {
			var err error
			if *into, err = faults.ParseAmount(u, v.Value); err != nil {
				r.fail(v, "%v", err)
			}
		}
	}
	r.fields(v, "a budget", r.noted("storm.budget.", map[string]func(v *yaml.Node){
		"down":        share(&b.Down),
		"power-loss":  share(&b.PowerLoss),
		"recover":     func(v *yaml.Node) { scan(r, v, &b.Recover) },
		"loss":        amount(faults.Percent, &b.Loss),
		"delay":       func(v *yaml.Node) { scan(r, v, &b.Delay) },
		"bandwidth":   amount(faults.Rate, &b.Bandwidth),
		"slow":        amount(faults.Factor, &b.Slow),
		"clock-drift": amount(faults.PPM, &b.Drift),
		"clock-jump":  func(v *yaml.Node) { scan(r, v, &b.Jump) },
		"disk":        share(&b.Disk),
		"damage":      share(&b.Damage),
	}))
}

// span reads "1-12" or "200ms-4s", or one value for both.
func span[T int | time.Duration](r *reader, v *yaml.Node, least, most *T) {
	low, high, ok := strings.Cut(v.Value, "-")
	if !ok {
		high = low
	}
	for _, end := range []struct {
		text string
		into *T
	}{{low, least}, {high, most}} {
		before := len(r.errs)
		part := *v
		part.Value = strings.TrimSpace(end.text)
		if scan(r, &part, end.into); len(r.errs) > before {
			r.errs = r.errs[:before]
			example := "1-12"
			if _, isTime := any(*least).(time.Duration); isTime {
				example = "200ms-4s"
			}
			r.fail(v, "%s, expected a range such as %s", kindName(v), example)
			return
		}
	}
}
