package sim

import "fmt"

// nearest is the end of an error about a name that does not exist: the name that
// may have been meant, if one is close.
func (w *World) nearest(name string) string {
	best, least := "", max(2, len(name)/3)+1
	for _, n := range w.nodes {
		if d := editDistance(name, n.name); d < least {
			best, least = n.name, d
		}
	}
	if best == "" {
		return ""
	}
	return fmt.Sprintf("; did you mean %q?", best)
}
