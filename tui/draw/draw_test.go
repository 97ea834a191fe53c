package draw

import (
	"image/color"
	"math"
	"reflect"
	"strings"
	"testing"
	"unicode"

	"charm.land/lipgloss/v2"
	"github.com/charmbracelet/x/ansi"
	"pgregory.net/rapid"

	_ "github.com/orrery-sim/orrery/internal/steady"
)

func stripped(text string) string { return ansi.Strip(text) }

func TestThemeNamed(t *testing.T) {
	for _, theme := range Themes {
		if got, err := ThemeNamed(theme.Name); got != theme || err != nil {
			t.Errorf("ThemeNamed(%q) = %v, %v", theme.Name, got, err)
		}
	}
	for name, want := range map[string]string{
		"drak":      `unknown theme "drak", did you mean "dark"?`,
		"solarized": `unknown theme "solarized", expected one of dark, light, colour-blind, mono, ascii`,
	} {
		if _, err := ThemeNamed(name); err == nil || err.Error() != want {
			t.Errorf("ThemeNamed(%q): %v, expected %s", name, err, want)
		}
	}
}

// TestInksDiffer sees that what must not be taken for each other looks different, also
// without colours.
func TestInksDiffer(t *testing.T) {
	apart := []Ink{Good, Bad, Warn, Unknown, Selected, Chosen}
	for _, theme := range Themes {
		look := map[string]Ink{}
		for _, ink := range apart {
			c := New(1, 1)
			c.Set(0, 0, 'x', ink)
			s := theme.Render(c)
			if other, ok := look[s]; ok {
				t.Errorf("theme %s shows inks %d and %d alike", theme.Name, ink, other)
			}
			look[s] = ink
		}
	}
	for _, theme := range Themes[3:] {
		for i, style := range theme.inks {
			for _, c := range []color.Color{style.GetForeground(), style.GetBackground()} {
				if _, none := c.(lipgloss.NoColor); !none {
					t.Errorf("theme %s has a colour in ink %d", theme.Name, i)
				}
			}
		}
	}
}

// TestContrast holds colours against WCAG 2.1: 4.5 is its bound for text, 3 for large
// text and graphics. The theme for any background has to do with the latter.
func TestContrast(t *testing.T) {
	black, white, grey := lipgloss.Color("#000000"), lipgloss.Color("#ffffff"), lipgloss.Color("#282c34")
	for name, want := range map[string]struct {
		on    []color.Color
		least float64
	}{"dark": {[]color.Color{black, grey}, 4}, "light": {[]color.Color{white}, 4.5}, "colour-blind": {[]color.Color{black, white}, 3}} {
		theme, _ := ThemeNamed(name)
		for i, style := range theme.inks {
			front := style.GetForeground()
			if _, none := front.(lipgloss.NoColor); none {
				continue
			}
			on := want.on
			if back := style.GetBackground(); back != (lipgloss.NoColor{}) {
				on = []color.Color{back}
			}
			for _, back := range on {
				if got := contrast(front, back); got < want.least {
					t.Errorf("theme %s, ink %d: contrast %.2f on %v, expected at least %v", name, i, got, back, want.least)
				}
			}
		}
	}
}

func contrast(a, b color.Color) float64 {
	x, y := luminance(a), luminance(b)
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}

func luminance(c color.Color) float64 {
	linear := func(v uint32) float64 {
		s := float64(v) / 0xffff
		if s <= 0.03928 {
			return s / 12.92
		}
		return math.Pow((s+0.055)/1.055, 2.4)
	}
	r, g, b, _ := c.RGBA()
	return 0.2126*linear(r) + 0.7152*linear(g) + 0.0722*linear(b)
}

func TestAsciiTable(t *testing.T) {
	seen := map[rune]bool{}
	for _, row := range asciiRows {
		if n := len([]rune(row.chars)); n != len(row.ascii) {
			t.Errorf("%s: %d characters, %d of ASCII", row.chars, n, len(row.ascii))
		}
		for _, r := range row.chars {
			if seen[r] {
				t.Errorf("%c stands there twice", r)
			}
			if seen[r] = true; runeWidth(r) != 1 || known(r) != r {
				t.Errorf("%c is not of one column", r)
			}
		}
	}
	for what, chars := range map[string]string{
		"signs of series": string(signs), "kinds of lines": "─┄┈╳", "kinds of upright lines": "│┆┊╳", "borders": "═─", "corners": "╔┌",
		"scroll marks": "┃┊", "folds and selection": "▸▾", "meters": "█░ ", "verdicts": "✓✗?", "circles": "●○◉", "marks of the scrubber": "△◆▼■✗B",
	} {
		letters := map[byte]rune{}
		for _, r := range chars {
			if other, ok := letters[ascii(r)]; ok {
				t.Errorf("%s: %c and %c are alike in ASCII", what, r, other)
			}
			letters[ascii(r)] = r
		}
	}
	for letter, arrows := range map[byte]string{'>': "▸▶►▹▷›»→", '<': "◂◀◄◃◁‹«←", '^': "▴▲△↑", 'v': "▾▼▽↓"} {
		for _, r := range arrows {
			if ascii(r) != letter {
				t.Errorf("%c is %c in ASCII, expected %c", r, ascii(r), letter)
			}
		}
	}
}

