package panes

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"charm.land/bubbles/v2/key"

	"github.com/orrery-sim/orrery/tui/draw"
	"github.com/orrery-sim/orrery/tui/study"
	"github.com/orrery-sim/orrery/tui/tape"
)

type (
	// OpenSeed asks for the run of another seed.
	OpenSeed struct{ Seed uint64 }
	// AskSurvey asks for so many seeds to be run, those that have been included.
	AskSurvey struct{ Seeds int }
)

func (OpenSeed) action()  {}
func (AskSurvey) action() {}

// Seeds shows what a scenario comes to over many seeds, and where the run that is open
// stands among them.
type Seeds struct {
	survey *study.Snapshot
	tape   *tape.Tape // whose run is compared
	here   *study.Run // what it came to; nil if that is not known

	numbers  []study.Number
	number   int   // of numbers: the one that is chosen
	all      bool  // the list is of all seeds, by the number; not of those alone that ended otherwise
	chosen   bool  // by the person; else it is as there are any
	least    bool  // the least of the numbers first
	rows     []int // of survey.Runs, in the order of the list
	list     draw.List
	height   int // of the list, when it was last drawn
	listX    int // the column and the line in which its first row was
	listY    int
	clicked  int // the row that was clicked last, or -1
	typing   bool
	input    Input
	selected uint64 // the seed of the selected row
}

// seedsMost is how many seeds can be asked for.
const seedsMost = 1_000_000

// NewSeeds returns the pane.
func NewSeeds() *Seeds {
	return &Seeds{clicked: -1, numbers: study.Numbers(nil), input: Input{Prompt: "seeds: ", Hint: "how many, such as 500"}}
}

// Title names the pane.
func (s *Seeds) Title() string { return "Seeds" }

// Show gives the pane the run that the seeds are compared with.
func (s *Seeds) Show(scene *Scene) {
	if s.tape != scene.Tape {
		s.tape, s.here = scene.Tape, nil
	}
	if s.here == nil && s.tape != nil {
		if r := s.tape.Progress().Report; r != nil {
			run := study.Sum(r)
			s.here = &run
		}
	}
}

// SetSurvey gives the pane what has been found so far; nil is nothing.
func (s *Seeds) SetSurvey(survey *study.Snapshot) {
	before := s.survey
	s.survey = survey
	if before != nil && survey != nil && seedsSame(before.Runs, survey.Runs) {
		return
	}
	if survey != nil {
		s.numbers = study.Numbers(survey.Runs)
	}
	s.number = min(s.number, len(s.numbers)-1)
	s.sort()
}

// seedsSame says whether two lists of runs are one.
func seedsSame(a, b []study.Run) bool { return len(a) == len(b) && (len(a) == 0 || &a[0] == &b[0]) }

// sort makes the list, and keeps the selected seed selected.
func (s *Seeds) sort() {
	s.rows = s.rows[:0]
	if s.survey == nil {
		return
	}
	runs := s.survey.Runs
	if !s.chosen {
		s.all = s.unexpected() == 0
	}
	for i := range runs {
		if s.all || !runs[i].Expected {
			s.rows = append(s.rows, i)
		}
	}
	if s.all {
		n := &s.numbers[s.number]
		slices.SortStableFunc(s.rows, func(a, b int) int {
			x, hasX := n.Of(&runs[a])
			y, hasY := n.Of(&runs[b])
			switch {
			case hasX != hasY && hasX:
				return -1
			case hasX != hasY:
				return 1
			case s.least:
				return cmp.Compare(x, y)
			}
			return cmp.Compare(y, x)
		})
	}
	s.list.Count = len(s.rows)
	if i := slices.IndexFunc(s.rows, func(i int) bool { return runs[i].Seed == s.selected }); i >= 0 {
		s.list.Selected = i
	}
}

