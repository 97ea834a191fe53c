package tui

import "github.com/orrery-sim/orrery/tui/draw"

// brief is a key and what it does, in a word or two.
type brief struct{ key, does string }

// footer shows the keys that one needs most: help, those for what goes on, then others.
func (m *Model) footer(c *draw.Canvas, commands []command) {
	list := []brief{{"?", "help"}}
	if m.player != nil {
		list = append(list, m.player.nowKeys()...)
	}
	shown := map[string]bool{}
	for _, b := range list {
		shown[b.key] = true
	}
	for i := range commands {
		if b := &commands[i]; b.brief != "" && !shown[b.keys[0]] {
			list = append(list, brief{b.keys[0], b.brief})
		}
	}
	x, y := 1, c.Height()-1
	for _, b := range list {
		name := keyNames.Replace(b.key)
		if x+draw.Width(name)+draw.Width(b.does)+1 > c.Width() {
			break
		}
		x = c.Text(x, y, name, draw.Key)
		x = c.Text(x+1, y, b.does, draw.Dim) + 2
	}
}

// nowKeys are the keys for what goes on: playing, asking why, or looking at two runs.
func (p *player) nowKeys() []brief {
	switch {
	case p.survey.open():
		return nil
	case p.chain != nil:
		return []brief{{"w", "one cause back"}, {"W", "forward"}, {"7", "all causes"}, {"esc", "end"}}
	case p.playing:
		return []brief{{"space", "stop"}, {"]", "faster"}, {"[", "slower"}}
	case len(p.takes) == 2:
		return []brief{{"o", "other run"}, {"D", "difference"}, {"a", "act"}, {"X", "keep this one"}}
	}
	return nil
}
