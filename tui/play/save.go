package play

import (
	"bytes"
	"errors"
	"fmt"
	"go/format"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"text/template"
	"unicode"

	"github.com/orrery-sim/orrery/checker"
	"github.com/orrery-sim/orrery/scenarios"
	"github.com/orrery-sim/orrery/sim"
)

// Saved are the files of a saved session.
type Saved struct {
	Scenario string // path of the scenario file
	Test     string // path of the Go test
	Run      string // the line that runs the test
	Outcome  string // how the run ends
}

// CheckName says what is wrong with the name of a saved session.
func CheckName(name string) error {
	if !nameForm.MatchString(name) {
		return fmt.Errorf("name %q: expected lower-case words joined by hyphens, such as isolated-leader", name)
	}
	return nil
}

var nameForm = regexp.MustCompile(`^[a-z][a-z0-9]*(-[a-z0-9]+)*$`)

// Save writes a script as a scenario file, DIR/NAME.yaml, and as a Go test beside it
// that repeats it. It runs the script to know how it ends. What is there already is not
// overwritten; either both files are written or none.
func Save(script Script, dir, name string) (Saved, error) {
	var saved Saved
	if err := CheckName(name); err != nil {
		return saved, err
	}
	pack, err := packageName(dir)
	if err != nil {
		return saved, err
	}
	saved.Scenario = filepath.Join(dir, name+".yaml")
	saved.Test = filepath.Join(dir, strings.ReplaceAll(name, "-", "_")+"_test.go")
	for _, path := range []string{saved.Scenario, saved.Test} {
		if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
			return saved, fmt.Errorf("%s is there already: expected a new name", path)
		}
	}
	s, report, err := outcome(script, name)
	if err != nil {
		return saved, err
	}
	text, err := testText(pack, name, s, report)
	if err != nil {
		return saved, err
	}
	saved.Outcome = report.Status
	saved.Run = "go test -run '^" + testName(name) + "$' ./" + strings.TrimPrefix(filepath.ToSlash(dir), "./")
	if dir == "." || dir == "" {
		saved.Run = "go test -run '^" + testName(name) + "$' ."
	}
	if err := writeNew(saved.Scenario, s.YAML()); err != nil {
		return saved, err
	}
	if err := writeNew(saved.Test, text); err != nil {
		return saved, errors.Join(err, os.Remove(saved.Scenario))
	}
	return saved, nil
}

// outcome runs the script, and returns it as a scenario that expects what happened.
func outcome(script Script, name string) (*scenarios.Scenario, *scenarios.Report, error) {
	run, err := scenarios.NewRun(script.Base(), script.Options())
	if err != nil {
		return nil, nil, err
	}
	defer run.Close()
	s := run.Saved()
	report := run.Execute(nil)
	s.Name, s.Expect, s.Check = name, report.Outcome(), ""
	if s.Expect == sim.Violated || s.Expect == sim.Stuck {
		i := slices.IndexFunc(report.Checks, func(r scenarios.Result) bool { return r.Verdict == checker.Violated })
		if i >= 0 {
			s.Check = report.Checks[i].Check
		}
	}
	return s, report, nil
}

// packageName is what Go files in the directory belong to.
func packageName(dir string) (string, error) {
	files, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		return "", err
	}
	for _, path := range files {
		f, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.PackageClauseOnly)
		if err == nil {
			return strings.TrimSuffix(f.Name.Name, "_test") + "_test", nil
		}
	}
	abs, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	name := strings.Map(func(r rune) rune {
		if r < 0x80 && (unicode.IsLower(r) || unicode.IsDigit(r)) {
			return r
		}
		return -1
	}, strings.ToLower(filepath.Base(abs)))
	if name == "" || unicode.IsDigit(rune(name[0])) || token.IsKeyword(name) {
		name = "sessions"
	}
	return name + "_test", nil
}

// testName is the name of the test of a session.
func testName(name string) string {
	var b strings.Builder
	b.WriteString("Test")
	for part := range strings.SplitSeq(name, "-") {
		b.WriteString(strings.ToUpper(part[:1]) + part[1:])
	}
	return b.String()
}

var testTemplate = template.Must(template.New("").Parse(`package {{.Package}}

import (
	"strings"
	"testing"

	"github.com/orrery-sim/orrery/nodes"
	"github.com/orrery-sim/orrery/scenarios"
)

// {{.Test}} repeats a session that was played by hand: {{.System}}, seed {{.Seed}}.
{{range .Acts}}//
//	{{.}}
{{end}}func {{.Test}}(t *testing.T) {
	scenario, err := nodes.All.Load("./{{.Name}}.yaml")
	if err != nil {
		t.Fatal(err)
	}
	run, err := scenarios.NewRun(scenario, scenarios.Options{Seed: scenario.DefaultSeed()})
	if err != nil {
		t.Fatal(err)
	}
	defer run.Close()
	report := run.Execute(nil)
	var text strings.Builder
	if !report.AsExpected() {
		if err := report.WriteText(&text); err != nil {
			t.Fatal(err)
		}
		t.Fatal(text.String())
	}
	// The very run that was played. It changes when the system or the kernel does: the
	// outcome above must still be right then.
	const hash = "{{.Hash}}"
	if report.Hash != hash {
		t.Errorf("hash %s, expected %s: another run than the one that was played", report.Hash, hash)
	}
}
`))

// testText is the Go test of a session.
func testText(pack, name string, s *scenarios.Scenario, r *scenarios.Report) ([]byte, error) {
	var acts []string
	for _, f := range s.Faults {
		acts = append(acts, f.String())
	}
	var b bytes.Buffer
	err := testTemplate.Execute(&b, map[string]any{
		"Package": pack, "Name": name, "Test": testName(name), "System": s.System.Name, "Seed": s.DefaultSeed(), "Acts": acts, "Hash": r.Hash,
	})
	if err != nil {
		return nil, err
	}
	return format.Source(b.Bytes())
}

// writeNew writes a file that must not be there yet, whole or not at all.
func writeNew(path string, text []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return fmt.Errorf("cannot write %s: %w", path, err)
	}
	defer os.Remove(f.Name())
	_, err = f.Write(text)
	err = errors.Join(err, f.Chmod(0o644), f.Close())
	if err == nil {
		err = os.Link(f.Name(), path) // fails if somebody else has made it meanwhile
	}
	if err != nil {
		return fmt.Errorf("cannot write %s: %w", path, err)
	}
	return nil
}
