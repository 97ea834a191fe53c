package tui_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"pgregory.net/rapid"

	"github.com/orrery-sim/orrery/checker"
	"github.com/orrery-sim/orrery/internal/golden"
	_ "github.com/orrery-sim/orrery/internal/steady"
	"github.com/orrery-sim/orrery/nodes"
	"github.com/orrery-sim/orrery/scenarios"
	"github.com/orrery-sim/orrery/scenarios/workload"
	"github.com/orrery-sim/orrery/sim"
	"github.com/orrery-sim/orrery/tui"
	"github.com/orrery-sim/orrery/tui/draw"
	"github.com/orrery-sim/orrery/tui/play"
)

// TestScreens are whole screens, at the sizes that people have.
func TestScreens(t *testing.T) {
	sizes := [][2]int{{80, 24}, {160, 48}, {60, 20}}
	p := sit(t, "raft/minority-leader", 42, 80, 24)
	check := func(name string, size [2]int) {
		p.send(tea.WindowSizeMsg{Width: size[0], Height: size[1]})
		golden.Check(t, p.screen(), fmt.Sprintf("testdata/%s-%dx%d.txt", name, size[0], size[1]))
	}
	for _, size := range sizes {
		p.keys("G", "5.002s", "enter")
		check("player", size)
		p.keys("?")
		check("help", size)
		p.keys("esc")
	}
	p.keys("b").wait().keys("a", "isolate leader", "enter").wait()
	for _, size := range sizes {
		check("fork", size)
	}
}

// TestCrashAndFork: crash the leader, step to the election, go back, fork, isolate it
// instead.
func TestCrashAndFork(t *testing.T) {
	p := sit(t, "raft/calm", 3, 160, 48).sees("0.000000s", "✓ ok")
	p.keys("G", "5s", "enter").sees("5.000000s")
	p.keys("a", "crash leader", "enter").wait().sees("+1 by hand", "at 5.000000s: crash leader", "✕ n")
	p.keys("E").sees("leader of term")
	p.keys("alt+f").sees("from outside: crash n").keys(",", ",")
	p.keys("b").wait().sees("A: at 5s: crash leader", "B: as the scenario says", "first difference", "A 5.000000s n")
	p.keys("a", "isolate leader", "enter").wait().sees("isolate leader", "╳ cut")
	p.keys("D").sees("cannot reach n")
	p.keys("o", "X").sees("goes on with A", "+1 by hand")
	p.keys("u").wait().sees("taken back: crash leader at 5s").keys("U").wait().sees("made again: crash leader at 5s")
}

// TestTogether: two runs side by side are at the same time, wherever one goes.
func TestTogether(t *testing.T) {
	p := sit(t, "raft/calm", 3, 160, 48).keys("G", "2s", "enter", "b").wait().sees("2.000000s", "what if")
	p.keys("G", "5s", "enter", "o").sees("5.000000s").keys("G", "1s", "enter", "o").sees("1.000000s")
	p.keys("space")
	p.send(tui.Frame(200 * time.Millisecond))
	p.keys("space").sees("1.020000s").keys("o").sees("1.020000s")
}

// TestEveryStep goes forward and back by all that there is to go by.
func TestEveryStep(t *testing.T) {
	p := sit(t, "raft/minority-leader", 42, 160, 48)
	event := func() string {
		s, _, _ := strings.Cut(p.screen()[strings.Index(p.screen(), "event "):], " of")
		return s
	}
	p.keys("G", "8112", "enter").sees("event 8,112 of")
	for _, k := range [][2]string{{".", ","}, {">", "<"}, {"}", "{"}, {")", "("}, {"F", "alt+f"}, {"E", "alt+e"}} {
		p.keys("G", "8112", "enter", k[0])
		there := event()
		if there == "event 8,112" {
			t.Errorf("%s does not move", k[0])
		}
		if p.keys(k[0], k[1]); k[0] != ")" && event() != there {
			t.Errorf("%s and %s back lead to %s, expected %s", k[0], k[1], event(), there)
		}
	}
	p.keys("B", "home", "'").sees("event").keys("home").sees("event 0 of").keys("end", ".").sees("event 65,532 of 65,532")
	p.keys("V").sees("there is no further violation").keys("G", "nonsense", "enter").sees("expected a time such as 5s").keys("esc")
	p.keys("G", "99999999", "enter").sees("event 65,532")
	p.keys("G", "99999s", "enter").sees("event 65,532")
}