// Keys are those that the pane answers.
func (s *Seeds) Keys() []key.Binding {
	return []key.Binding{
		bind("←/→", "another number to compare by", "left", "right"),
		bind("↑/↓", "select a seed", "up", "down", "pgup", "pgdown", "home", "end"),
		bind("enter", "open the run of the seed", "enter"),
		bind("tab", "the seeds that ended otherwise, all seeds", "tab"),
		bind("r", "the least first, the greatest first", "r"),
		bind("+/-", "more or fewer seeds", "+", "=", "-"),
		bind("n", "type how many seeds", "n"),
	}
}

// asked is how many seeds have been asked for.
func (s *Seeds) asked() int {
	if s.survey == nil {
		return 0
	}
	return s.survey.Asked
}

// Press answers a key.
func (s *Seeds) Press(k string) Action {
	s.clicked = -1
	if s.list.Press(k, max(s.height, 1)) {
		s.pick()
		return Handled{}
	}
	switch k {
	case "left":
		s.turn(-1)
	case "right":
		s.turn(1)
	case "tab":
		s.all, s.chosen = !s.all, true
		s.sort()
	case "r":
		s.all, s.least, s.chosen = true, !s.least, true
		s.sort()
	case "+", "=":
		return AskSurvey{seedsStep(s.asked(), 1)}
	case "-":
		return AskSurvey{seedsStep(s.asked(), -1)}
	case "n":
		s.typing = true
		s.input.SetValue("")
	case "enter":
		return s.open()
	default:
		return nil
	}
	return Handled{}
}

// seedsStep is the next of 10, 20, 50, 100 and so on, or the one before.
func seedsStep(from, by int) int {
	before := 10
	for unit := 10; unit <= seedsMost; unit *= 10 {
		for _, n := range []int{unit, 2 * unit, 5 * unit} {
			switch {
			case by > 0 && n > from:
				return min(n, seedsMost)
			case by < 0 && n >= from:
				return before
			}
			before = n
		}
	}
	return seedsMost
}

// turn chooses another number.
func (s *Seeds) turn(by int) {
	s.number = (s.number + by + len(s.numbers)) % len(s.numbers)
	s.sort()
}

// pick remembers which seed is selected.
func (s *Seeds) pick() {
	if run := s.row(); run != nil {
		s.selected, s.chosen = run.Seed, true
	}
}

// row is the run that is selected, or nil.
func (s *Seeds) row() *study.Run {
	if s.survey == nil || s.list.Selected >= len(s.rows) {
		return nil
	}
	return &s.survey.Runs[s.rows[s.list.Selected]]
}

func (s *Seeds) open() Action {
	if run := s.row(); run != nil {
		return OpenSeed{run.Seed}
	}
	if s.survey == nil {
		return AskSurvey{100}
	}
	return Say{"no seed is selected; tab lists all"}
}

// Typing says whether a number is being typed.
func (s *Seeds) Typing() bool { return s.typing }

// Type answers a key while a number is typed.
func (s *Seeds) Type(k, text string) Action {
	done, cancelled := s.input.Press(k, text)
	switch {
	case cancelled:
		s.typing = false
	case done:
		typed := strings.TrimSpace(s.input.Value())
		n, err := strconv.Atoi(typed)
		if err != nil || n < 1 || n > seedsMost {
			s.input.Error = strconv.Quote(typed) + " is no number of seeds, expected 1 to " + strconv.Itoa(seedsMost)
			return Handled{}
		}
		s.typing = false
		return AskSurvey{n}
	}
	return Handled{}
}

// Click selects a seed; once more, it opens its run.
func (s *Seeds) Click(x, y int) Action {
	if x < s.listX || y < s.listY || y >= s.listY+s.height || !s.list.Click(y-s.listY) {
		return Handled{}
	}
	s.pick()
	if s.clicked == s.list.Selected {
		return s.open()
	}
	s.clicked = s.list.Selected
	return Handled{}
}

// Wheel scrolls the list.
func (s *Seeds) Wheel(lines int) Action {
	s.list.Scroll(lines, max(s.height, 1))
	s.pick()
	return Handled{}
}
