// Package golden compares what a test produced with a file that was read and
// committed. A test that calls Check gives its package the flag -update, which
// writes the files anew:
//
//	go test ./scenarios -run TestReport -update
//
// Read the difference before committing it: a golden file is a promise of what
// the program shows, and the flag makes it easy to promise something else.
package golden

import (
	"errors"
	"flag"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
)

var update = flag.Bool("update", false, "write the golden files anew instead of comparing with them")

// Check fails the test, with a diff by lines, if got is not byte for byte what the
// file holds. The path is relative to the package under test, by custom in its
// testdata. The test goes on after a difference, so that one run shows them all.
func Check[Text string | []byte](t testing.TB, got Text, path string) {
	t.Helper()
	want, err := os.ReadFile(path)
	missing := errors.Is(err, fs.ErrNotExist)
	switch {
	case err != nil && !missing:
		t.Fatalf("golden: %v", err)
	case !missing && string(want) == string(got):
	case *update:
		if err := write(path, string(got)); err != nil {
			t.Fatalf("golden: %v", err)
		}
		t.Logf("golden: wrote %s", path)
	case missing:
		t.Errorf("golden: %s does not exist\nhint: run this test again with -update to write it", path)
	default:
		t.Errorf("golden: %s differs (- file, + this run):\n%shint: run this test again with -update if the new text is right",
			path, diff(string(want), string(got)))
	}
}

func write(path, text string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		return err
	}
	return os.WriteFile(path, []byte(text), 0o666)
}
