package draw

// List is a list of rows of which one is selected and some are seen. The zero List is
// empty; Count is kept up to date by whoever owns the rows.
type List struct {
	Count    int
	Selected int // from 0
	Top      int // the first row that is seen
}

// Show keeps the selected row within what is seen in so many lines, and returns the rows
// that are: from the first to before the last.
func (l *List) Show(height int) (from, to int) {
	height = max(height, 0)
	l.Selected = max(min(l.Selected, l.Count-1), 0)
	l.Top = max(min(l.Top, l.Selected, l.Count-height), l.Selected-height+1, 0)
	return min(l.Top, l.Count), min(l.Top+height, l.Count)
}

// Move selects the row so many further down, or up.
func (l *List) Move(rows int) {
	l.Selected = max(min(l.Selected+rows, l.Count-1), 0)
}

// Scroll moves what is seen by so many rows. The selection stays where it is on the
// screen unless the list ends.
func (l *List) Scroll(rows, height int) {
	l.Top = max(min(l.Top+rows, l.Count-height), 0)
	l.Selected = max(min(max(l.Selected, l.Top), l.Top+height-1, l.Count-1), 0)
}

// Click selects the row that is seen in a line, and says whether there is one.
func (l *List) Click(line int) bool {
	if row := l.Top + line; line >= 0 && row < l.Count {
		l.Selected = row
		return true
	}
	return false
}

// Press does what a key says, in a list of which so many lines are seen, and tells
// whether it is one of a list's keys: up, down, pgup, pgdown, home, end.
func (l *List) Press(key string, height int) bool {
	page := max(height-1, 1)
	switch key {
	case "up":
		l.Move(-1)
	case "down":
		l.Move(1)
	case "pgup":
		l.Move(-page)
	case "pgdown":
		l.Move(page)
	case "home":
		l.Selected = 0
	case "end":
		l.Selected = max(l.Count-1, 0)
	default:
		return false
	}
	l.Show(height)
	return true
}

// Mark draws into the last column which part of the list is seen, if it is not all.
func (l *List) Mark(c *Canvas) {
	h, x := c.Height(), c.Width()-1
	if h <= 0 || l.Count <= h {
		return
	}
	size := max(h*h/l.Count, 1)
	at := 0
	if hidden := l.Count - h; hidden > 0 {
		at = (min(l.Top, hidden)*(h-size) + hidden/2) / hidden
	}
	for y := range h {
		if y >= at && y < at+size {
			c.Set(x, y, '┃', Plain)
		} else {
			c.Set(x, y, '┊', Dim)
		}
	}
}
