package panes_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/orrery-sim/orrery/nodes"
	"github.com/orrery-sim/orrery/tui/panes"
	"github.com/orrery-sim/orrery/tui/study"
)

var surveyed = struct {
	sync.Mutex
	found map[string]*study.Snapshot
}{found: map[string]*study.Snapshot{}}

// survey returns what some seeds of a scenario came to, as if it had taken two seconds.
func survey(t testing.TB, name string, seed uint64, seeds int) *study.Snapshot {
	t.Helper()
	surveyed.Lock()
	defer surveyed.Unlock()
	if surveyed.found[name] == nil {
		s, err := nodes.All.Load(name)
		if err != nil {
			t.Fatal(err)
		}
		v := study.Begin(s, recorded(t, name, seed).Options(), 1, seeds, time.Now)
		defer v.Stop()
		for v.Snapshot().Running {
			time.Sleep(time.Millisecond)
		}
		surveyed.found[name] = v.Snapshot()
	}
	found := *surveyed.found[name]
	found.Took = 2 * time.Second
	return &found
}

func TestSeedsScreens(t *testing.T) {
	s := panes.NewSeeds()
	tp := recorded(t, "replica/split-brain", 3)
	s.Show(sceneAt(tp, tp.Events()))
	screens(t, s, "seeds-none")
	found := survey(t, "replica/split-brain", 3, 30)
	s.SetSurvey(found)
	screens(t, s, "seeds")
	half := *found
	half.Runs, half.Running, half.Took = half.Runs[:11], true, time.Second
	s.SetSurvey(&half)
	press(t, s, "right", "down")
	screens(t, s, "seeds-running")
}

// TestSeedsByHand: somebody asks for seeds, looks where this run stands, and opens the
// slowest.
func TestSeedsByHand(t *testing.T) {
	s := panes.NewSeeds()
	tp := recorded(t, "replica/split-brain", 3)
	s.Show(sceneAt(tp, tp.Events()))
	saw(t, s, "enter: run 100 seeds")
	if a := press(t, s, "enter"); a != (panes.AskSurvey{Seeds: 100}) {
		t.Errorf("%#v", a)
	}
	found := survey(t, "replica/split-brain", 3, 30)
	s.SetSurvey(found)
	saw(t, s, "30 of 30 seeds", "100%", "15 seeds/s", "◂ p99 latency ▸", "this run: seed 3, "+scenarioTime(study.Sum(tp.Progress().Report).P99), "◄ this run")
	press(t, s, "home")
	saw(t, s, "all seeds by p99 latency, the greatest first")
	slowest := found.Runs[0]
	for _, r := range found.Runs {
		if r.P99 > slowest.P99 {
			slowest = r
		}
	}
	if a := press(t, s, "enter"); a != (panes.OpenSeed{Seed: slowest.Seed}) {
		t.Errorf("%#v, expected seed %d", a, slowest.Seed)
	}
	press(t, s, "r", "home", "r", "home")
	if a := press(t, s, "enter"); a != (panes.OpenSeed{Seed: slowest.Seed}) {
		t.Errorf("turned round twice: %#v, expected seed %d", a, slowest.Seed)
	}
	press(t, s, "left")
	saw(t, s, "◂ "+found.Runs[0].Measures[len(found.Runs[0].Measures)-1].Name)
	if a := press(t, s, "+"); a != (panes.AskSurvey{Seeds: 50}) {
		t.Errorf("more than 30 seeds: %#v", a)
	}
	if a := press(t, s, "-"); a != (panes.AskSurvey{Seeds: 20}) {
		t.Errorf("fewer than 30 seeds: %#v", a)
	}
}

// scenarioTime renders a latency as the pane does.
func scenarioTime(d time.Duration) string {
	numbers := study.Numbers(nil)
	return numbers[0].Text(float64(d))
}

// TestSeedsTyped: a number of seeds is typed, wrongly at first.
func TestSeedsTyped(t *testing.T) {
	s := panes.NewSeeds()
	s.SetSurvey(survey(t, "replica/split-brain", 3, 30))
	press(t, s, "n")
	if !s.Typing() {
		t.Fatal("n does not ask for a number")
	}
	for _, wrong := range []string{"many", "0", "-3", "99999999"} {
		s.Type("ctrl+u", "")
		for _, r := range wrong {
			s.Type(string(r), string(r))
		}
		if a := s.Type("enter", ""); a != (panes.Handled{}) || !s.Typing() {
			t.Errorf("%q: %#v", wrong, a)
		}
		saw(t, s, "is no number of seeds")
	}
	s.Type("ctrl+u", "")
	s.Type("7", "7")
	s.Type("5", "5")
	saw(t, s, "seeds: 75")
	if a := s.Type("enter", ""); a != (panes.AskSurvey{Seeds: 75}) || s.Typing() {
		t.Errorf("%#v", a)
	}
	press(t, s, "n")
	if s.Type("esc", ""); s.Typing() {
		t.Error("escape does not end it")
	}
}

// TestSeedsFound: what did not end as expected is listed, and the one that is selected
// stays so while others are found.
func TestSeedsFound(t *testing.T) {
	s := panes.NewSeeds()
	found := *survey(t, "replica/split-brain", 3, 30)
	runs := append([]study.Run(nil), found.Runs...)
	for i := range runs {
		if runs[i].Expected = i%3 != 2; !runs[i].Expected {
			runs[i].Outcome, runs[i].Reason, runs[i].Failed = "stuck", "clients wait", nil
		}
	}
	early, late := found, found
	early.Runs, late.Runs = runs[8:], runs
	s.SetSurvey(&early)
	saw(t, s, "8 not as expected", "8 seeds that did not end as expected", "✕ stuck", "clients wait")
	press(t, s, "down", "down")
	if a := press(t, s, "enter"); a != (panes.OpenSeed{Seed: runs[14].Seed}) {
		t.Errorf("the third that failed: %#v", a)
	}
	s.SetSurvey(&late)
	if a := press(t, s, "enter"); a != (panes.OpenSeed{Seed: runs[14].Seed}) {
		t.Errorf("when two more were found before it: %#v", a)
	}
	lines := strings.Split(s.Render(100, 30, true).String(), "\n")
	for y, line := range lines {
		if strings.Contains(line, fmt.Sprintf("  %d  ✕ stuck", runs[5].Seed)) {
			s.Click(4, y)
			if a := s.Click(4, y); a != (panes.OpenSeed{Seed: runs[5].Seed}) {
				t.Errorf("clicked twice on seed %d: %#v", runs[5].Seed, a)
			}
			return
		}
	}
	t.Errorf("seed %d is not listed:\n%s", runs[5].Seed, strings.Join(lines, "\n"))
}

func TestSeedsAnywhere(t *testing.T) {
	s := panes.NewSeeds()
	s.SetSurvey(survey(t, "replica/split-brain", 3, 30))
	anywhere(t, s, recorded(t, "replica/split-brain", 3), emptyTape(t))
	none := panes.NewSeeds()
	none.SetSurvey(&study.Snapshot{Asked: 10, Running: true})
	anywhere(t, none, emptyTape(t))
	anywhere(t, panes.NewSeeds(), emptyTape(t))
	none = panes.NewSeeds()
	none.SetSurvey(&study.Snapshot{Err: fmt.Errorf("unknown knob")})
	saw(t, none, "✕ unknown knob")
}