// TestEveryRune draws every character that is shown, next to others of its kind, and wants the
// columns that Width says.
func TestEveryRune(t *testing.T) {
	for r := rune(1); r <= 0x10ffff; r++ {
		if known(r) != r || unicode.In(r, unicode.Han, unicode.Hangul) && r%100 != 0 {
			continue // what is not shown, and the many that are alike
		}
		text := "a" + string(r) + string(r) + "ก가a" + string(r) + "b"
		c := New(20, 1)
		if end := c.Text(0, 0, text, Plain); end != Width(text) {
			t.Fatalf("%U: Text ends at %d, Width is %d", r, end, Width(text))
		}
		if got := ansi.StringWidth(text); got != Width(text) {
			t.Errorf("%U: Width is %d, terminals take %d columns", r, Width(text), got)
		}
	}
}

// TestHalves writes over one half of a wide character: the other becomes a space.
func TestHalves(t *testing.T) {
	for _, c := range []struct {
		draw func(c *Canvas)
		want string
	}{
		{func(c *Canvas) { c.Set(1, 0, 'x', Plain) }, "ax 猫b"},
		{func(c *Canvas) { c.Set(2, 0, 'x', Plain) }, "a x猫b"},
		{func(c *Canvas) { c.Text(2, 0, "犬", Plain) }, "a 犬 b"},
		{func(c *Canvas) { c.Part(2, 0, 2, 1).Text(-1, 0, "犬.", Plain) }, "a猫. b"},
		{func(c *Canvas) { c.Part(0, 0, 2, 1).Text(1, 0, "犬", Plain) }, "a猫猫b"},
		{func(c *Canvas) { c.Paste(2, 0, New(1, 1)) }, "a  猫b"},
		{func(c *Canvas) { c.Set(1, 0, '犬', Plain) }, "a? 猫b"},
	} {
		canvas := New(6, 1)
		canvas.Text(0, 0, "a猫猫b", Plain)
		c.draw(canvas)
		straight(t, canvas)
		if got := strings.TrimSuffix(canvas.String(), "\n"); got != c.want {
			t.Errorf("got %q, expected %q", got, c.want)
		}
	}
}

// straight fails unless every line in every theme is as wide as the canvas.
func straight(t interface{ Fatalf(string, ...any) }, c *Canvas) {
	for _, theme := range Themes {
		lines := strings.Split(theme.Render(c), "\n")
		if c.Height() > 0 && len(lines) != c.Height() {
			t.Fatalf("%d lines, expected %d", len(lines), c.Height())
		}
		for _, line := range lines {
			text := ansi.Strip(line)
			if c.Height() > 0 && ansi.StringWidth(text) != c.Width() {
				t.Fatalf("theme %s: %q has %d columns, expected %d", theme.Name, text, ansi.StringWidth(text), c.Width())
			}
			for _, b := range []byte(line) {
				if theme.Ascii && b > 0x7f {
					t.Fatalf("theme %s: %q", theme.Name, line)
				}
			}
		}
	}
}

var number = rapid.OneOf(rapid.Float64Range(-10, 1000), rapid.SampledFrom([]float64{0, math.NaN(), math.Inf(1), math.Inf(-1), 1e300, -1e308, 5e-324, math.MaxFloat64}))

func drawPoints(t *rapid.T) []Point {
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) Point { return Point{number.Draw(t, "x"), number.Draw(t, "y")} }), 0, 6).Draw(t, "points")
}

