package panes

import (
	"charm.land/bubbles/v2/key"

	"github.com/orrery-sim/orrery/tui/draw"
	"github.com/orrery-sim/orrery/tui/tape"
)

// Stage is the cluster as a picture: nodes, the links of which there is something to
// say, and the messages on their way.
type Stage struct {
	scene     *Scene
	noClients bool
	asMatrix  bool

	tape    *tape.Tape // whose tiers are known
	tiers   map[string]int
	settled bool // they are final

	// Of what was last drawn:
	rects   []stageRect // of nodes, by index; the zero value is a node that was not drawn
	targets []stageTarget
	signs   stageSigns
	cramped map[int]bool // nodes with a link that is cut, and no room to show it
}

// stageRect is a part of the canvas.
type stageRect struct{ x, y, w, h int }

func (r stageRect) shown() bool { return r.w > 0 }

func (r stageRect) holds(x, y int) bool {
	return x >= r.x && y >= r.y && x < r.x+r.w && y < r.y+r.h
}

func (r stageRect) middle() (x, y float64) {
	return float64(r.x) + float64(r.w-1)/2, float64(r.y) + float64(r.h-1)/2
}

// stageTarget is a place that selects something when it is clicked.
type stageTarget struct {
	rect stageRect
	pick Selection
}

// Title names the pane.
func (s *Stage) Title() string { return "stage" }

// Show gives the pane what it is to show from now on.
func (s *Stage) Show(scene *Scene) { s.scene = scene }

// Render draws the cluster, and below it what happened, the faults in force, and what
// the signs mean.
func (s *Stage) Render(width, height int, _ bool) *draw.Canvas {
	c := draw.New(width, height)
	s.targets, s.rects, s.signs = s.targets[:0], nil, stageSigns{}
	if s.scene == nil || s.scene.View == nil || height < 1 {
		return c
	}
	v := s.scene.View
	s.rects = make([]stageRect, len(v.Nodes))
	below := stageFooter(height)
	picture := c.Part(0, 0, width, height-below)
	if len(v.Nodes) == 0 {
		picture.Fit(0, picture.Height()/2, width, "nothing has happened yet", draw.Dim)
	} else {
		s.drawCluster(picture)
	}
	s.drawFooter(c.Part(0, height-below, width, below))
	return c
}

// stageFooter is how many lines are below the picture.
func stageFooter(height int) int {
	switch {
	case height < 3:
		return 0
	case height < 9:
		return 1
	case height < 15:
		return 2
	case height < 30:
		return 3
	}
	return 5
}

// drawCluster draws the cluster in the best way for which there is room.
func (s *Stage) drawCluster(c *draw.Canvas) {
	if s.asMatrix && s.drawLinks(c) {
		return
	}
	if !s.asMatrix {
		if s.layOut(c.Width(), c.Height()) {
			s.drawPicture(c)
			return
		}
		if s.drawLinks(c) {
			return
		}
	}
	s.drawCells(c)
}

// Keys are those that the pane answers.
func (s *Stage) Keys() []key.Binding {
	return []key.Binding{
		bind("←↑↓→", "select the node there", "left", "up", "down", "right"),
		bind("tab", "select the next node", "tab", "shift+tab"),
		bind("m", "select the next message under way", "m", "M"),
		bind("l", "select the next link of the node", "l", "L"),
		bind("enter", "look into what is selected", "enter"),
		bind("esc", "select nothing", "esc"),
		bind("w", "ask why: of what is selected, or the event", "w"),
		bind("c", "show or hide clients", "c"),
		bind("g", "picture, or table of links", "g"),
	}
}
