package lint

import (
	"go/ast"
	"go/token"
	"go/types"
	"regexp"
	"slices"
	"strings"
)

// simulated are the packages whose code runs inside a world, or decides what a
// run was.
const simulated = "sim/... faults/... checker/... nodes/... scenarios/..."

// stepped are those of them that run as part of the world itself.
const stepped = "sim/... faults/... nodes/... scenarios/workload/..."

var simulatedRules = []rule{
	{"clock", "simulated code sees only its node's clock: a run that reads the wall clock is another run every time", banned("clock")},
	{"goroutine", "exactly one process runs at a time; the Go scheduler would order events differently on every run", each(simulated, lookGoroutines)},
	{"channel", "channels and select order events by the Go scheduler, select even at random; the kernel has its own", each(stepped, lookChannels)},
	{"sync", "one world is one thread of events: a lock would hide that something else is running", banned("sync")},
	{"random", "randomness comes from the seed, in streams keyed by purpose and place", banned("random")},
	{"outside", "a run may not depend on the machine it is on: not on its environment, network, processes or cores", banned("outside")},
	{"float", "functions of math that are not exact differ in the last bit between architectures", banned("float")},
	{"types", "what does not type-check cannot be judged by the next two rules", checkTypes},
	{"fused", "some architectures fuse x*y+z and round once, even across statements; only an explicit conversion, float64(x*y), stops them", checkFused},
	{"map-order", "the order of a map changes from run to run: sort the keys, or say on the line (or above) `// order-free: why`", checkMapOrder},
}

// exceptions are the files that may break the law so that all others can keep it.
// The list may only shrink.
var exceptions = []exception{
	{"sim/guard.go", "clock goroutine channel sync", "a process that never yields can be noticed from outside only: by another goroutine, in real time"},
	{"sim/proc.go", "goroutine channel", "a killed process that swallowed its end needs a throw-away goroutine to take the Goexit"},
	{"sim/simtest/simtest.go", "sync", "the seeds of a test run side by side, and count together how many have failed"},
	{"internal/steady/steady.go", "init", "its effect is all it is for"},
	{"scenarios/sweep.go", "sync outside", "a sweep runs a world on every core, and collects what they come to"},
}

// bans are the names that simulated code may not use.
var bans = []struct {
	rule  string
	pkg   string
	names string // separated by spaces; none means the package as a whole
	only  bool   // the names are what may be used, all others are banned
}{
	{"clock", "time", "Now Since Until After Tick NewTimer NewTicker AfterFunc Sleep Local LoadLocation", false},
	{"clock", "context", "WithTimeout WithTimeoutCause WithDeadline WithDeadlineCause", false},
	{"goroutine", "context", "AfterFunc", false},
	{"sync", "sync/...", "", false},
	{"random", "crypto/rand", "", false},
	{"random", "hash/maphash", "", false},
	{"random", "math/rand", "", false},
	{"random", "math/rand/v2", "New NewPCG NewChaCha8 Rand Source PCG ChaCha8", true},
	{"outside", "net/...", "", false},
	{"outside", "os/*", "", false},
	{"outside", "syscall", "", false},
	{"outside", "os", "Args Getenv LookupEnv Environ ExpandEnv Hostname Getpid Getppid Getuid Getwd UserHomeDir TempDir", false},
	{"outside", "runtime", "GOARCH GOOS GOMAXPROCS NumCPU NumGoroutine SetFinalizer AddCleanup", false},
	// IEEE 754 requires these to be exact or correctly rounded, or they only move bits.
	{"float", "math", "Abs Ceil Copysign FMA Float32bits Float32frombits Float64bits Float64frombits Floor Frexp Inf IsInf IsNaN " +
		"Ldexp Max Min Mod Modf NaN Nextafter Round RoundToEven Signbit Sqrt Trunc " +
		"E Pi Phi Sqrt2 Ln2 Ln10 Log2E Log10E MaxFloat32 MaxFloat64 SmallestNonzeroFloat32 SmallestNonzeroFloat64 " +
		"MaxInt MinInt MaxInt8 MinInt8 MaxInt16 MinInt16 MaxInt32 MinInt32 MaxInt64 MinInt64 " +
		"MaxUint MaxUint8 MaxUint16 MaxUint32 MaxUint64", true},
}