// anything draws something somewhere.
func anything(t *rapid.T, c *Canvas) {
	at := rapid.IntRange(-5, 40)
	text := rapid.OneOf(rapid.String(), rapid.StringOf(rapid.SampledFrom([]rune("a猫é🎉👍🏽🇫🇷ก ำ\t"))))
	ink := Ink(rapid.IntRange(0, int(inkCount)-1).Draw(t, "ink"))
	x, y := at.Draw(t, "x"), at.Draw(t, "y")
	switch rapid.IntRange(0, 9).Draw(t, "what") {
	case 0:
		c.Text(x, y, text.Draw(t, "text"), ink)
	case 1:
		c.Set(x, y, rapid.Rune().Draw(t, "rune"), ink)
	case 2:
		far := rapid.OneOf(at, rapid.IntRange(-1e6, 1e6))
		c.Line(x, y, far.Draw(t, "x1"), far.Draw(t, "y1"), ink, LineKind(rapid.IntRange(0, 63).Draw(t, "kind")))
	case 3:
		c.Box(text.Draw(t, "title"), x > y)
	case 4:
		axis := func(name string) Axis {
			return Axis{Min: number.Draw(t, name), Max: number.Draw(t, name), Log: rapid.Bool().Draw(t, name)}
		}
		cursor := number.Draw(t, "cursor")
		chart := Chart{Series: []Series{{Name: text.Draw(t, "name"), Points: drawPoints(t)}, {Points: drawPoints(t), Signs: true}},
			Shades: []Shade{{number.Draw(t, "from"), number.Draw(t, "to")}}, Cursor: &cursor}
		if rapid.Bool().Draw(t, "ends") {
			chart.X, chart.Y = axis("x"), axis("y")
		}
		chart.Draw(c)
	case 5:
		values := rapid.SliceOfN(number, 0, 6).Draw(t, "values")
		bars := Bars{Bars: Histogram(values, x, number.Draw(t, "here"), Number), Format: Number, Mark: text.Draw(t, "mark")}
		bars.Draw(c)
		c.Text(x, y, Spark(values, at.Draw(t, "width"))+Meter(number.Draw(t, "share"), at.Draw(t, "width")), ink)
	case 6:
		row := rapid.SliceOfN(text, 0, 4)
		table := Table{Columns: []Column{{Title: text.Draw(t, "a")}, {Title: "b", Right: true}, {Title: "c"}},
			Rows: rapid.SliceOfN(row, 0, 5).Draw(t, "rows"), List: &List{Selected: x, Top: y}}
		table.Draw(c)
	case 7:
		c.Paste(x, y, c.Part(y, x, 5, 3))
	case 8:
		c.Dot(x, y, ink)
		c.Ink(x, y, 3, ink)
	case 9:
		anything(t, c.Part(x, y, at.Draw(t, "w"), at.Draw(t, "h")))
	}
}

// TestNothingOutside draws on a part of a canvas: what is around it stays, but for halves
// of wide characters on its border, and all lines keep their width.
func TestNothingOutside(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		size := rapid.IntRange(0, 30)
		c := New(size.Draw(t, "width"), size.Draw(t, "height"))
		c.Fill('.', Dim)
		x, y, w, h := size.Draw(t, "left"), size.Draw(t, "top"), size.Draw(t, "w"), size.Draw(t, "h")
		part := c.Part(x, y, w, h)
		for range rapid.IntRange(1, 5).Draw(t, "times") {
			anything(t, part)
		}
		straight(t, c)
		for i := range c.Width() {
			for j := range c.Height() {
				if inside := i >= x && i < x+w && j >= y && j < y+h; !inside && *c.at(i, j) != (cell{'.', Dim}) {
					t.Fatalf("%q at %d, %d, outside of %d, %d, %d, %d", c.Get(i, j), i, j, x, y, w, h)
				}
			}
		}
	})
}

func TestList(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := List{Count: rapid.IntRange(0, 30).Draw(t, "count"), Selected: rapid.IntRange(-3, 40).Draw(t, "selected"), Top: rapid.IntRange(-3, 40).Draw(t, "top")}
		height := rapid.IntRange(0, 12).Draw(t, "height")
		for range rapid.IntRange(0, 6).Draw(t, "keys") {
			if rapid.Bool().Draw(t, "wheel") {
				l.Scroll(rapid.IntRange(-40, 40).Draw(t, "rows"), height)
				if was := l.Top; l.Selected < 0 || l.Selected > max(l.Count-1, 0) || height > 0 && was != topShown(l, height) {
					t.Fatalf("scrolled to %+v, which is not what is shown in %d lines", l, height)
				}
				continue
			}
			key := rapid.SampledFrom([]string{"up", "down", "pgup", "pgdown", "home", "end", "x"}).Draw(t, "key")
			was := l.Selected
			if took := l.Press(key, height); took == (key == "x") {
				t.Fatalf("%s: taken %v", key, took)
			}
			want := map[string]int{"up": was - 1, "down": was + 1, "home": 0, "end": l.Count, "pgup": was - max(height-1, 1), "pgdown": was + max(height-1, 1), "x": was}[key]
			if want = max(min(want, l.Count-1), 0); key != "x" && l.Selected != want {
				t.Fatalf("%s from %d selects %d, expected %d", key, was, l.Selected, want)
			}
		}
		from, to := l.Show(height)
		if to-from != min(height, l.Count) || from < 0 || to > l.Count {
			t.Fatalf("%d rows in %d lines: %d to %d", l.Count, height, from, to)
		}
		if height > 0 && l.Count > 0 && (l.Selected < from || l.Selected >= to) {
			t.Fatalf("row %d is not within %d to %d", l.Selected, from, to)
		}
		again := l
		if again.Show(height); !reflect.DeepEqual(again, l) {
			t.Fatalf("showing it once more moves it: %+v, %+v", l, again)
		}
	})
}

