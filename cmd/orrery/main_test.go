package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/orrery-sim/orrery/internal/golden"
	"github.com/orrery-sim/orrery/nodes"
)

// orrery runs one command line.
func orrery(args ...string) (code int, out, errs string) {
	var o, e bytes.Buffer
	code = execute(context.Background(), args, &o, &e)
	return code, o.String(), e.String()
}

var changing = regexp.MustCompile(`\b[0-9a-f]{16}\b|in [0-9.]+s, [0-9]+ per second|go[0-9.]+$`)

// TestCommands is what each command prints, and its exit code.
func TestCommands(t *testing.T) {
	for _, c := range []struct {
		name string
		code int
		line string
	}{
		{"explain-system", 0, "explain echo"},
		{"explain-fault", 0, "explain isolate"},
		{"explain-check", 0, "explain linearizable"},
		{"explain-model", 0, "explain counter"},
		{"explain-faults", 0, "explain faults"},
		{"explain-storms", 0, "explain storms"},
		{"run-storm", 0, "run echo/storm --seed 5"},
		{"run", 0, "run echo/calm"},
		{"run-violated", 1, "run echo/restarts --seed 1 --mutant unsynced"},
		{"run-json", 2, "run echo/calm --json --until 1s"},
		{"run-faults", 0, "run echo/calm --faults testdata/faults.txt --fault at_1s_for_1s:_crash_n1"},
		{"run-file", 0, "run testdata/mine.yaml"},
		{"sweep", 0, "sweep echo/calm --seeds 19-21 --until 13s"},
		{"sweep-violated", 1, "sweep echo/restarts --seeds 4 --mutant unsynced --workers 1"},
		{"sweep-json", 0, "sweep echo/calm --seeds 2 --json"},
		{"compare", 0, "compare raft/minority-leader --knob reads=quorum,local --knob fsync=5ms --seeds 2 --until 12s"},
		{"compare-json", 0, "compare echo/calm --seeds 2 --json"},
		{"trace", 0, "trace raft/slow-disk --seed 2 --until 6s --slowest 3"},
		{"trace-why", 0, "trace raft/local-reads --seed 1 --why violation"},
		{"check", 1, "check testdata/stale.jsonl"},
		{"check-session", 1, "check testdata/own-post.jsonl --check read-your-writes"},
		{"check-json", 1, "check testdata/stale.jsonl --json"},
		{"help", 0, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			args := strings.Fields(c.line)
			for i := range args {
				args[i] = strings.ReplaceAll(args[i], "_", " ") // a word with spaces
			}
			code, out, errs := orrery(args...)
			if code != c.code || errs != "" {
				t.Errorf("exit code %d, expected %d; errors: %s", code, c.code, errs)
			}
			golden.Check(t, changing.ReplaceAllString(out, "..."), "testdata/"+c.name+".golden")
		})
	}
}

// TestMisuse is what is said about command lines that are wrong. All exit alike.
func TestMisuse(t *testing.T) {
	var b strings.Builder
	for _, line := range []string{
		"rnu echo/calm", "zebra", "run", "run a b", "run echo/clam", "run ehco/calm", "run ehco", "run echo",
		"run testdata/mien.yaml", "run testdata/broken.yaml", "run echo/calm --sede 3", "run echo/calm -x", "run echo/calm --seed -1",
		"run echo/calm --knob a", "run echo/calm --knob a=1", "run echo/calm --mutant unsinced", "run echo/calm --fault x",
		"run echo/calm --faults testdata/fault.txt", "run echo/calm --faults testdata/bad-faults.txt", "run echo/calm --until -1s",
		"run echo/calm --faults testdata/bad-chaos.yaml", "run echo/calm --faults testdata/chaos-of-nobody.yaml",
		"sweep", "sweep echo/calm --seeds 5-3", "sweep echo/calm --seeds x", "sweep echo/calm --seeds 0-18446744073709551615",
		"sweep echo/calm --workers -1", "sweep echo/calm --mutant x", "run echo/calm --traces a.json", "run echo/calm --traces a.jaeger.json --sample often", "run echo/calm --traces a.otlp.json --sample 2",
		"run echo/calm --window 1s-2s", "run echo/calm --spacetime a.svg --window 2s-1s", "run echo/calm --shiviz a.log --window now",
		"trace", "trace echo/calm --why x", "trace echo/calm --why violation", "trace echo/calm --why 99999999", "trace echo/calm --slowest -1",
		"compare", "compare echo/calm --seeds x", "compare echo/calm --knob a", "compare echo/calm --knob a=1,2", "compare raft/calm --knob fsync=1ms,1ms",
		"compare raft/calm --knob reads=quorum,qourum", "compare raft/calm --knob fsync=1ms,2ms --knob fsync=3ms,4ms", "compare echo/calm --plot a.gif", "compare echo/calm --workers -1",
		"check", "check testdata/stael.jsonl", "check testdata/broken.jsonl",
		"check testdata/stale.jsonl --model counter2", "check testdata/stale.jsonl --check monotonic-read", "check testdata/stale.jsonl --keys some", "explain", "explain isolte", "explain zebra",
		"tui a b", "tui echo/clam", "tui echo/calm --theme drak", "tui --at 5", "tui echo/calm --seed x", "tui testdata/broken.yaml", "tui echo/calm --knob a=1", "tui echo/calm",
		"list x", "version x", "new", "new Echo", "new echo", "new main", "new doc", "new a-b", "new testdata",
	} {
		code, out, errs := orrery(strings.Fields(line)...)
		if code != misuse || out != "" || !strings.HasPrefix(errs, "orrery: ") {
			t.Errorf("%q: exit code %d, output %q, errors %q", line, code, out, errs)
		}
		b.WriteString("$ orrery " + line + "\n" + errs)
	}
	golden.Check(t, b.String(), "testdata/misuse.golden")
}

