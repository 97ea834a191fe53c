package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"regexp"
	"runtime/pprof"
	"strconv"
	"strings"
	"testing"
)

// runOne does one run in this process and prints its sample. All of them run
// as a test, since synctest wants one; testing.Main ends the process.
func runOne(name string, n int, cpuprofile string) error {
	run, l, err := find(name)
	if err != nil {
		return err
	}
	if n == 0 {
		n = l.n
	}
	test := func(t *testing.T) {
		stop := startProfile(t, cpuprofile)
		s := run(t, l.span(n))
		stop()
		if t.Failed() {
			return
		}
		if err := json.NewEncoder(os.Stdout).Encode(s); err != nil {
			t.Error(err)
		}
	}
	every := func(pattern, name string) (bool, error) { return true, nil }
	testing.Main(every, []testing.InternalTest{{Name: name, F: test}}, nil, nil)
	return nil
}

// startProfile writes a CPU profile to a file until stop is called. An empty
// name is for none.
func startProfile(t *testing.T, name string) (stop func()) {
	if name == "" {
		return func() {}
	}
	f, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	if err := pprof.StartCPUProfile(f); err != nil {
		t.Fatal(err)
	}
	return func() {
		pprof.StopCPUProfile()
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	}
}

// timed does one run in a process of its own, so that no run finds the heap, the
// pools or the goroutines of another.
func timed(ctx context.Context, name string, n int) (sample, error) {
	self, err := os.Executable()
	if err != nil {
		return sample{}, err
	}
	cmd := exec.CommandContext(ctx, self, "-one", name, "-n", strconv.Itoa(n))
	cmd.Env = append(os.Environ(), "GOMAXPROCS=1")
	return output(cmd)
}

// output runs a command that prints a sample, and something after it.
func output(cmd *exec.Cmd) (s sample, err error) {
	var stdout, stderr strings.Builder
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		return s, fmt.Errorf("%s: %w\n%s%s", strings.Join(cmd.Args, " "), err, stdout.String(), stderr.String())
	}
	if err := json.NewDecoder(strings.NewReader(stdout.String())).Decode(&s); err != nil {
		return s, fmt.Errorf("%s: no sample in its output: %w", strings.Join(cmd.Args, " "), err)
	}
	if s.Ops == 0 {
		return s, fmt.Errorf("%s: it did nothing", strings.Join(cmd.Args, " "))
	}
	return s, nil
}

var instructionRefs = regexp.MustCompile(`I\s+refs:\s+([\d,]+)`)

// counted does one run under cachegrind and returns how many instructions the
// whole process took. Callgrind would tell more, but crashes on Go's threads.
func counted(ctx context.Context, name string, n int) (s sample, instructions int64, err error) {
	self, err := os.Executable()
	if err != nil {
		return s, 0, err
	}
	log, err := os.CreateTemp("", "cachegrind")
	if err != nil {
		return s, 0, err
	}
	defer os.Remove(log.Name())
	defer log.Close()
	cmd := exec.CommandContext(ctx, "valgrind", "--tool=cachegrind", "--cache-sim=no",
		"--cachegrind-out-file=/dev/null", "--log-file="+log.Name(), self, "-one", name, "-n", strconv.Itoa(n))
	cmd.Env = append(os.Environ(), "GOMAXPROCS=1", "GODEBUG=asyncpreemptoff=1", "GOGC=off")
	if s, err = output(cmd); err != nil {
		return s, 0, err
	}
	text, err := io.ReadAll(log)
	if err != nil {
		return s, 0, err
	}
	m := instructionRefs.FindSubmatch(text)
	if m == nil {
		return s, 0, fmt.Errorf("valgrind did not say how many instructions it saw:\n%s", text)
	}
	instructions, err = strconv.ParseInt(strings.ReplaceAll(string(m[1]), ",", ""), 10, 64)
	return s, instructions, err
}
