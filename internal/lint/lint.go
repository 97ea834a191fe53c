// Package lint holds the rules of the house and the tests that enforce them:
//
//	go test ./internal/lint
//
// Every rule is a row of a table with the reason it is there, and the reason is
// printed with whatever breaks it. Who disagrees with a rule changes the row and
// says why in the commit; who needs to break one in a single file adds that file
// to the exceptions, which fail the test as soon as they are no longer needed.
package lint

import (
	"cmp"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"
)

// A rule is one law of the house. Its check reports whatever breaks it.
type rule struct {
	name  string
	why   string
	check func(r *repo, report reporter)
}

// A reporter takes down that a line of a file breaks the rule being checked.
type reporter func(file string, line int, format string, args ...any)

// A finding is one breach of a rule.
type finding struct {
	rule string
	file string
	line int
	what string
}

func (f finding) String() string { return fmt.Sprintf("%s:%d: %s", f.file, f.line, f.what) }

// rules are all of them.
func rules() []rule { return slices.Concat(importRules, simulatedRules, textRules) }

// run checks one rule and returns what breaks it, in the order of the files.
func (ru rule) run(r *repo) []finding {
	var found []finding
	ru.check(r, func(file string, line int, format string, args ...any) {
		found = append(found, finding{ru.name, file, line, fmt.Sprintf(format, args...)})
	})
	slices.SortStableFunc(found, func(a, b finding) int {
		return cmp.Or(cmp.Compare(a.file, b.file), cmp.Compare(a.line, b.line))
	})
	return slices.Compact(found)
}

// A repo is the source text of a repository, parsed.
type repo struct {
	fsys   fs.FS
	module string // its module path
	fset   *token.FileSet
	files  []*file        // sorted by path
	types  types.Importer // where the types of imported packages come from
	typed  []*typed       // see packages
}

// A file is one text in the repository: Go, or a document, or a script.
type file struct {
	path    string // from the root, with slashes
	dir     string
	text    string
	foreign bool      // belongs to a module inside the repository, such as bench
	test    bool      // *_test.go
	syntax  *ast.File // nil for what is not Go, or does not parse
}

func (f *file) isGo() bool      { return strings.HasSuffix(f.path, ".go") }
func (f *file) generated() bool { return f.syntax != nil && ast.IsGenerated(f.syntax) }

// kinds are the files that are read: what people write, not what tools record.
var kinds = []string{".go", ".md", ".yaml", ".yml", ".sh", ".mod"}

// load reads the repository at the root of fsys. It leaves out version control
// and testdata, which may be wrong on purpose.
func load(fsys fs.FS, imports types.Importer) (*repo, error) {
	r := &repo{fsys: fsys, fset: token.NewFileSet(), types: imports}
	mod, err := fs.ReadFile(fsys, "go.mod")
	if err != nil {
		return nil, err
	}
	if m := moduleLine.FindSubmatch(mod); m != nil {
		r.module = string(m[1])
	}
	foreign := "" // the nested module the walk is in
	err = fs.WalkDir(fsys, ".", func(p string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.Name() == ".git" && d.IsDir(), d.Name() == "testdata":
			return fs.SkipDir
		case d.IsDir():
			if _, err := fs.Stat(fsys, path.Join(p, "go.mod")); err == nil && p != "." {
				foreign = p
			}
			return nil
		case !d.Type().IsRegular() || p != ".ci/run" && !slices.Contains(kinds, path.Ext(p)):
			return nil
		}
		text, err := fs.ReadFile(fsys, p)
		if err != nil {
			return err
		}
		f := &file{path: p, dir: path.Dir(p), text: string(text), test: strings.HasSuffix(p, "_test.go")}
		f.foreign = foreign != "" && below(p, foreign)
		if f.isGo() {
			// A syntax error is reported by the rule about gofmt.
			if tree, err := parser.ParseFile(r.fset, p, text, parser.ParseComments); err == nil {
				f.syntax = tree
			}
		}
		r.files = append(r.files, f)
		return nil
	})
	return r, err
}