// TestPlay plays at a speed, and stops at the end.
func TestPlay(t *testing.T) {
	p := sit(t, "echo/calm", 1, 100, 30)
	p.keys("space")
	p.send(tui.Frame(200 * time.Millisecond))
	p.sees("▶ 0.020000s", "0.1x")
	for range 12 {
		p.keys("]")
	}
	p.sees("plays 100x")
	for range 10 {
		p.send(tui.Frame(200 * time.Millisecond))
	}
	p.sees("the run has ended", "‖")
	p.keys("home", "[", "[", "space")
	p.send(tui.Frame(time.Hour)) // the machine slept
	p.sees("▶ 5.000000s").keys("space").sees("‖ 5.000000s")
}

// TestViolation plays into a violation, and asks why.
func TestViolation(t *testing.T) {
	p := sit(t, "raft/local-reads", 1, 160, 48).sees("✗ violated: linearizable")
	p.keys("V").sees("linearizable", "✗").keys("w").sees("why 1 of").keys("w").sees("why 2 of").keys("W").sees("why 1 of").keys("esc")
	p.keys("home", "]", "]", "]", "]", "]", "space")
	for range 400 {
		p.send(tui.Frame(200 * time.Millisecond))
	}
	p.sees("linearizable").keys("6").sees("linearizable")
}

// TestLeaveOut leaves out a fault of the scenario, and lets it in again.
func TestLeaveOut(t *testing.T) {
	p := sit(t, "raft/minority-leader", 42, 160, 48).sees("65,532")
	p.keys("i").sees("at 5s for 5s: isolate leader", "the scenario's own: leave it out").keys("enter").wait().sees("left out: at 5s for 5s: isolate leader")
	p.keys("i").sees("let it in again").keys("esc", "u").wait().sees("of 65,532")
}

// TestKnobs turns a knob and takes another seed.
func TestKnobs(t *testing.T) {
	p := sit(t, "raft/minority-leader", 42, 100, 30)
	p.keys("K").sees("seed", "reads").keys("ctrl+u", "43x", "enter").sees("expected").keys("backspace", "enter").wait().sees("seed 43")
	p.keys("u").wait().sees("seed 42")
}

// TestPartition cuts links in the table.
func TestPartition(t *testing.T) {
	p := sit(t, "raft/calm", 1, 160, 48).keys("G", "3s", "enter")
	p.keys("P").sees("links to cut").keys("enter").sees("no link is chosen").keys("right", "space", "enter").wait()
	p.sees("at 3.000000s: cut n1 -> n2", "faults: cut n1 -> n2")
	p.keys("a").sees("end of cut n1 -> n2").keys("end of", "enter").wait().sees("it ends at")
}

// TestMessage drops a message that is under way.
func TestMessage(t *testing.T) {
	p := sit(t, "raft/calm", 1, 160, 48).keys("G", "3s", "enter", "}", ".", ".", "m")
	p.keys("enter").sees("7 message").keys("a").sees("drop message", "deliver message").keys("drop message", "enter").wait()
	p.sees("drop message", "+1 by hand")
}

// TestMouse clicks, drags and turns the wheel.
func TestMouse(t *testing.T) {
	p := sit(t, "raft/calm", 1, 160, 48)
	bar, before := 48-2, p.screen()
	p.send(tea.MouseClickMsg{X: 80, Y: bar, Button: tea.MouseLeft})
	here := p.screen()
	if here == before {
		t.Error("a click on the scrubber does not move")
	}
	p.send(tea.MouseMotionMsg{X: 120, Y: bar - 10, Button: tea.MouseLeft})
	if there := p.screen(); there == here {
		t.Error("dragging the scrubber does not move")
	}
	p.send(tea.MouseReleaseMsg{X: 120, Y: bar})
	p.send(tea.MouseMotionMsg{X: 10, Y: bar})
	p.keys("G", "3s", "enter").sees("3.000000s")
	x, y := find(t, p.screen(), "n2 ")
	p.send(tea.MouseClickMsg{X: x, Y: y, Button: tea.MouseLeft})
	p.sees("7 node", "▸")
	p.send(tea.MouseClickMsg{X: 150, Y: 40, Button: tea.MouseLeft})
	p.sees("╔═ 2 events")
	p.send(tea.MouseWheelMsg{X: 150, Y: 40, Button: tea.MouseWheelDown})
	p.keys("?")
	p.send(tea.MouseWheelMsg{X: 80, Y: 20, Button: tea.MouseWheelDown})
	p.sees("╔═ keys")
	p.send(tea.MouseClickMsg{X: 0, Y: 0, Button: tea.MouseLeft})
	if strings.Contains(p.screen(), "╔═ keys") {
		t.Error("a click beside the help does not close it")
	}
}

