package checker

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/orrery-sim/orrery/internal/golden"
)

// TestReports shows what is said of the histories in testdata.
func TestReports(t *testing.T) {
	for _, test := range []struct{ file, model string }{
		{"stale-read.jsonl", "register"},
		{"lost-update.edn", "cas-register"},
		{"delivered-twice.log", "queue"},
		{"lost-element.edn", "set"},
		{"lost-element.edn", "lock"}, // which does not fit
		{"broken.edn", "register"},
	} {
		m, err := ModelNamed(test.model)
		if err != nil {
			t.Fatal(err)
		}
		name := strings.TrimSuffix(test.file, filepath.Ext(test.file))
		h, err := ReadFile(filepath.Join("testdata", test.file), ReadOptions{Name: test.file})
		report := ""
		if err != nil {
			report = err.Error() + "\n"
		} else {
			report = Linearizable{m}.Check(h, Limits{}).Report(80)
		}
		golden.Check(t, report, filepath.Join("testdata", name+"."+test.model+".txt"))
	}
}
