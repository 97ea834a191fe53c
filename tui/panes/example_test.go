package panes_test

import (
	"errors"
	"fmt"
	"strings"

	"charm.land/bubbles/v2/key"

	"github.com/orrery-sim/orrery/tui/draw"
	"github.com/orrery-sim/orrery/tui/panes"
)

// picture prints a canvas for an example: between bars, since examples drop spaces at
// both ends.
func picture(c *draw.Canvas) {
	for line := range strings.Lines(c.String()) {
		fmt.Printf("|%s|\n", draw.Pad(strings.TrimSuffix(line, "\n"), c.Width()))
	}
}

func ExampleInput() {
	in := panes.Input{Prompt: "jump to: ", Hint: "a time such as 5s, or #8112"}
	picture(in.Render(40, 2))
	person(func(key, text string) { in.Press(key, text) }, "'at 5sec' ctrl+w '7s' home '!' delete delete")
	in.Error = fmt.Sprintf("%q is no time", in.Value())
	picture(in.Render(40, 2))
	// Output:
	// |jump to:  a time such as 5s, or #8112   |
	// |                                        |
	// |jump to: ! 7s                           |
	// |✗ "! 7s" is no time                     |
}

func bind(keys, help string) key.Binding {
	return key.NewBinding(key.WithKeys(keys), key.WithHelp(keys, help))
}

func ExampleHelp() {
	off := bind("x", "what cannot be done now")
	off.SetEnabled(false)
	h := panes.Help{Sections: []panes.Section{
		{Title: "Stage", Keys: []key.Binding{bind("← →", "select a node"), bind("c", "crash it, or restart it"), off}},
		{Title: "Everywhere", Keys: []key.Binding{bind("space", "play and pause"), bind(".", "step one event"), bind(",", "step one event back"),
			bind("?", "this help, which is a long text that needs more than one line here")}},
	}}
	picture(h.Render(44, 9))
	h.Press("pgdown")
	picture(h.Render(44, 9))
	picture(h.Render(84, 20))
	// Output:
	// |╔═ keys ═══════════════════════════════════╗|
	// |║ Stage                                   ┃║|
	// |║ ← →  select a node                      ┃║|
	// |║ c    crash it, or restart it            ┃║|
	// |║                                         ┃║|
	// |║ Everywhere                              ┊║|
	// |║ space  play and pause                   ┊║|
	// |║ .      step one event                   ┊║|
	// |╚═════════════════════════════ esc closes ═╝|
	// |╔═ keys ═══════════════════════════════════╗|
	// |║ Everywhere                              ┊║|
	// |║ space  play and pause                   ┊║|
	// |║ .      step one event                   ┊║|
	// |║ ,      step one event back              ┃║|
	// |║ ?      this help, which is a long text  ┃║|
	// |║        that needs more than one line    ┃║|
	// |║        here                             ┃║|
	// |╚═════════════════════════════ esc closes ═╝|
	// |╔═ keys ═══════════════════════════════════════════════════════╗|
	// |║ Stage                                                        ║|
	// |║ ← →  select a node                                           ║|
	// |║ c    crash it, or restart it                                 ║|
	// |║                                                              ║|
	// |║ Everywhere                                                   ║|
	// |║ space  play and pause                                        ║|
	// |║ .      step one event                                        ║|
	// |║ ,      step one event back                                   ║|
	// |║ ?      this help, which is a long text that needs more       ║|
	// |║        than one line here                                    ║|
	// |╚═════════════════════════════════════════════════ esc closes ═╝|
}