// find is where a text begins on the screen.
func find(t *testing.T, screen, text string) (x, y int) {
	t.Helper()
	for y, line := range strings.Split(screen, "\n") {
		if at := strings.Index(line, text); at >= 0 {
			return draw.Width(line[:at]), y
		}
	}
	t.Fatalf("%q is not on the screen:\n%s", text, screen)
	return 0, 0
}

// TestCatalogue opens a scenario from the catalogue, goes back, and quits.
func TestCatalogue(t *testing.T) {
	p := sit(t, "", 0, 100, 30)
	p.keys("minority-leader", "enter").wait().sees("raft/minority-leader seed 1")
	p.keys("a", "crash leader", "enter").wait().keys("q").sees("stay", "leave").keys("leave", "enter").sees("minority-leader")
	p.keys("esc", "?").sees("╔═ keys").keys("esc")
}

// TestSeedsScreen runs over seeds, and opens one.
func TestSeedsScreen(t *testing.T) {
	if testing.Short() {
		t.Skip("it runs two hundred seeds")
	}
	sit(t, "echo/calm", 7, 100, 30).keys("O").wait().sees("200", "seed 7").keys("?").sees("over seeds").keys("esc", "esc").sees("echo/calm seed 7")
}

// TestSmall says so where there is no room.
func TestSmall(t *testing.T) {
	p := sit(t, "echo/calm", 1, 40, 10).sees("The terminal has 40x10", "60x16")
	p.send(tea.WindowSizeMsg{Width: 80, Height: 24})
	p.sees("echo/calm")
	for _, size := range [][2]int{{0, 0}, {1, 1}, {200, 5}, {5, 200}} {
		p.send(tea.WindowSizeMsg{Width: size[0], Height: size[1]})
		_ = p.m.View()
	}
}

// broken is a system whose server panics, or never yields, at second 2.
func broken(what func(p *sim.Proc)) *scenarios.Scenario {
	s := &scenarios.System{Name: "broken", Workloads: []string{"register"}, Place: func(c *scenarios.Cluster) {
		c.World().Node("n1", func(p *sim.Proc) {
			p.Sleep(2 * time.Second)
			what(p)
		})
	}, Connect: func(*scenarios.Cluster, *sim.Proc) workload.Session { return nobody{} }}
	w := workload.Defaults
	w.Kind = "register"
	return &scenarios.Scenario{Name: "broken", Shows: "x", System: s, Nodes: 1, Workload: w, Run: 4 * time.Second, Checks: []string{"progress"}}
}

type nobody struct{}

func (nobody) Do(p *sim.Proc, _ workload.Op, _ time.Duration) (checker.Value, checker.Outcome) {
	p.Sleep(10 * time.Millisecond)
	return checker.Nil, checker.OutcomeFailed
}

// TestBroken shows a run that crashes as one that crashed.
func TestBroken(t *testing.T) {
	s := broken(func(*sim.Proc) { panic("boom") })
	m, err := tui.New(tui.Config{Catalog: nodes.All, Script: &play.Script{Scenario: s, Seed: 1}, Theme: draw.Themes[0]})
	if err != nil {
		t.Fatal(err)
	}
	seat(t, m, 160, 48).sees("✗ crashed").keys("V").sees("boom", "2.000000s")
}

// TestAnything presses anything, at any size: the player never panics, and always draws as
// much as there is room for.
func TestAnything(t *testing.T) {
	s, err := nodes.All.Load("raft/minority-leader")
	if err != nil {
		t.Fatal(err)
	}
	short := *s
	short.Run, short.Settle, short.Faults = 3*time.Second, time.Second, nil
	keys := strings.Fields(tui.AllKeys + " a b c d e f g h i j k l m n o p q r s t u v w x y z 0 5 9 5s up down left right enter enter enter esc tab space backspace pgup pgdown / + - crash cut")
	rapid.Check(t, func(t *rapid.T) {
		m, err := tui.New(tui.Config{Catalog: nodes.All, Script: &play.Script{Scenario: &short, Seed: 1}, Dir: "none"})
		if err != nil {
			t.Fatal(err)
		}
		p := seat(t, m, 100, 30)
		for range rapid.IntRange(1, 25).Draw(t, "steps") {
			switch rapid.IntRange(0, 12).Draw(t, "what") {
			case 0:
				p.send(tea.WindowSizeMsg{Width: rapid.IntRange(0, 200).Draw(t, "width"), Height: rapid.IntRange(0, 60).Draw(t, "height")})
			case 1:
				p.send(tea.MouseClickMsg{X: rapid.IntRange(-1, 200).Draw(t, "x"), Y: rapid.IntRange(-1, 60).Draw(t, "y"), Button: tea.MouseLeft})
			case 2:
				p.send(tea.MouseWheelMsg{X: rapid.IntRange(0, 200).Draw(t, "x"), Y: rapid.IntRange(0, 60).Draw(t, "y"), Button: tea.MouseWheelDown})
			case 3:
				p.send(tui.Frame(time.Duration(rapid.IntRange(0, 1000).Draw(t, "ms")) * time.Millisecond))
			default:
				p.keys(rapid.SampledFrom(keys).Draw(t, "key"))
			}
			_ = p.m.View()
		}
		p.keys("ctrl+c")
	})
}