func TestListShow(t *testing.T) {
	for _, c := range []struct {
		list     List
		height   int
		from, to int
	}{
		{List{Count: 30, Selected: 29, Top: 40}, 5, 25, 30},
		{List{Count: 30, Selected: 3, Top: 10}, 5, 3, 8},
		{List{Count: 30, Selected: 12, Top: 3}, 5, 8, 13},
		{List{Count: 3, Selected: 2, Top: 1}, 5, 0, 3},
		{List{}, 5, 0, 0},
		{List{Count: 3, Selected: 7}, 0, 3, 3},
	} {
		if from, to := c.list.Show(c.height); from != c.from || to != c.to {
			t.Errorf("%+v: %d to %d, expected %d to %d", c.list, from, to, c.from, c.to)
		}
	}
}

// topShown is the first row that is seen of a list.
func topShown(l List, height int) int {
	from, _ := l.Show(height)
	return from
}

func TestWrap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringOf(rapid.SampledFrom([]rune("abc  猫\n"))).Draw(t, "text")
		width := rapid.IntRange(2, 12).Draw(t, "width")
		lines := Wrap(text, width)
		for _, line := range lines {
			if Width(line) > width {
				t.Fatalf("%q is wider than %d", line, width)
			}
		}
		bare := func(s string) string { return strings.Join(strings.Fields(s), "") }
		if bare(strings.Join(lines, "")) != bare(text) {
			t.Fatalf("%q became %q", text, lines)
		}
		for _, c := range []string{text, text + "x"} {
			if s := Pad(c, width); Width(s) != width {
				t.Fatalf("Pad(%q, %d) = %q", c, width, s)
			}
		}
	})
}

// TestMeter sees that a longer bar is never shown shorter, and full and empty are kept for
// what is full and empty.
func TestMeter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := rapid.Float64Range(0, 1).Draw(t, "a"), rapid.Float64Range(0, 1).Draw(t, "b")
		width := rapid.IntRange(1, 12).Draw(t, "width")
		order := func(s string) string { // longer sorts later
			return strings.NewReplacer("░", "0", "▏", "1", "▎", "2", "▍", "3", "▌", "4", "▋", "5", "▊", "6", "▉", "7", "█", "8").Replace(s)
		}
		if x, y := order(Meter(min(a, b), width)), order(Meter(max(a, b), width)); x > y {
			t.Fatalf("%v is %s, %v is %s", min(a, b), x, max(a, b), y)
		}
		full := strings.Repeat("█", width)
		empty := strings.Repeat("░", width)
		if m := Meter(a, width); (m == full) != (a == 1) || (m == empty) != (a == 0) {
			t.Fatalf("%v of %d is %s", a, width, m)
		}
	})
}

// TestLine sees that lines that are no cut or dashed are without gaps: between neighbours
// of a path no step is longer than one cell.
func TestLine(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		at := rapid.IntRange(0, 19)
		x0, y0, x1, y1 := at.Draw(t, "x0"), at.Draw(t, "y0"), at.Draw(t, "x1"), at.Draw(t, "y1")
		for _, kind := range []LineKind{Light, Fine} {
			c := New(20, 20)
			c.Line(x0, y0, x1, y1, Plain, kind)
			if reached := reach(c, x0, y0); !reached[[2]int{x1, y1}] {
				t.Fatalf("kind %d: no way from %d, %d to %d, %d in\n%s", kind, x0, y0, x1, y1, c)
			}
			n := 20*20 - strings.Count(strings.Join(pad(c), ""), " ")
			if most := 2*max(abs(x1-x0), abs(y1-y0)) + 1; n > most {
				t.Fatalf("kind %d: %d cells, expected at most %d in\n%s", kind, n, most, c)
			}
		}
	})
}

func pad(c *Canvas) []string { return strings.Split(new(Theme).Render(c), "\n") }

// reach is all cells that one comes to over neighbours that are not empty.
func reach(c *Canvas, x, y int) map[[2]int]bool {
	seen := map[[2]int]bool{}
	var visit func(x, y int)
	visit = func(x, y int) {
		if r := c.Get(x, y); seen[[2]int{x, y}] || r == 0 || r == ' ' {
			return
		}
		seen[[2]int{x, y}] = true
		for i := range 9 {
			visit(x+i%3-1, y+i/3-1)
		}
	}
	visit(x, y)
	return seen
}

func BenchmarkRender(b *testing.B) {
	c := New(160, 48)
	for y := range 48 {
		for x := range 160 {
			c.Set(x, y, 'x', Ink((x/7+y)%int(inkCount)))
		}
	}
	for b.Loop() {
		Themes[0].Render(c)
	}
}
