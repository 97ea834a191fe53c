package lint

import (
	"fmt"
	"go/types"
	"os"
	"strings"
	"sync"
	"testing"
)

const root = "../.." // of the repository

// imports knows the types of what the project imports, and of what the planted
// faults need besides.
var imports = sync.OnceValues(func() (types.Importer, error) { return exported(root, "maps", "slices") })

// TestHouse checks the repository against every rule.
func TestHouse(t *testing.T) {
	known, err := imports()
	if err != nil {
		t.Fatal(err)
	}
	r, err := load(os.DirFS(root), known)
	if err != nil {
		t.Fatal(err)
	}
	if len(r.goFiles()) == 0 {
		t.Fatal("no Go files found: is this the root of the repository?")
	}
	var found []finding
	for _, ru := range rules() {
		found = append(found, ru.run(r)...)
	}
	found = except(found, exceptions)
	for _, ru := range append(rules(), rule{name: "exceptions", why: "the list of files that may break the law only shrinks"}) {
		t.Run(ru.name, func(t *testing.T) {
			var broken strings.Builder
			for _, f := range found {
				if f.rule == ru.name {
					fmt.Fprintf(&broken, "    %s\n", f)
				}
			}
			if broken.Len() > 0 {
				t.Errorf("the rule: %s\n%s", ru.why, &broken)
			}
		})
	}
}
