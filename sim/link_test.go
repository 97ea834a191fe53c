package sim

import (
	"testing"
	"time"
)

// takes is how long a datagram from one node to another takes now.
func takes(w *World, from, to string) time.Duration {
	l := w.route(w.Lookup(from), w.Lookup(to))
	return l.total.sample(w.Rand("test", ""))
}

// A link that says nothing of its latency has the one that it has otherwise; none
// has to be asked for.
func TestLatencyUnlessGiven(t *testing.T) {
	none := Link{Latency: Constant(0)}
	lossy := Link{Loss: 0.01}
	for name, c := range map[string]struct {
		config Link
		set    func(w *World)
		want   time.Duration
	}{
		"default":                     {want: ms},
		"default, lossy":              {config: lossy, want: ms},
		"none":                        {config: none},
		"SetLink":                     {config: Link{Latency: Constant(7 * ms)}, set: func(w *World) { w.SetLink("a", "b", lossy) }, want: 7 * ms},
		"SetLink, none":               {set: func(w *World) { w.SetLink("a", "b", none) }},
		"SetLink of one with a site":  {set: func(w *World) { w.SetSites("x", "x", Link{Latency: Constant(3 * ms)}); w.SetLink("a", "b", lossy) }, want: 3 * ms},
		"SetLink again":               {set: func(w *World) { w.SetLink("a", "b", none); w.SetLink("a", "b", lossy) }, want: ms},
		"SetSites":                    {config: Link{Latency: Constant(7 * ms)}, set: func(w *World) { w.SetSites("x", "x", lossy) }, want: 7 * ms},
		"SetSites, none":              {set: func(w *World) { w.SetSites("x", "x", none) }},
		"Degrade adds nothing":        {set: func(w *World) { w.Degrade("a", "b", lossy) }, want: ms},
		"Degrade adds an explicit 0s": {set: func(w *World) { w.Degrade("a", "b", none) }, want: ms},
	} {
		w := newWorld(t, Config{Link: c.config})
		for _, name := range []string{"a", "b"} {
			w.Node(name, idle).SetSite("x")
		}
		if c.set != nil {
			c.set(w)
		}
		if got := takes(w, "a", "b"); got != c.want {
			t.Errorf("%s: %v, expected %v", name, got, c.want)
		}
	}
	w := newWorld(t, Config{})
	w.Node("a", idle)
	w.SetLink("a", "a", lossy)
	if got := takes(w, "a", "a"); got != 20*us {
		t.Errorf("to itself: %v", got)
	}
}