func TestList(t *testing.T) {
	code, out, errs := orrery("list")
	const want = "echo: the smallest system: one server that says back what it hears, and tells how often it has heard it.\n" +
		"  echo/calm                        With nothing broken, every request is answered within a few milliseconds.\n"
	if code != 0 || errs != "" || !strings.Contains(out, want) {
		t.Errorf("%d\n%s%s", code, out, errs)
	}
}

// TestHelp names only scenarios that there are.
func TestHelp(t *testing.T) {
	_, out, _ := orrery("help")
	names := regexp.MustCompile(`orrery (?:run|sweep) (\S+)`).FindAllStringSubmatch(out, -1)
	if len(names) == 0 {
		t.Error("no examples")
	}
	for _, name := range names {
		if _, err := nodes.All.Load(name[1]); err != nil {
			t.Error(err)
		}
	}
}

func TestVersion(t *testing.T) {
	if code, out, _ := orrery("version"); code != 0 || !strings.HasPrefix(out, "orrery ") || !strings.Contains(out, "go1.") {
		t.Errorf("%d %q", code, out)
	}
}

func TestCompletion(t *testing.T) {
	for _, shell := range []string{"bash", "zsh", "fish", "powershell"} {
		if code, out, _ := orrery("completion", shell); code != 0 || !strings.Contains(out, "orrery") {
			t.Errorf("%s: %d", shell, code)
		}
	}
	if _, out, _ := orrery("__complete", "run", ""); !strings.Contains(out, "echo/calm\n") {
		t.Errorf("run completes to %q", out)
	}
	if _, out, _ := orrery("__complete", "explain", "iso"); !strings.Contains(out, "isolate\n") {
		t.Errorf("explain completes to %q", out)
	}
}

// TestReproduce pastes the line that a failed run ends with: it shows the same.
func TestReproduce(t *testing.T) {
	_, out, _ := orrery("run", "echo/restarts", "--seed", "3", "--mutant", "unsynced", "--until", "9s",
		"--fault", "at 1s for 100ms: cut c1 -> n1")
	_, line, ok := strings.Cut(out, "\nreproduce: "+program()+" ")
	if !ok {
		t.Fatalf("no line to reproduce in\n%s", out)
	}
	if got := program(); got != "go run ./cmd/orrery" { // a test is built where go run builds
		t.Errorf("the program calls itself %q", got)
	}
	words, err := exec.Command("sh", "-c", "printf '%s\\n' "+strings.TrimSpace(line)).Output()
	if err != nil {
		t.Fatal(err)
	}
	if _, again, _ := orrery(strings.Split(strings.TrimSpace(string(words)), "\n")...); again != out {
		t.Errorf("pasted, %s shows\n%s\ninstead of\n%s", line, again, out)
	}
}

// TestHistory has check come to the verdict of the run that wrote the file, in both
// forms.
func TestHistory(t *testing.T) {
	dir := t.TempDir()
	for _, mutant := range []string{"", "unsynced"} {
		for _, name := range []string{"h.jsonl", "h.edn"} {
			path, picture := filepath.Join(dir, name), filepath.Join(dir, "p.html")
			ran, _, errs := orrery("run", "echo/restarts", "--mutant", mutant, "--history", path, "--picture", picture)
			checked, out, more := orrery("check", path, "--model", "counter", "--picture", picture)
			if ran != checked || errs != "" || (mutant == "") != (more != "") || (mutant != "") != (ran == 1) {
				t.Errorf("mutant %q, %s: run exits with %d, check with %d: %s%s%s", mutant, name, ran, checked, out, errs, more)
			}
			if info, err := os.Stat(picture); err != nil || info.Size() == 0 {
				t.Errorf("no picture: %v", err)
			}
		}
	}
}

