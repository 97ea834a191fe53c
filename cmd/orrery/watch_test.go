package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/orrery-sim/orrery/internal/golden"
)

// Each form of a file of traces, of the operations that failed.
func TestTraces(t *testing.T) {
	for _, form := range []string{"otlp", "jaeger", "zipkin"} {
		name := filepath.Join(t.TempDir(), "run."+form+".json")
		line := "run echo/restarts --seed 1 --until 5s --sample failed,0.05 --traces " + name
		if code, _, errs := orrery(strings.Fields(line)...); code != 2 || errs != "" {
			t.Errorf("%s: exit code %d, errors %q", form, code, errs)
		}
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if !json.Valid(text) && form != "otlp" { // of which each line is a document
			t.Errorf("%s: not JSON", form)
		}
		golden.Check(t, string(text), "testdata/traces-"+form+".golden")
	}
}

// What a violated check names is known after the run, and traced when it is repeated.
func TestTracesOfAViolation(t *testing.T) {
	name := filepath.Join(t.TempDir(), "run.zipkin.json")
	code, out, errs := orrery("run", "raft/local-reads", "--seed", "1", "--traces", name, "--sample", "violation")
	if code != 0 || errs != "" || !strings.Contains(out, "violated") {
		t.Fatalf("exit code %d: %s", code, errs)
	}
	text, err := os.ReadFile(name)
	var spans []struct {
		TraceID, Name string
		LocalEndpoint struct{ ServiceName string }
	}
	if err != nil || json.Unmarshal(text, &spans) != nil || len(spans) == 0 {
		t.Fatalf("%v: %s", err, text)
	}
	for _, s := range spans {
		if s.TraceID != spans[0].TraceID && s.LocalEndpoint.ServiceName != "faults" {
			t.Errorf("there is more than one trace: %s", text)
		}
	}
}

// What cannot be sent or written is said, and changes nothing about the verdict.
func TestTracesThatGoNowhere(t *testing.T) {
	dir := t.TempDir()
	for _, flags := range []string{"--otlp http://127.0.0.1:1", "--traces " + dir + "/none/a.otlp.json", "--otlp nowhere"} {
		code, out, errs := orrery(append(strings.Fields("run echo/calm --traces "+dir+"/a.jaeger.json"), strings.Fields(flags)...)...)
		if code != 0 || !strings.Contains(out, "\nok\nhash ") || !strings.HasPrefix(errs, "orrery: ") {
			t.Errorf("%s: exit code %d, errors %q", flags, code, errs)
		}
		if entries, _ := os.ReadDir(dir); len(entries) != 0 {
			t.Errorf("%s: it leaves %v", flags, entries)
		}
	}
}

// A saved run is traced with the seed that its file says, as it is run.
func TestTraceOfASavedRun(t *testing.T) {
	const saved = "../../nodes/raft/testdata/fail/reads-without-quorum.yaml"
	code, out, errs := orrery("trace", saved, "--why", "violation")
	if code != 0 || !strings.Contains(out, "seed 4, ") || !strings.Contains(out, "linearizable, violated") {
		t.Errorf("exit code %d, errors %q: %s", code, errs, out)
	}
}