// goFiles are the module's own Go files that parse.
func (r *repo) goFiles() []*file {
	return slices.DeleteFunc(slices.Clone(r.files), func(f *file) bool { return f.syntax == nil || f.foreign })
}

// below tells whether a slash-separated path is top or inside it.
func below(p, top string) bool { return p == top || strings.HasPrefix(p, top+"/") }

// in tells whether a directory matches one of the space-separated patterns:
// "a" is that directory, "a/*" what is inside it, "a/..." both.
func in(dir, patterns string) bool {
	return slices.ContainsFunc(strings.Fields(patterns), func(p string) bool {
		if top, ok := strings.CutSuffix(p, "/..."); ok {
			return below(dir, top)
		}
		if top, ok := strings.CutSuffix(p, "/*"); ok {
			return dir != top && below(dir, top)
		}
		return dir == p
	})
}

// each makes a check out of a look at one Go file of the packages in scope,
// tests left out.
func each(scope string, look func(r *repo, f *file, report func(at ast.Node, format string, args ...any))) func(*repo, reporter) {
	return func(r *repo, report reporter) {
		for _, f := range r.goFiles() {
			if f.test || !in(f.dir, scope) {
				continue
			}
			look(r, f, func(at ast.Node, format string, args ...any) {
				report(f.path, r.line(at.Pos()), format, args...)
			})
		}
	}
}

func (r *repo) line(pos token.Pos) int { return r.fset.Position(pos).Line }

// importPath returns the path that an import declaration names.
func importPath(spec *ast.ImportSpec) string { return strings.Trim(spec.Path.Value, "\"`") }

var versionSuffix = regexp.MustCompile(`/v[0-9]+$`)

// importNames maps the names under which a file knows its imports to their
// paths. The name of a package that is not renamed is taken from its path,
// which holds for the standard library: the only names the rules look up.
func importNames(f *ast.File) map[string]string {
	names := map[string]string{}
	for _, spec := range f.Imports {
		p := importPath(spec)
		name := path.Base(versionSuffix.ReplaceAllString(p, ""))
		if spec.Name != nil {
			name = spec.Name.Name
		}
		names[name] = p
	}
	return names
}

// uses calls visit for each name of another package that the file mentions, with
// the nodes that enclose it.
func uses(f *ast.File, visit func(at ast.Node, within []ast.Node, pkg, name string)) {
	names := importNames(f)
	ast.PreorderStack(f, nil, func(n ast.Node, stack []ast.Node) bool {
		if sel, ok := n.(*ast.SelectorExpr); ok {
			// An identifier with an Obj is declared in this file and hides the import.
			if id, ok := sel.X.(*ast.Ident); ok && id.Obj == nil && names[id.Name] != "" {
				visit(sel, stack, names[id.Name], sel.Sel.Name)
			}
		}
		return true
	})
}

// An exception lets one file break rules. There is no way to exempt a line or a
// package: what must break the law is to stand in a file of its own.
type exception struct {
	path  string // as for path.Match
	rules string // separated by spaces
	why   string
}

// except takes away the findings that are allowed, and adds one for each
// exception that allows nothing, so that the list can only shrink.
func except(found []finding, allowed []exception) []finding {
	type use struct {
		exception int
		rule      string
	}
	used := map[use]bool{}
	left := slices.DeleteFunc(slices.Clone(found), func(f finding) bool {
		for i, e := range allowed {
			match, err := path.Match(e.path, f.file)
			if err == nil && match && slices.Contains(strings.Fields(e.rules), f.rule) {
				used[use{i, f.rule}] = true
				return true
			}
		}
		return false
	})
	for i, e := range allowed {
		for _, name := range strings.Fields(e.rules) {
			if !used[use{i, name}] {
				left = append(left, finding{"exceptions", e.path, 0, "needs no exception from " + name + ": take it off the list"})
			}
		}
	}
	return left
}
