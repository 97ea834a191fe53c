package lint

import (
	"slices"
	"strings"
)

var importRules = []rule{
	{"layers", "imports point one way, cmd -> tui, telemetry, nodes -> scenarios -> checker, faults -> sim, so that each layer can be read, tested and used without those above it", checkLayers},
	{"libraries", "the simulated core stays light: a library enters a run only if somebody has seen that it is deterministic, and only where it is needed", checkLibraries},
	{"dot-imports", "a name without its package hides from readers, and from the rules below, where it comes from", checkDotImports},
	{"steady", "a property test that draws anew in every run makes the gate a matter of luck: import internal/steady for its effect", checkSteady},
}

// core is what everything above the scenarios may build on.
const core = "sim checker/... faults/... scenarios/... internal/suggest"

// layers says which packages of the project a package may import: the first row
// that matches it counts, and every package needs one. Tests are free,
// except that those of the checker do not import the simulator either.
var layers = []struct{ pkg, may, why string }{
	{"sim", "", "the kernel stands alone: it must be possible to use it without anything else here"},
	{"sim/simtest", "sim", "go test on top of the kernel, for worlds that know nothing of systems or scenarios"},
	{"checker/...", "checker/...", "a history is a value, wherever it came from: the checker must not know that there is a simulator"},
	{"faults/chaosmesh", "sim faults/... internal/suggest", "documents are read into faults, and misspelt fields are met with the nearest name"},
	{"faults/...", "sim faults/...", "a fault says what breaks in a world; what is judged or asked of it is not its business"},
	{"scenarios/...", core, "a scenario joins any system to any workload, faults and checks; it must not know a particular one"},
	{"nodes", core + " nodes/*", "the list of all systems"},
	{"nodes/systest", core + " sim/simtest internal/golden internal/steady", "the examiner of systems is test code that several packages share"},
	{"nodes/*", core + " nodes/*", "a system may build on another, never on the list that holds it, and never on how it is shown"},
	{"telemetry/...", core + " telemetry/...", "what a run looked like follows from its events, for systems nobody has written yet; the screen is one of its readers"},
	{"tui/...", core + " telemetry/... tui/...", "the player shows any run; it is handed the systems, and knows none of them"},
	{"cmd/...", core + " nodes/... telemetry/... tui/... cmd/...", "the command joins everything; nobody imports it"},
	{"internal/lint internal/golden internal/suggest internal/steady", "", "tools that look at the project from outside cannot depend on it"},
	{"internal/...", core + " sim/simtest nodes/... telemetry/... tui/... internal/...", "shared test help; the command stays on top"},
}

func checkLayers(r *repo, report reporter) {
	for _, f := range r.goFiles() {
		row := slices.IndexFunc(layers, func(l struct{ pkg, may, why string }) bool { return in(f.dir, l.pkg) })
		if row < 0 && !f.test {
			report(f.path, 1, "package %s has no row in the table of layers", f.dir)
		}
		for _, spec := range f.syntax.Imports {
			pkg, ours := strings.CutPrefix(importPath(spec), r.module+"/")
			if !ours || row < 0 {
				continue
			}
			bad := !in(pkg, layers[row].may)
			if f.test {
				bad = in(f.dir, "checker/...") && in(pkg, "sim/...")
			}
			if bad {
				report(f.path, r.line(spec.Pos()), "%s may not import %s: %s", f.dir, pkg, layers[row].why)
			}
		}
	}
}

// libraries says which modules a package may import besides the project's own;
// the first row that matches counts, and a package without one is free. Tests
// are free too.
var libraries = []struct{ pkg, may, why string }{
	{"sim/simtest", "github.com/cockroachdb/datadriven", "stories are text files with what is shown, which it reads, compares and rewrites"},
	{"sim/...", "", "whoever trusts the kernel should have nothing but the kernel to trust"},
	{"checker/...", "github.com/anishathalye/porcupine", "linearizability is porcupine's"},
	{"faults/...", "go.yaml.in/yaml/v3", "faults are read from YAML with line and column"},
	{"scenarios/gen", "pgregory.net/rapid", "what it draws are rapid's values, for property tests, which alone import it"},
	{"scenarios/compare", "github.com/HdrHistogram/hdrhistogram-go", "the latencies of thousands of runs are counted in a histogram, not kept"},
	{"scenarios/...", "go.yaml.in/yaml/v3", "scenarios are read from YAML; porcupine is reached through the checker, which knows its traps"},
	{"nodes/raft", "go.etcd.io/raft/v3 google.golang.org/protobuf", "the real Raft runs inside, driven deterministically, and its messages are protobuf"},
	{"nodes/...", "", "a system is its algorithm in straight lines; a library that is the real thing gets a row of its own"},
	{"internal/steady", "pgregory.net/rapid", "it sets that library's flag, for tests"},
	{"internal/...", "", "the gate must not depend on what it guards"},
}

func checkLibraries(r *repo, report reporter) {
	for _, f := range r.goFiles() {
		row := slices.IndexFunc(libraries, func(l struct{ pkg, may, why string }) bool { return in(f.dir, l.pkg) })
		if f.test || row < 0 {
			continue
		}
		for _, spec := range f.syntax.Imports {
			p := importPath(spec)
			host, _, _ := strings.Cut(p, "/")
			if !strings.Contains(host, ".") || below(p, r.module) {
				continue
			}
			known := func(module string) bool { return below(p, module) }
			if !slices.ContainsFunc(strings.Fields(libraries[row].may), known) {
				report(f.path, r.line(spec.Pos()), "%s may not import %s: %s", f.dir, p, libraries[row].why)
			}
		}
	}
}

// checkSteady wants one file among the tests of a package, since they are one
// program. The examiner of systems brings it along, for those outside too.
func checkSteady(r *repo, report reporter) {
	steady := map[string]bool{}
	for _, f := range r.goFiles() {
		for _, spec := range f.syntax.Imports {
			if in(importPath(spec), r.module+"/internal/steady "+r.module+"/nodes/systest") {
				steady[f.dir] = true
			}
		}
	}
	for _, f := range r.goFiles() {
		for _, spec := range f.syntax.Imports {
			if f.test && importPath(spec) == "pgregory.net/rapid" && !steady[f.dir] {
				report(f.path, r.line(spec.Pos()), "package %s draws with a seed of its own", f.dir)
			}
		}
	}
}

func checkDotImports(r *repo, report reporter) {
	for _, f := range r.goFiles() {
		for _, spec := range f.syntax.Imports {
			if spec.Name != nil && spec.Name.Name == "." {
				report(f.path, r.line(spec.Pos()), "import . %s", spec.Path.Value)
			}
		}
	}
}
