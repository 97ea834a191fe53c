package panes

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/orrery-sim/orrery/sim"
)

type inspectInner struct {
	A, B int
	Self *inspectInner
}

type inspectOuter struct {
	Name       string
	RejectHint uint64
	Wait       time.Duration
	Data       []byte
	List       []inspectInner
	Map        map[string]int
	hidden     any
	Err        error
}

func TestInspectBrief(t *testing.T) {
	loop := &inspectInner{A: 1}
	loop.Self = loop
	for _, c := range []struct {
		body any
		want string
	}{
		{nil, "nothing"},
		{7, "7"},
		{"two words", `"two words"`},
		{errors.New("no"), "error: no"},
		{[]byte{0xff, 1}, "2 bytes ff01"},
		{[]byte("key"), "key"},
		{inspectInner{}, "inspectInner"},
		{(*inspectInner)(nil), "nothing"},
		{loop, "inspectInner a 1, self {a 1, self {a 1, self …}}"},
		{[]sim.Field{{Name: "a", Value: "1"}, {Name: "b", Value: "2"}}, "a 1, b 2"},
		{
			inspectOuter{Name: "x", RejectHint: 3, Wait: time.Second, List: []inspectInner{{A: 1}, {B: 2}}, Map: map[string]int{"b": 2, "a": 1}, hidden: 3, Err: errors.New("e")},
			"inspectOuter name x, reject hint 3, wait 1s, list [{a 1}, {b 2}], map {a: 1, b: 2}, hidden 3, err e",
		},
	} {
		if got := inspectBrief(c.body, 200); got != c.want {
			t.Errorf("%#v: %q, expected %q", c.body, got, c.want)
		}
	}
	if got := inspectBrief(strings.Repeat("a", 1000), 30); len([]rune(got)) != 30 {
		t.Errorf("%q is too long", got)
	}
}
