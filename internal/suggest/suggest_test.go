package suggest

import "testing"

func TestNearest(t *testing.T) {
	known := []string{"leader", "followers", "majority", "minority", "check", "checks"}
	for _, c := range []struct{ name, want string }{
		{"leder", "leader"}, {"leader", "leader"}, {"majorty", "majority"}, {"minorities", "minority"},
		{"", ""}, {"chekcs", "checks"}, {"chekc", "check"}, {"xyz", ""}, {"follower", "followers"},
	} {
		if got := Nearest(c.name, known); got != c.want {
			t.Errorf("Nearest(%q) = %q, want %q", c.name, got, c.want)
		}
	}
}

func TestDistance(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want int
	}{{"", "", 0}, {"", "abc", 3}, {"kitten", "sitting", 3}, {"flaw", "lawn", 2}, {"same", "same", 0}} {
		if got, back := distance(c.a, c.b), distance(c.b, c.a); got != c.want || back != c.want {
			t.Errorf("distance(%q, %q) = %d, back %d, want %d", c.a, c.b, got, back, c.want)
		}
	}
}
