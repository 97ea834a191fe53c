package spacetime

import (
	"fmt"
	"strings"
)

// px is a length in tenths of a pixel: whole numbers, so that a picture has the same
// bytes on every machine.
type px int64

// String renders the length in pixels.
func (p px) String() string {
	sign := ""
	if p < 0 {
		sign, p = "-", -p
	}
	if p%10 == 0 {
		return fmt.Sprintf("%s%d", sign, p/10)
	}
	return fmt.Sprintf("%s%d.%d", sign, p/10, p%10)
}

// letter is about how wide a character of a label is.
const letter = 64

// escape makes text safe between tags and in attributes. What XML cannot hold becomes a
// replacement character.
func escape(text string) string {
	text = strings.Map(func(c rune) rune {
		if c < ' ' && c != '\t' && c != '\n' || c == 0xfffe || c == 0xffff {
			return '\ufffd'
		}
		return c
	}, strings.ToValidUTF8(text, "\ufffd"))
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;", "'", "&#39;").Replace(text)
}

// canvas is an SVG picture in the making.
type canvas struct {
	*strings.Builder
}

func newCanvas() canvas { return canvas{&strings.Builder{}} }

func (c *canvas) add(format string, args ...any) { fmt.Fprintf(c, format+"\n", args...) }

func (c *canvas) line(class string, x1, y1, x2, y2 px) {
	c.add(`<line class="%s" x1="%v" y1="%v" x2="%v" y2="%v"/>`, class, x1, y1, x2, y2)
}

func (c *canvas) text(class string, x, y px, text string) {
	c.add(`<text class="%s" x="%v" y="%v">%s</text>`, class, x, y, escape(text))
}

// open begins a group that shows text when it is pointed at.
func (c *canvas) open(class, title string) {
	c.add(`<g class="%s"><title>%s</title>`, class, escape(title))
}

func (c *canvas) close() { c.add("</g>") }

// cross is two short strokes, like an x.
func (c *canvas) cross(class string, x, y, r px) {
	c.add(`<path class="%s" d="M%v %vL%v %vM%v %vL%v %v"/>`, class, x-r, y-r, x+r, y+r, x-r, y+r, x+r, y-r)
}

// style is what the classes look like. Every rule begins with the picture's own class,
// since a picture in a page shares the page's style. Viewers that know no dark mode get
// the light one; so does paper.
func style() string {
	var b strings.Builder
	b.WriteString(`.st{font:11px ui-sans-serif,system-ui,"Segoe UI","DejaVu Sans",sans-serif}
.st .mono{font-family:ui-monospace,"DejaVu Sans Mono",monospace}
.st .b{font-weight:700}.st .end{text-anchor:end}.st .mid{text-anchor:middle}
.st .lane{stroke-width:1.2}.st .grid{stroke-width:.6;stroke-dasharray:1 4}
.st .gone{stroke-width:1.2;stroke-dasharray:1 5}
.st .msg{stroke-width:.8}.st .held{stroke-dasharray:1.5 3}.st .lost{stroke-dasharray:6 3}
.st .focus{stroke-width:1.9}.st .x{stroke-width:1.8;fill:none}
.st .op{stroke-width:1.2}.st .failed{stroke-dasharray:4 2}.st .unknown{stroke-dasharray:1.5 2}.st .marked{stroke-width:3}
.st .edge{stroke-width:1;stroke-dasharray:5 4}.st .halo{paint-order:stroke;stroke-width:3px;stroke-linejoin:round}
.st g.m:hover line{stroke-width:3}
`)
	colours := func(ink, soft, paper, band, fill, busy, focus string) {
		fmt.Fprintf(&b, ".st .ink{fill:%[1]s}.st .soft{fill:%[2]s}.st .paper{fill:%[3]s}.st .band{fill:%[4]s}.st .fill{fill:%[5]s}.st .busy{fill:%[6]s}"+
			".st .lane,.st .op,.st .x,.st .edge,.st .gone{stroke:%[1]s}.st .msg,.st .grid,.st .hatch{stroke:%[2]s}.st .focus{stroke:%[7]s}.st .tip{fill:%[2]s}.st .ftip{fill:%[7]s}"+
			".st .halo{stroke:%[3]s}.st .none{fill:%[3]s}\n", ink, soft, paper, band, fill, busy, focus)
	}
	colours("#1b1f24", "#59636e", "#ffffff", "#fff1d6", "#d3e5ff", "#8fa3b8", "#0550ae")
	b.WriteString("@media screen and (prefers-color-scheme:dark){\n")
	colours("#e6edf3", "#9aa4af", "#0f1419", "#3a2c0a", "#1f3d66", "#66788a", "#79b8ff")
	b.WriteString("}\n")
	return b.String()
}
