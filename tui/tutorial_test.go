package tui_test

import (
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	_ "github.com/orrery-sim/orrery/internal/golden" // has the flag
	"github.com/orrery-sim/orrery/nodes"
	"github.com/orrery-sim/orrery/tui"
	"github.com/orrery-sim/orrery/tui/draw"
)

const tutorial = "../docs/70-player.md"

// block is a fenced block of the tutorial: keys that are pressed, or the screen that is
// seen then.
var block = regexp.MustCompile("(?ms)^```(keys|screen)\n(.*?)^```\n")

// TestReadme sees to it that a screen in the README is one of the tutorial.
func TestReadme(t *testing.T) {
	readme, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	chapter, err := os.ReadFile(tutorial)
	if err != nil {
		t.Fatal(err)
	}
	parts := block.FindAllString(string(readme), -1)
	if len(parts) == 0 {
		t.Fatal("the README shows no screen")
	}
	for _, part := range parts {
		if !strings.Contains(string(chapter), part) {
			t.Errorf("a screen of the README is not in %s any more: copy it from there", tutorial)
		}
	}
}

// TestTutorial presses the keys of the tutorial, and compares the screens that are in it
// with those that are seen; -update writes them anew. At its end it runs the Go test that
// was saved on the way.
func TestTutorial(t *testing.T) {
	path, err := filepath.Abs(tutorial)
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	dir, err := os.MkdirTemp(".", "tutorial") // inside the module, for the saved test
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	t.Chdir(dir)
	m, err := tui.New(tui.Config{Catalog: nodes.All, Theme: draw.Themes[0], Dir: "."})
	if err != nil {
		t.Fatal(err)
	}
	p := seat(t, m, 100, 32)
	screens := 0
	now := block.ReplaceAllStringFunc(string(text), func(b string) string {
		part := block.FindStringSubmatch(b)
		if part[1] == "keys" {
			for _, k := range strings.Fields(part[2]) {
				p.keys(k).wait()
			}
			return b
		}
		screens++
		return "```screen\n" + p.screen() + "```\n"
	})
	if screens < 5 {
		t.Fatalf("%s has %d screens", tutorial, screens)
	}
	update := flag.Lookup("update")
	switch {
	case now == string(text):
	case update != nil && update.Value.String() == "true":
		if err := os.WriteFile(path, []byte(now), 0o644); err != nil {
			t.Fatal(err)
		}
	default:
		t.Errorf("screens in %s are not what is seen: go test ./tui -run Tutorial -update, and look at the difference", tutorial)
	}
	if saved, _ := filepath.Glob("*_test.go"); len(saved) == 0 {
		t.Fatal("nothing was saved")
	}
	if testing.Short() {
		return // a test that builds tests takes its time
	}
	if out, err := exec.Command("go", "test", ".").CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}
