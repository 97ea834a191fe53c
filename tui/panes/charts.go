package panes

import (
	"slices"
	"time"

	"charm.land/bubbles/v2/key"

	"github.com/orrery-sim/orrery/tui/draw"
)

// Charts shows how clients fared over virtual time, beside the faults that were in force.
// It is of the whole run, also of what comes after the moment shown.
type Charts struct {
	scene  *Scene
	source chartSource
	only   string // the chart that is shown alone; "" is as many as there is room for
	linear bool   // latencies are
	zoom   int    // the part of the run that is seen: 1/2^zoom of it

	from, to    time.Duration // seen
	left, width int           // where the plots were last drawn
	step        time.Duration // of the buckets
}

// NewCharts returns the pane.
func NewCharts() *Charts { return &Charts{} }

// The names of the charts, in the order in which they stand.
const (
	chartThroughput = "throughput"
	chartLatency    = "latency"
	chartErrors     = "errors"
	chartStaleness  = "staleness"
	chartQueue      = "queues"
)

var chartOrder = []string{chartThroughput, chartLatency, chartErrors, chartStaleness, chartQueue}

const chartMostZoom = 8

// Title names the pane.
func (c *Charts) Title() string { return "charts" }

// Show gives the pane what it is to show.
func (c *Charts) Show(s *Scene) {
	if c.scene = s; s.Tape != nil {
		c.source.read(s.Tape)
	}
}

// Keys are those that the pane answers.
func (c *Charts) Keys() []key.Binding {
	return []key.Binding{
		bind("←/→", "move by a bucket", "left", "right"),
		bind("↑/↓", "the chart before, the next", "up", "down"),
		bind("1-5", "one chart: throughput, latency, errors, staleness, queues of the selected node; again for all", "1", "2", "3", "4", "5"),
		bind("l", "latency linear or logarithmic", "l"),
		bind("+/-", "more or less around the moment", "+", "=", "-"),
		bind("0", "the whole run", "0"),
	}
}

// offered are the charts that there is something to show in.
func (c *Charts) offered() []string {
	return slices.DeleteFunc(slices.Clone(chartOrder), func(name string) bool {
		return name == chartStaleness && !c.source.registers || name == chartQueue && c.node() < 0
	})
}

// node is the index of the node whose queues are shown, or -1.
func (c *Charts) node() int {
	if c.scene == nil || c.scene.View == nil || c.scene.Selected.Node == "" {
		return -1
	}
	return c.scene.View.Index(c.scene.Selected.Node)
}

// Press answers a key.
func (c *Charts) Press(k string) Action {
	switch k {
	case "left":
		return c.move(-1)
	case "right":
		return c.move(1)
	case "up":
		c.turn(-1)
	case "down":
		c.turn(1)
	case "1", "2", "3", "4", "5":
		return c.choose(chartOrder[k[0]-'1'])
	case "l":
		c.linear = !c.linear
	case "+", "=":
		c.zoom = min(c.zoom+1, chartMostZoom)
	case "-":
		c.zoom = max(c.zoom-1, 0)
	case "0":
		c.zoom = 0
	default:
		return nil
	}
	return Handled{}
}

// choose shows one chart alone, or all again.
func (c *Charts) choose(name string) Action {
	switch {
	case c.only == name:
		c.only = ""
	case slices.Contains(c.offered(), name):
		c.only = name
	case name == chartQueue:
		return Say{"select a node to see its queues"}
	default:
		return Say{"staleness is told of reads and writes of registers only, with values that differ"}
	}
	return Handled{}
}

// turn goes through the charts, all of them being one more.
func (c *Charts) turn(by int) {
	list := append([]string{""}, c.offered()...)
	i := max(slices.Index(list, c.only), 0)
	c.only = list[(i+by+len(list))%len(list)]
}

// move goes to the bucket before or after that of the moment, and by at least one event.
func (c *Charts) move(by int) Action {
	if c.scene == nil || c.scene.View == nil {
		return Handled{}
	}
	step := max(c.step, time.Millisecond)
	at := max(c.scene.At+time.Duration(by)*step, 0)
	event, now := c.scene.Tape.ByTime(at), c.scene.View.Event
	switch {
	case by > 0:
		event = min(max(event, now+1), c.scene.Tape.Events())
	case event >= now:
		event = max(now, 1) - 1
	}
	return GoTo{event}
}

// Click goes to the time of the column.
func (c *Charts) Click(x, _ int) Action {
	if c.scene == nil || c.width <= 0 || x < c.left || x >= c.left+c.width {
		return Handled{}
	}
	at := c.from + time.Duration(float64(c.to-c.from)*(float64(x-c.left)+0.5)/float64(c.width))
	return GoTo{c.scene.Tape.ByTime(at)}
}

// Wheel shows more or less around the moment.
func (c *Charts) Wheel(lines int) Action {
	c.zoom = max(0, min(c.zoom-lines, chartMostZoom))
	return Handled{}
}

// look decides what part of the run is seen. It stays where it is while the moment is
// within it.
func (c *Charts) look() {
	whole := c.source.end
	length := max(whole>>c.zoom, time.Millisecond)
	at := c.scene.At
	if c.to-c.from != length || at < c.from || at > c.to {
		c.from = at - length/2
	}
	c.from = max(0, min(c.from, whole-length))
	c.to = c.from + length
}

// Render draws the pane.
func (c *Charts) Render(width, height int, _ bool) *draw.Canvas {
	canvas := draw.New(width, height)
	if c.scene == nil || c.scene.Tape == nil || c.scene.View == nil || c.source.events == 0 {
		canvas.Fit(0, 0, width, "nothing has happened yet", draw.Dim)
		return canvas
	}
	c.look()
	c.left = 0
	if width >= chartNarrow {
		c.left = chartGutter
	}
	c.width = max(width-c.left, 1)
	c.step = chartStep(c.to-c.from, c.width)
	c.draw(canvas)
	return canvas
}
