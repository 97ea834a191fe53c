package draw

import (
	"fmt"
	"math"
	"strings"
)

// picture prints a canvas for an example: between bars, since examples drop spaces at
// both ends.
func picture(c *Canvas) {
	for _, line := range strings.Split(new(Theme).Render(c), "\n") {
		fmt.Println("|" + line + "|")
	}
}

func ExampleCanvas_Line() {
	c := New(40, 9)
	c.Line(1, 0, 38, 0, Plain, Light|HeadAt1)
	c.Line(1, 1, 38, 3, Plain, Light|HeadAt1)
	c.Line(1, 4, 38, 4, Plain, Dotted)
	c.Line(1, 5, 38, 5, Plain, Dashed|Cut)
	c.Line(20, 0, 20, 2, Plain, Light)
	c.Line(1, 6, 38, 8, Plain, Fine|HeadAt0)
	picture(c)
	// Output:
	// | ───────────────────┼─────────────────► |
	// | ─────────╮         │                   |
	// |          ╰─────────┼───────╮           |
	// |                            ╰─────────► |
	// | ┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈ |
	// | ┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄ ╳ ┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄ |
	// | ◄⠒⠢⠤⠤⠤⠤⣀⣀⣀⣀⣀                           |
	// |             ⠉⠉⠉⠉⠑⠒⠒⠒⠒⠤⠤⠤⠤⢄⣀⣀⣀⣀⡀        |
	// |                               ⠈⠉⠉⠉⠉⠒⠒⠂ |
}

func ExampleCanvas_Center() {
	c := New(24, 7)
	c.Fill('·', Dim)
	dialog := New(16, 3)
	dialog.Box("sure?", true)
	dialog.Text(2, 1, "enter 猫 esc", Key)
	fmt.Println(c.Center(dialog))
	picture(c)
	// Output:
	// 4 2
	// |························|
	// |························|
	// |····╔═ sure? ══════╗····|
	// |····║ enter 猫 esc ║····|
	// |····╚══════════════╝····|
	// |························|
	// |························|
}

func ExampleChart() {
	var a, b []Point
	for i := range 60 {
		x := float64(i)
		a = append(a, Point{x, 100 + 80*math.Sin(x/8)})
		b = append(b, Point{x, 3 * x})
	}
	at := 40.0
	ch := Chart{
		Series: []Series{{Name: "ok", Points: a}, {Name: "failed", Points: b}},
		Shades: []Shade{{10, 20}}, Cursor: &at,
		X: Axis{Format: func(v float64) string { return fmt.Sprintf("%gs", v) }},
	}
	c := New(64, 14)
	ch.Draw(c)
	picture(c)
	// Output:
	// |● ok  ▲ failed                                                  |
	// |            ⣀⠤⠒⠉⠉⠉⠑⠢●⡀░░░                   │               ⢀⡠⢔●|
	// |150┤     ⢀⠔⠉  ░░░░░░░⠈⠑⢄░                   │         ⢀⡠▲⠔⠊⠉⢁⠔⠁ |
	// |       ⢀⠔⠁    ░░░░░░░░░░⠑⢄                  │   ⢀⣀⡠⠔⠒⠊⠁   ⡠⠊⠁   |
	// |     ⢀⠔⠁      ░░░░░░░░░░░ ⠑⢄               ⢀⡠⠤⠔⠊⠁       ⢀⠔⠁     |
	// |100┤●⠊        ░░░░░░░░░░░   ⠱⡀       ⢀⣀⡠▲⠊⠉⠁│          ⡔⠁       |
	// |              ░░░░░░░░░░░    ⠈⢢ ⣀⠤⠒⠒⠊⠁      │        ⡠⠊         |
	// |              ░░░░░░░░░░░ ⣀⣀⠤⠒⠉⠙⢄           │      ⢀●           |
	// | 50┤          ░░░░░░░⣀⠤⠒▲⠉       ⠑⠢⡀        │    ⢀⠔⠁            |
	// |              ░⣀⠤⠤⠒⠉⠉░░░░          ⠈●⣀      │  ⡠⠔⠁              |
	// |         ⣀⣀⠤⠒⠒⠉░░░░░░░░░░             ⠉⠒⠤⠤⠤⠤⠔⠒⠊                 |
	// |  0┤⣀⠤⠤⠒▲     ░░░░░░░░░░░                   │                   |
	// |    ┴───────────────────┴───────────────────┴───────────────────|
	// |    0s                 20s                 40s                  |
}