func TestVerbose(t *testing.T) {
	if _, out, errs := orrery("run", "echo/calm", "-v", "--until", "1s"); strings.Count(errs, "\n") < 100 || !strings.Contains(errs, "deliver") || strings.Contains(out, "deliver") {
		t.Errorf("events: %.200s", errs)
	}
}

// TestInterrupt has what is there printed, which does not count as ok.
func TestInterrupt(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	for _, line := range []string{"run echo/calm", "sweep echo/calm"} {
		var out, errs bytes.Buffer
		if code := execute(ctx, strings.Fields(line), &out, &errs); code != 2 || !strings.Contains(out.String(), "echo/calm") {
			t.Errorf("%s: %d\n%s%s", line, code, &out, &errs)
		}
	}
}

// TestPlain has no escapes and no progress in what goes elsewhere than to a terminal.
func TestPlain(t *testing.T) {
	_, out, errs := orrery("sweep", "echo/calm", "--seeds", "3")
	if strings.ContainsRune(out+errs, '\x1b') || errs != "" {
		t.Errorf("%q %q", out, errs)
	}
}

func TestWriteFile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "file")
	write := func(text string, err error) func(io.Writer) error {
		return func(w io.Writer) error {
			io.WriteString(w, text)
			return err
		}
	}
	expect := func(text string, n int) {
		t.Helper()
		got, _ := os.ReadFile(path)
		entries, _ := os.ReadDir(dir)
		if string(got) != text || len(entries) != n {
			t.Errorf("the file holds %q, expected %q; %d files in the folder, expected %d", got, text, len(entries), n)
		}
	}
	broken := errors.New("broken")
	if err := writeFile(path, write("half", broken)); !errors.Is(err, broken) || !strings.Contains(err.Error(), path) {
		t.Error(err)
	}
	expect("", 0)
	if err := writeFile(path, write("whole", nil)); err != nil {
		t.Error(err)
	}
	expect("whole", 1)
	if err := writeFile(path, write("half", broken)); !errors.Is(err, broken) {
		t.Error(err)
	}
	expect("whole", 1)
	if err := writeFile(filepath.Join(dir, "none", "file"), write("x", nil)); err == nil {
		t.Error("no error without a folder")
	}
	if err := writeFile(dir, write("x", nil)); err == nil {
		t.Error("a folder is written over")
	}
	if err := writeFile(os.DevNull, write("x", nil)); err != nil {
		t.Error(err)
	}
	if info, err := os.Stat(os.DevNull); err != nil || info.Mode().IsRegular() {
		t.Errorf("%s is a file now: %v", os.DevNull, err)
	}
	if code, _, errs := orrery("run", "echo/calm", "--history", filepath.Join(dir, "none", "h.edn")); code != misuse || !strings.Contains(errs, "cannot write") {
		t.Errorf("a history that cannot be written: %d, %s", code, errs)
	}
}

// TestNew builds and tests what orrery new writes, in a module of a user's.
func TestNew(t *testing.T) {
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	t.Chdir(dir)
	if code, out, errs := orrery("new", "parrot"); code != 0 || !strings.Contains(out, "go test ./parrot") {
		t.Fatalf("%d %s%s", code, out, errs)
	}
	if code, _, errs := orrery("new", "parrot"); code != misuse || !strings.Contains(errs, "there already") {
		t.Errorf("a second time: %d %s", code, errs)
	}
	if entries, err := os.ReadDir("."); err != nil || len(entries) != 1 {
		t.Errorf("left in the folder: %v, %v", entries, err)
	}
	if testing.Short() {
		t.Skip("building it takes a while")
	}
	gomod, err := os.ReadFile(filepath.Join(root, "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	sums, err := os.ReadFile(filepath.Join(root, "go.sum"))
	if err != nil {
		t.Fatal(err)
	}
	const module = "github.com/orrery-sim/orrery"
	text := strings.Replace(string(gomod), "module "+module, "module example.com/mine", 1) +
		"\nrequire " + module + " v0.0.0\nreplace " + module + " => " + root + "\n"
	if err := errors.Join(os.WriteFile("go.mod", []byte(text), 0o600), os.WriteFile("go.sum", sums, 0o600)); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("go", "test", "-mod=mod", "-short", "./parrot")
	cmd.Env = append(os.Environ(), "GOFLAGS=", "GOPROXY=off")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("its tests fail: %v\n%s", err, out)
	}
}
