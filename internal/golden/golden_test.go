package golden

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	_ "github.com/orrery-sim/orrery/internal/steady"
	"pgregory.net/rapid"
)

func ExampleCheck() {
	// A test says golden.Check(t, report, "testdata/report.golden"), and shows:
	fmt.Println("- file, + this run:")
	fmt.Print(diff("a run\nok\n3 checks\nend\n", "a run\nviolated \n3 checks\nend\n"))
	// Output:
	// - file, + this run:
	//        1 a run
	// -      2 ok
	// +      2 "violated "
	//        3 3 checks
	//        4 end
}

// recorder is a test that notes what it is told instead of failing.
type recorder struct {
	testing.TB
	said string
}

func (r *recorder) Helper()                       {}
func (r *recorder) Logf(f string, args ...any)    { r.said += "log: " + fmt.Sprintf(f, args...) }
func (r *recorder) Errorf(f string, args ...any)  { r.said += "error: " + fmt.Sprintf(f, args...) }
func (r *recorder) Fatalf(f string, args ...any)  { r.said += "fatal: " + fmt.Sprintf(f, args...) }
func (r *recorder) check(got, path string) string { r.said = ""; Check(r, got, path); return r.said }

func TestCheck(t *testing.T) {
	path := filepath.Join(t.TempDir(), "testdata", "x.golden")
	r := &recorder{TB: t}
	expect := func(got, prefix string) {
		t.Helper()
		if said := r.check(got, path); !strings.HasPrefix(said, prefix) || prefix == "" && said != "" {
			t.Errorf("said %q, expected %q", said, prefix)
		}
	}
	setUpdate(t, false)
	expect("a\n", "error: golden: "+path+" does not exist")
	*update = true
	expect("a\n", "log: golden: wrote "+path)
	expect("a\n", "") // is equal: not written again
	*update = false
	expect("a\n", "")
	expect("b\n", "error: golden: "+path+" differs (- file, + this run):\n-      1 a\n+      1 b\nhint: ")
	expect("a", "error: ")
	*update = true
	expect("b\n", "log: ")
	*update = false
	expect("b\n", "")
	if text, err := os.ReadFile(path); string(text) != "b\n" || err != nil {
		t.Errorf("file holds %q, %v", text, err)
	}
	path = filepath.Dir(path)
	expect("", "fatal: ")
	Check(t, []byte("not written"), filepath.Join("testdata", "bytes.golden"))
}

// setUpdate sets the flag for one test, whatever the command line says.
func setUpdate(t *testing.T, value bool) {
	was := *update
	t.Cleanup(func() { *update = was })
	*update = value
}

func TestDiff(t *testing.T) {
	numbers := func(n int) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintln(&b, i)
		}
		return b.String()
	}
	long := numbers(1000)
	for _, c := range []struct{ name, old, new, want string }{
		{"equal", "a\n", "a\n", ""},
		{"far apart", long, strings.Replace(strings.Replace(long, "\n100\n", "\n", 1), "\n500\n", "\n500\nx\n", 1),
			"         ...\n      99 98\n     100 99\n-    101 100\n     101 101\n     102 102\n" +
				"         ...\n     499 499\n     500 500\n+    501 x\n     502 501\n     503 502\n"},
		{"hidden", "a\nb", "a\r\nb\n", "-      1 a\n-      2 b (no newline at the end)\n+      1 \"a\\r\"\n+      2 b\n"},
		{"nothing", "", "a\n", "+      1 a\n"},
		{"start and end overlap", "a\n", "a\na\n", "       1 a\n+      2 a\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := diff(c.old, c.new); got != c.want {
				t.Errorf("got\n%s\nwant\n%s", got, c.want)
			}
		})
	}
	if got := diff("", long); strings.Count(got, "\n") != maxShown+1 || !strings.HasSuffix(got, "and more: the texts have 0 and 1000 lines\n") {
		t.Errorf("a long diff is not cut short:\n%s", got)
	}
}

// TestCompare holds the diff against its definition: it makes one text of the
// other, and no shorter one does.
func TestCompare(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.SliceOfN(rapid.SampledFrom([]string{"a\n", "b\n", "c\n"}), 0, 8)
		a, b := text.Draw(t, "a"), text.Draw(t, "b")
		var old, new []string
		changes := 0
		for _, l := range compare(a, b) {
			if l.op != '+' {
				old = append(old, l.text)
			}
			if l.op != '-' {
				new = append(new, l.text)
			}
			if l.op != ' ' {
				changes++
			}
		}
		if !slices.Equal(old, a) || !slices.Equal(new, b) {
			t.Fatalf("diff makes %q of %q", new, old)
		}
		if want := distance(a, b); changes != want {
			t.Fatalf("%d changes, but %d are enough", changes, want)
		}
	})
}

// distance counts changes by trying everything.
func distance(a, b []string) int {
	switch {
	case len(a) == 0:
		return len(b)
	case len(b) == 0:
		return len(a)
	case a[0] == b[0]:
		return distance(a[1:], b[1:])
	}
	return 1 + min(distance(a[1:], b), distance(a, b[1:]))
}

// TestCompareHuge sees that no table is made for texts too large for it: what
// they share in the middle is not found.
func TestCompareHuge(t *testing.T) {
	around := func(text string) []string {
		half := slices.Repeat([]string{text}, 1500)
		return slices.Concat(half, []string{"shared\n"}, half)
	}
	if n := len(compare(around("a\n"), around("b\n"))); n != 6002 {
		t.Errorf("%d lines, expected 6002", n)
	}
}
