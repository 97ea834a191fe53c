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

// What was set of sites holds also for links that a fault has touched, then or before.
func TestSitesOfLinksUnderFaults(t *testing.T) {
	far := Link{Latency: Constant(40 * ms)}
	for name, touch := range map[string]func(w *World){
		"cut":      func(w *World) { w.Cut("a", "b").Mend() },
		"held":     func(w *World) { w.Hold("a", "b").Release() },
		"degraded": func(w *World) { w.Degrade("a", "b", Link{Loss: 0.1}) },
		"queue":    func(w *World) { w.route(w.Lookup("a"), w.Lookup("b")) },
	} {
		w := newWorld(t, Config{Link: Link{Bandwidth: 1_000_000}})
		for _, name := range []string{"a", "b", "c"} {
			w.Node(name, idle)
		}
		touch(w)
		if got := takes(w, "a", "b"); got != ms {
			t.Errorf("%s: %v before", name, got)
		}
		w.SetSites("eu", "us", far)
		w.Lookup("a").SetSite("eu")
		w.Lookup("b").SetSite("us")
		if got := takes(w, "a", "b"); got != 40*ms {
			t.Errorf("%s: %v after SetSite", name, got)
		}
		w.SetSites("eu", "us", Link{Latency: Constant(80 * ms)})
		if got := takes(w, "a", "b"); got != 80*ms {
			t.Errorf("%s: %v after SetSites", name, got)
		}
		w.SetLink("a", "b", Link{Latency: Constant(5 * ms)})
		w.SetSites("eu", "us", far)
		w.Lookup("b").SetSite("eu")
		if got := takes(w, "a", "b"); got != 5*ms {
			t.Errorf("%s: %v, and SetLink said 5ms", name, got)
		}
	}
}

// A node that is cut off from all others is so also from those that come later.
func TestIsolateCoversNodesToCome(t *testing.T) {
	w := newWorld(t, Config{Seed: 1})
	seen := watch(w, KindCut, KindMend)
	w.Node("a", idle)
	w.Node("b", idle)
	cut := func(a, b string) bool { return w.isCut(w.Lookup(a), w.Lookup(b)) && w.isCut(w.Lookup(b), w.Lookup(a)) }
	first, second := w.Isolate("a"), w.Isolate("a")
	w.Node("c", idle)
	w.Client("d", idle)
	first.Heal()
	if !cut("a", "b") || !cut("a", "c") || !cut("a", "d") || cut("b", "c") || cut("c", "d") {
		t.Error("the second is not in force, or elsewhere")
	}
	second.Heal()
	w.Node("e", idle)
	if cut("a", "b") || cut("a", "c") || cut("a", "d") || cut("a", "e") {
		t.Error("it is in force after its end")
	}
	w.Isolate("b")
	w.Heal()
	w.Node("f", idle)
	if cut("b", "a") || cut("b", "f") {
		t.Error("it is in force after all was healed")
	}
	if cuts := len(*seen); cuts != 2*(2*2+2*4+2*4) {
		t.Errorf("%d events", cuts)
	}
}