func ExampleChart_log() {
	var a []Point
	for i := range 50 {
		a = append(a, Point{float64(i), math.Pow(1.3, float64(i))})
	}
	ch := Chart{Series: []Series{{Points: a}}, Y: Axis{Log: true}}
	c := New(48, 9)
	ch.Draw(c)
	picture(c)
	// Output:
	// |                                          ⣀⣀⠤⠔⠒⠊|
	// |                                    ⣀⡠⠤⠔⠊⠉      |
	// |10k┤                         ⢀⡠⠤⠔⠒⠉⠉            |
	// |                      ⢀⣀⡠⠤⠒⠒⠉⠁                  |
	// |100┤            ⢀⣀⠤⠤⠒⠒⠁                         |
	// |          ⣀⣀⠤⠒⠊⠉⠁                               |
	// |  1┤⣀⠤⠔⠒⠊⠉                                      |
	// |    ┴─────────────────┴────────────────┴────────|
	// |    0                20               40        |
}

func ExampleBars() {
	values := []float64{12, 13, 13, 14, 15, 15, 15, 16, 17, 22, 30}
	format := func(v float64) string { return fmt.Sprintf("%.0fms", v) }
	bars := Bars{Bars: Histogram(values, 6, 22.5, format), Format: Number, Mark: "this run"}
	c := New(40, 6)
	bars.Draw(c)
	picture(c)
	// Output:
	// |12ms █████████████████▋ 4               |
	// |15ms ██████████████████████ 5           |
	// |18ms  0                                 |
	// |21ms ████▍ 1 ◄ this run                 |
	// |24ms  0                                 |
	// |27ms ████▍ 1                            |
}

func ExampleSpark() {
	fmt.Printf("%q\n", Spark([]float64{0, 1, 2, 4, math.NaN(), 8, 4}, 10))
	fmt.Printf("%q\n", Meter(0.42, 10))
	fmt.Printf("%q %q\n", Meter(0.999, 4), Meter(0.0001, 4))
	// Output:
	// "   ▁▂▃▅ █▅"
	// "████▎░░░░░"
	// "███▉" "▏░░░"
}

func ExampleTable() {
	t := Table{
		Columns: []Column{{Title: "node"}, {Title: "what happened"}, {Title: "count", Right: true}},
		Rows:    [][]string{{"n1", "became leader of term 3", "1"}, {"n2", "heard nothing from a leader for long", "12"}, {"n3", "", "7"}, {"n4", "crashed", "2"}},
		List:    &List{Selected: 1},
	}
	c := New(36, 4)
	t.Draw(c)
	picture(c)
	// Output:
	// |  node  what happened        count  |
	// |  n1    became leader of t…      1 ┃|
	// |▸ n2    heard nothing from…     12 ┃|
	// |  n3                             7 ┊|
}

func ExampleTheme_Render() {
	c := New(20, 4)
	c.Box("n1", true)
	c.Text(2, 1, "● up → 12µs … 猫", Good)
	c.Text(2, 2, "⣀⡠⠔⠉ ▂▅█ ✓ ✗", Series1)
	picture(c)
	fmt.Println(stripped(Themes[4].Render(c)))
	// Output:
	// |╔═ n1 ═════════════╗|
	// |║ ● up → 12µs … 猫 ║|
	// |║ ⣀⡠⠔⠉ ▂▅█ ✓ ✗     ║|
	// |╚══════════════════╝|
	// #= n1 =============#
	// | * up > 12us ~ ?? |
	// | .+-' .*# v x     |
	// #==================#
}