func ExamplePalette() {
	p := panes.NewPalette([]panes.Entry{
		{Name: "jump to a time", Help: "or to an event, by its number", Keys: "g"},
		{Name: "next fault", Help: "go to where the next fault begins or ends", Keys: "f"},
		{Name: "crash", Help: "stop the selected node", Keys: "c"},
		{Name: "theme", Help: "choose how all looks"},
	})
	picture(p.Render(60, 10))
	person(func(key, text string) { p.Press(key, text) }, "'to' down")
	picture(p.Render(60, 10))
	e, _ := p.Selected()
	fmt.Println(e.Name)
	person(func(key, text string) { p.Press(key, text) }, "ctrl+u 'nfl'")
	e, _ = p.Selected()
	fmt.Println(e.Name)
	person(func(key, text string) { p.Press(key, text) }, "'zz' enter")
	picture(p.Render(30, 5))
	// Output:
	// |╔═ commands ═══════════════════════════════════════════════╗|
	// |║ :  words of what you want to do                          ║|
	// |║──────────────────────────────────────────────────────────║|
	// |║▸ jump to a time  or to an event, by its number        g  ║|
	// |║  next fault      go to where the next fault begins o… f  ║|
	// |║  crash           stop the selected node               c  ║|
	// |║  theme           choose how all looks                    ║|
	// |╚══════════════════════════════════════════════════════════╝|
	// |╔═ commands ═══════════════════════════════════════════════╗|
	// |║ : to                                                     ║|
	// |║──────────────────────────────────────────────────────────║|
	// |║  jump to a time  or to an event, by its number        g  ║|
	// |║▸ next fault      go to where the next fault begins o… f  ║|
	// |║  crash           stop the selected node               c  ║|
	// |║                                                          ║|
	// |╚══════════════════════════════════════════════════════════╝|
	// next fault
	// next fault
	// |╔═ commands ═════════════════╗|
	// |║ : nflzz                    ║|
	// |║────────────────────────────║|
	// |║ no command fits "nflzz"    ║|
	// |╚════════════════════════════╝|
}

func ExampleHints() {
	h := panes.Hints{Hints: []panes.Hint{{"play", "space plays, and pauses"}, {"crash", "select a node with ←→ and press c to crash it"}}}
	h.Now("crash", "play")
	fmt.Print(h.Render(60, 1))
	h.Done("play")
	fmt.Print(h.Render(60, 1))
	h.Now("play")
	fmt.Printf("%q\n", h.Render(60, 1).String())
	h.Now("crash")
	h.Dismiss()
	fmt.Printf("%q %v\n", h.Render(60, 1).String(), h.Known())
	// Output:
	// hint: space plays, and pauses
	// hint: select a node with ←→ and press c to crash it
	// "\n"
	// "\n" [play crash]
}

func ExampleAsk() {
	a := panes.NewAsk("delay n1 to n2",
		panes.Field{Name: "by", Value: "20ms", Help: "a duration, or a distribution such as uniform(1ms, 5ms)", Check: func(v string) error {
			if v == "" {
				return errors.New("expected a duration")
			}
			return nil
		}},
		panes.Field{Name: "direction", Value: "both", Choices: []string{"there", "back", "both"}},
		panes.Field{Name: "keep order", Value: "true", Toggle: true},
	)
	picture(a.Render(60, 20))
	press := func(keys string) (done bool) {
		person(func(key, text string) { done, _ = a.Press(key, text) }, keys)
		return done
	}
	fmt.Println(press("ctrl+u down right down space enter"))
	picture(a.Render(60, 20))
	fmt.Println(press("'1s' enter"), a.Values(), a.Value("direction"))
	// Output:
	// |╔═ delay n1 to n2 ═════════════════════════════════════════╗|
	// |║ ▸ by          20ms                                       ║|
	// |║     a duration, or a distribution such as uniform(1ms,   ║|
	// |║     5ms)                                                 ║|
	// |║   direction   ◂ both ▸                                   ║|
	// |║   keep order  [x] yes                                    ║|
	// |║ enter takes it · esc gives up · tab next                 ║|
	// |╚══════════════════════════════════════════════════════════╝|
	// false
	// |╔═ delay n1 to n2 ═════════════════════════════════════════╗|
	// |║ ▸ by                                                     ║|
	// |║     ✗ expected a duration                                ║|
	// |║   direction   ◂ there ▸                                  ║|
	// |║   keep order  [ ] no                                     ║|
	// |║ enter takes it · esc gives up · tab next                 ║|
	// |╚══════════════════════════════════════════════════════════╝|
	// true [1s there false] there
}