// banned makes the check for the bans of one rule.
func banned(name string) func(*repo, reporter) {
	return each(simulated, func(r *repo, f *file, report func(ast.Node, string, ...any)) {
		for _, b := range bans {
			if b.rule != name {
				continue
			}
			if b.names == "" {
				for _, spec := range f.syntax.Imports {
					if in(importPath(spec), b.pkg) {
						report(spec, "import of %s", importPath(spec))
					}
				}
				continue
			}
			uses(f.syntax, func(at ast.Node, _ []ast.Node, pkg, used string) {
				if pkg == b.pkg && slices.Contains(strings.Fields(b.names), used) != b.only {
					report(at, "use of %s.%s", pkg, used)
				}
			})
		}
	})
}

func lookGoroutines(r *repo, f *file, report func(ast.Node, string, ...any)) {
	ast.Inspect(f.syntax, func(n ast.Node) bool {
		if _, ok := n.(*ast.GoStmt); ok {
			report(n, "go statement")
		}
		return true
	})
}

func lookChannels(r *repo, f *file, report func(ast.Node, string, ...any)) {
	ast.Inspect(f.syntax, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.SelectStmt:
			report(n, "select statement")
		case *ast.ChanType:
			report(n, "channel type")
		case *ast.SendStmt:
			report(n, "send on a channel")
		case *ast.UnaryExpr:
			if n.Op == token.ARROW {
				report(n, "receive from a channel")
			}
		}
		return true
	})
}

// checkMapOrder finds loops over maps, and over the iterators of package maps,
// whose order nobody has vouched for.
func checkMapOrder(r *repo, report reporter) {
	for f, info := range r.judged(stepped) {
		vouched := orderFree(r, f)
		found := func(at ast.Node, what string) {
			line := r.line(at.Pos())
			if _, ok := vouched[line]; ok {
				vouched[line] = true
				return
			}
			report(f.path, line, "%s", what)
		}
		ast.Inspect(f.syntax, func(n ast.Node) bool {
			if loop, ok := n.(*ast.RangeStmt); ok && loop.Key != nil && isMap(info.TypeOf(loop.X)) {
				found(loop, "range over a map")
			}
			return true
		})
		uses(f.syntax, func(at ast.Node, within []ast.Node, pkg, name string) {
			if pkg == "maps" && slices.Contains([]string{"All", "Keys", "Values"}, name) && !isSorted(within) {
				found(at, "maps."+name+" that does not go straight into slices.Sorted")
			}
		})
		for line, used := range vouched {
			if !used {
				report(f.path, line, "comment about order where no map is ranged over")
			}
		}
	}
}

// isSorted tells whether a function within these nodes is called right in the
// arguments of slices.Sorted or its kin.
func isSorted(within []ast.Node) bool {
	if len(within) < 2 {
		return false
	}
	call, ok := within[len(within)-2].(*ast.CallExpr)
	return ok && strings.HasPrefix(types.ExprString(call.Fun), "slices.Sorted")
}

var orderFreeComment = regexp.MustCompile(`(?m)^order-free: \S`)

// orderFree returns the lines of a file that a comment on them, or right above
// them, declares to be free of order. The values are for the caller to set.
func orderFree(r *repo, f *file) map[int]bool {
	lines := map[int]bool{}
	for _, group := range f.syntax.Comments {
		if !orderFreeComment.MatchString(group.Text()) {
			continue
		}
		line := r.line(group.Pos())
		before := strings.Split(f.text, "\n")[line-1][:r.fset.Position(group.Pos()).Column-1]
		if strings.TrimSpace(before) == "" { // on a line of its own: for the next
			line = r.line(group.End()) + 1
		}
		lines[line] = false
	}
	return lines
}

// checkFused finds products of floats that the compiler may fuse with a later
// addition: all but those that are converted, multiplied, divided or compared
// where they stand.
func checkFused(r *repo, report reporter) {
	for f, info := range r.judged(simulated) {
		ast.PreorderStack(f.syntax, nil, func(n ast.Node, stack []ast.Node) bool {
			switch n := n.(type) {
			case *ast.AssignStmt:
				if n.Tok == token.MUL_ASSIGN && isFloat(info, n.Lhs[0]) {
					report(f.path, r.line(n.Pos()), "x *= y on floats: write x = float64(x * y)")
				}
			case *ast.BinaryExpr:
				if n.Op == token.MUL && isFloat(info, n) && !isRounded(info, stack) {
					report(f.path, r.line(n.OpPos), "product of floats that is not rounded: write float64(x*y)")
				}
			}
			return true
		})
	}
}