// TestSearch looks for what is far away: it goes on with every frame, and ends there.
func TestSearch(t *testing.T) {
	p := sit(t, "raft/minority-leader", 42, 120, 40).keys("2", "/", `kind:note "term 4"`, "enter")
	p.sees(`searching kind:note "term 4"... `, "event 14 of").wait().sees("event 26,350 of", "leader of term 4")
	p.keys("/", "nowhere", "enter").wait().sees("nowhere: there is none", "event 26,350 of")
	p.keys("/", "nowhere", "enter", "esc").wait().sees("event 26,350 of")
	p.keys("f", "kind:act", "enter").wait().sees("filter kind:act", "8 pass")
}

// TestWhyIsAnswered: a read is refused, and the answer is a story: what was asked, of whom,
// and how long nobody answered. Nothing in it only says that somebody goes on.
func TestWhyIsAnswered(t *testing.T) {
	p := sit(t, "raft/minority-leader", 1, 120, 40).keys("G", "5s", "enter", "!").sees("failed", "(w asks why)")
	p.keys("w").sees("7 why", "▶ ", "why 1 of", "ends read", "has no answer of n", "sends to n", "w one cause back")
	begins := false
	for range 20 {
		p.keys("w")
		begins = begins || strings.Contains(p.screen(), "c3 begins read k1")
	}
	if !begins {
		t.Errorf("the call is not in the answer:\n%s", p.screen())
	}
	p.sees("this is where it was asked")
	for range 7 {
		p.keys("W").lacks("goes on │", "goes on\n")
	}
	p.sees("why 7 of 14").keys("W").sees("why 6 of").keys("7", "down", "down", "down", "down", "enter").sees("of")
	p.keys("esc").sees("7 event").lacks("7 why", "─ #", "▸because").sees("▸event")
}

// TestWhyMessage: with a message selected, the question is about it.
func TestWhyMessage(t *testing.T) {
	p := sit(t, "raft/minority-leader", 1, 120, 40).keys("G", "3s", "enter", ">", "<", "m").sees("7 message")
	p.keys("w").sees("7 why", "why 1 of").keys("w").sees("why 2 of", "sends to")
	p.keys("esc", "m").sees("7 message").keys("esc").lacks("7 message").keys("esc").lacks("7 message", "why 2 of")
}

// shorter is how many of so many cases a short test has.
func shorter(all, few int) int {
	if testing.Short() {
		return few
	}
	return all
}

// TestWhyEnds when it is about another run, or somebody has heard enough, in any pane.
func TestWhyEnds(t *testing.T) {
	for _, keys := range [][]string{
		{"esc"}, {"."}, {"K", "ctrl+u", "2", "enter"}, {"2", "esc"}, {"7", "esc"}, {"tab", "enter", "esc", "esc"}, {"a", "crash n1", "enter"}, {"b"},
	}[:shorter(8, 3)] {
		p := sit(t, "raft/minority-leader", 1, 120, 40).keys("G", "5s", "enter", "!", "w", "w").sees("why 2 of")
		p.keys(keys...).wait().lacks("why 2 of", "7 why", "─ #", "═ #")
	}
	sit(t, "raft/minority-leader", 1, 120, 40).keys("G", "5s", "enter", "!").sees("7 operation").keys("K", "ctrl+u", "2", "enter").wait().lacks("7 operation")
	p := sit(t, "raft/minority-leader", 1, 160, 48).keys("G", "5s", "enter", "b").wait().keys("!", "w").sees("why 1 of")
	p.keys("o").lacks("why 1 of").keys("X", "w").sees("why 1 of").keys("u").wait().lacks("why 1 of")
}

