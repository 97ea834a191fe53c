package checker

import (
	"fmt"
	"io"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// porcupineData returns the test data of the porcupine module: logs of Jepsen's
// test of etcd, collected by Alex Horn (github.com/ahorn/linearizability-checker),
// and of a key-value store.
func porcupineData(t *testing.T) string {
	t.Helper()
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/anishathalye/porcupine").Output()
	dir := strings.TrimSpace(string(out))
	if err != nil || dir == "" {
		t.Skipf("NOT TESTED: no verdict on the 108 histories of porcupine's test data was compared, since go list does not find the module: %v", err)
	}
	return filepath.Join(dir, "test_data")
}

// linearizableEtcd are the numbers of the logs that porcupine_test.go states to
// be linearizable. It states all others from 0 to 102 not to be, except 95, which
// is an empty file.
var linearizableEtcd = []int{2, 5, 7, 18, 25, 31, 38, 45, 48, 49, 51, 53, 56, 67, 75, 76, 80, 87, 92, 98, 100, 101, 102}

func TestPorcupineEtcd(t *testing.T) {
	dir := porcupineData(t)
	for n := range 103 {
		if n == 95 {
			continue
		}
		want := Violated
		if slices.Contains(linearizableEtcd, n) {
			want = OK
		}
		judgeFile(t, casRegisterModel, filepath.Join(dir, "jepsen", fmt.Sprintf("etcd_%03d.log", n)), want)
	}
}

func TestPorcupineKV(t *testing.T) {
	dir := porcupineData(t)
	for name, want := range map[string]Verdict{
		"c01-ok": OK, "c10-ok": OK, "c50-ok": OK, "c01-bad": Violated, "c10-bad": Violated, "c50-bad": Violated,
	} {
		judgeFile(t, kvModel, filepath.Join(dir, "kv", name+".txt"), want)
	}
}

// judgeFile compares the verdict on a file, and draws a violation.
func judgeFile(t *testing.T, m Model, path string, want Verdict) {
	t.Helper()
	h, err := ReadFile(path, ReadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	r := Linearizable{m}.Check(h, Limits{})
	if r.Verdict != want {
		t.Errorf("%s: %s, want %s", filepath.Base(path), r.Report(0), want)
	}
	if r.Violation == nil {
		return
	}
	if lanes := r.Violation.Lanes(100); strings.Count(lanes, "!") < 2 {
		t.Errorf("%s: the offending operation is not marked:\n%s", filepath.Base(path), lanes)
	}
	if err := r.Violation.WriteHTML(io.Discard); err != nil {
		t.Errorf("%s: %v", filepath.Base(path), err)
	}
}