// TestTypedFault: what is typed is done if it is a fault, even if it is not offered.
func TestTypedFault(t *testing.T) {
	p := sit(t, "raft/calm", 1, 80, 24).keys("G", "3s", "enter", "a").sees("do at 3.000000s")
	p.keys("crash n9").sees(`"crash n9" is no fault`).keys("backspace", "2").sees("as you typed it").keys("enter").wait()
	p.sees("at 3.000000s: crash n2", "faults: crash n2")
	p.keys("a", "crash leader").lacks("as you typed it")
}

// TestFooter shows the keys for what goes on.
func TestFooter(t *testing.T) {
	p := sit(t, "raft/calm", 1, 80, 24).sees("space play", "a act").keys("space").sees("space stop", "] faster").keys("space")
	p.keys("G", "3s", "enter", "w").sees("w one cause back", "esc end").keys("esc").sees("space play")
	p.keys("b").wait().sees("o other run", "D difference", "X keep this one").keys("7").sees("7 event").keys("X").sees("space play")
}

// TestHints go away when they are followed.
func TestHints(t *testing.T) {
	p := sit(t, "raft/calm", 1, 60, 20).sees("hint: space plays; . , step on and back; G goes to a time")
	p.keys(".").sees("hint: ? shows all keys, : finds a command by its name").keys("?", "esc").sees("hint: a breaks something, now; tab goes from pane to pane")
}

// TestJudgedAtTheEnd: where a check is violated when all is over, V goes there, and says why
// in as many lines as it takes.
func TestJudgedAtTheEnd(t *testing.T) {
	p := sit(t, "replica/failover", 1, 80, 24).sees("replica/failover seed 1", "✗ violated").lacks("✗ violated:")
	p.keys("V").sees("acknowledged-writes: ", "acknowledged writes are lost", "them k3 = ", "✗").keys("V").sees("there is no further violation")
	p.keys("(").lacks("are lost")
}

// TestStatus says what is run, at any width.
func TestStatus(t *testing.T) {
	p := sit(t, "raft/local-reads", 1, 60, 20).sees(" raft/local-reads seed 1  ‖ 0.000000s  event 15  ✗ violated")
	p.send(tea.WindowSizeMsg{Width: 100, Height: 30})
	p.sees(" raft/local-reads seed 1  ‖ 0.000000s  event 15 of ", "✗ violated: linearizable")
	p.keys("G", "5s", "enter", "a", "crash n1", "enter").wait()
	p.send(tea.WindowSizeMsg{Width: 60, Height: 20})
	p.sees(" +1 by hand  ‖ 5.000100s  event 20,", " ✗ violated").lacks("seed")
}

// TestOffers: what is offered can be done, also in a system that nobody leads.
func TestOffers(t *testing.T) {
	p := sit(t, "service/retry-storm", 1, 80, 24).keys("G", "2s", "enter", "a").sees("▸ crash random 1").lacks("  isolate leader    ")
	p.keys("enter").wait().sees("+1 by hand")
}

// TestSaveAgain: a name that is taken is asked for again, with what is wrong.
func TestSaveAgain(t *testing.T) {
	p := sit(t, "echo/calm", 1, 80, 24).keys("S", "enter").sees("calm-by-hand.yaml", "enter closes").lacks("gives up").keys("enter")
	p.keys("S", "enter").sees("save as", "> calm-by-hand", "is there already").keys("-2").lacks("is there already")
	p.keys("enter").sees("calm-by-hand-2.yaml", "calm_by_hand_2_test.go")
}

// TestStormIsListed: i shows what a storm has drawn, and goes there.
func TestStormIsListed(t *testing.T) {
	p := sit(t, "raft/storm", 1, 120, 40).keys("i").sees("of the storm").keys("enter").lacks("of the storm")
	p.keys("a", "crash n1", "enter").wait().keys("i").sees("done by hand: leave it out")
	for line := range strings.SplitSeq(p.screen(), "\n") {
		if strings.Contains(line, "crash n1") && strings.Contains(line, "of the storm") {
			t.Errorf("what was done by hand is listed as the storm's: %s", line)
		}
	}
}

// TestInspectorBegins at its first line when something else is selected.
func TestInspectorBegins(t *testing.T) {
	p := sit(t, "raft/minority-leader", 1, 120, 40).keys("G", "5s", "enter", "right", "7").sees("║▸■ n1").keys("end").lacks("║▸■")
	p.keys("1", "down", "7").sees("║▸").keys("1", "esc").sees("event 9383").keys("7").sees("║▸event 9383")
}
