package lint

import (
	"go/ast"
	"go/format"
	"go/types"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"
)

const (
	maxFunction = 100 // lines
	maxFile     = 600 // lines
)

// documented are the packages that others write programs with.
const documented = "sim sim/simtest checker/... faults/... scenarios/..."

var textRules = []rule{
	{"gofmt", "there is one way to lay out Go, and it is not discussed", checkFormat},
	{"length", "what does not fit a screen or two is not read: functions have at most 100 lines, files 600", checkLength},
	{"init", "what runs before main cannot be read in order, tested, or left out; lists are variables one can read", checkInit},
	{"package-doc", "a reader starts at the package comment", checkPackageDoc},
	{"exported-doc", "whoever uses an exported name should not have to read its code: units, shapes and errors are said", checkExportedDoc},
	{"markers", "a note to oneself is an issue, not a comment", eachLine(markers, "holds a note about unfinished work")},
	{"machine-paths", "files speak of the project alone, and no reader has that folder", eachLine(machinePaths, "holds a path of somebody's machine")},
	{"links", "a link that leads nowhere is worse than none", checkLinks},
	{"dependencies", "docs/dependencies.md says of every module we chose what it is for, and of no other", checkDependencies},
}

// The patterns are put together so that they do not find themselves.
var (
	markers      = regexp.MustCompile(`\b(TO` + `DO|FIX` + `ME|XX` + `X)\b`)
	machinePaths = regexp.MustCompile(`(^|[^\w.~/-])/(home|Users|root|work)/`)
)

// eachLine makes a check that no line of any text matches a pattern.
func eachLine(pattern *regexp.Regexp, what string) func(*repo, reporter) {
	return func(r *repo, report reporter) {
		for _, f := range r.files {
			for i, line := range strings.Split(f.text, "\n") {
				if match := pattern.FindString(line); match != "" {
					report(f.path, i+1, "%s: %s", what, strings.TrimSpace(match))
				}
			}
		}
	}
}

func checkFormat(r *repo, report reporter) {
	for _, f := range r.files {
		if !f.isGo() || f.generated() {
			continue
		}
		want, err := format.Source([]byte(f.text))
		if err != nil {
			report(f.path, 1, "does not parse: %v", err)
			continue
		}
		if f.text != string(want) {
			report(f.path, 1, "is not laid out: run gofmt -w %s", f.path)
		}
	}
}

func checkLength(r *repo, report reporter) {
	for _, f := range r.files {
		if f.syntax == nil || f.generated() {
			continue
		}
		if n := strings.Count(f.text, "\n"); n > maxFile {
			report(f.path, n, "file has %d lines, at most %d are allowed", n, maxFile)
		}
		for _, d := range f.syntax.Decls {
			fn, ok := d.(*ast.FuncDecl)
			if !ok {
				continue
			}
			if n := r.line(fn.End()) - r.line(fn.Pos()) + 1; n > maxFunction {
				report(f.path, r.line(fn.Pos()), "%s has %d lines, at most %d are allowed", fn.Name.Name, n, maxFunction)
			}
		}
	}
}

func checkInit(r *repo, report reporter) {
	for _, f := range r.files {
		if f.syntax == nil || f.test || f.generated() {
			continue
		}
		for _, d := range f.syntax.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok && fn.Recv == nil && fn.Name.Name == "init" {
				report(f.path, r.line(fn.Pos()), "func init")
			}
		}
	}
}

func checkPackageDoc(r *repo, report reporter) {
	docs := map[string]string{}
	first := map[string]*file{} // of each package
	for _, f := range slices.Backward(r.files) {
		if f.syntax != nil && !f.test {
			docs[f.dir] += f.syntax.Doc.Text()
			first[f.dir] = f
		}
	}
	for dir, f := range first {
		name := f.syntax.Name.Name
		if docs[dir] == "" || name != "main" && !strings.HasPrefix(docs[dir], "Package "+name+" ") {
			report(f.path, 1, "package %s has no comment that begins with Package %s", dir, name)
		}
	}
}

func checkExportedDoc(r *repo, report reporter) {
	each(documented, func(r *repo, f *file, report func(ast.Node, string, ...any)) {
		for _, d := range f.syntax.Decls {
			switch d := d.(type) {
			case *ast.FuncDecl:
				if d.Name.IsExported() && d.Doc.Text() == "" && receiverExported(d) {
					report(d, "%s has no doc comment", d.Name.Name)
				}
			case *ast.GenDecl:
				undocumented(d, func(id *ast.Ident) { report(id, "%s has no doc comment", id.Name) })
			}
		}
	})(r, report)
}

// receiverExported tells whether users can see a function: it is no method, or
// one of an exported type.
func receiverExported(fn *ast.FuncDecl) bool {
	return fn.Recv == nil || ast.IsExported(strings.TrimLeft(types.ExprString(fn.Recv.List[0].Type), "*"))
}

// undocumented visits the exported names of a declaration that nothing is said
// of. A comment on a group of constants or variables speaks for all of them, as
// does one at the end of a line for what is on it.
func undocumented(d *ast.GenDecl, visit func(*ast.Ident)) {
	for _, spec := range d.Specs {
		switch s := spec.(type) {
		case *ast.TypeSpec:
			if s.Name.IsExported() && s.Doc.Text() == "" && (d.Doc.Text() == "" || d.Lparen.IsValid()) {
				visit(s.Name)
			}
		case *ast.ValueSpec:
			if d.Doc.Text() != "" || s.Doc.Text() != "" || s.Comment.Text() != "" {
				continue
			}
			for _, id := range s.Names {
				if id.IsExported() {
					visit(id)
				}
			}
		}
	}
}

var (
	link     = regexp.MustCompile(`\]\(<?([^)\s>]+)[^)]*\)`)
	codeSpan = regexp.MustCompile("`[^`]*`")
	scheme   = regexp.MustCompile(`^([a-zA-Z][a-zA-Z0-9+.-]*:|//|#)`)
)

func checkLinks(r *repo, report reporter) {
	for _, f := range r.files {
		if path.Ext(f.path) != ".md" {
			continue
		}
		code := false
		for i, line := range strings.Split(f.text, "\n") {
			if strings.HasPrefix(strings.TrimSpace(line), "```") {
				code = !code
			}
			if code {
				continue
			}
			for _, m := range link.FindAllStringSubmatch(codeSpan.ReplaceAllString(line, ""), -1) {
				if !r.leads(f.dir, m[1]) {
					report(f.path, i+1, "link to %s, which is not there", m[1])
				}
			}
		}
	}
}

// leads tells whether a link in a document of dir has a target. Those outside
// the repository, and places within the page, are taken on trust.
func (r *repo) leads(dir, target string) bool {
	if scheme.MatchString(target) {
		return true
	}
	target, _, _ = strings.Cut(target, "#")
	if strings.HasPrefix(target, "/") {
		dir = "."
	}
	_, err := fs.Stat(r.fsys, path.Join(dir, target))
	return err == nil
}

const dependencies = "docs/dependencies.md"

var (
	// A row of the table begins with the module in a code span, and its version.
	dependencyRow = regexp.MustCompile("(?m)^\\| *`([^`]+)` *\\| *([^ |]+) *\\|")
	moduleLine    = regexp.MustCompile(`(?m)^module\s+(\S+)`)
	requireLine   = regexp.MustCompile(`^(?:require\s+|\t)(\S+\.\S+)\s+(v\S+)\s*(// indirect)?`)
)

// checkDependencies compares the table of modules with the require lines of
// every go.mod: each direct one has a row, and each row is required somewhere,
// at the version that it names.
func checkDependencies(r *repo, report reporter) {
	table, _ := fs.ReadFile(r.fsys, dependencies) // a table that is missing has no rows
	versions := map[string]string{}
	for _, row := range dependencyRow.FindAllStringSubmatch(string(table), -1) {
		versions[row[1]] = row[2]
	}
	required := map[string]bool{} // module and version
	for _, f := range r.files {
		if path.Base(f.path) != "go.mod" {
			continue
		}
		for i, line := range strings.Split(f.text, "\n") {
			m := requireLine.FindStringSubmatch(line)
			if m == nil {
				continue
			}
			required[m[1]+" "+m[2]] = true
			if direct := m[3] == ""; direct && versions[m[1]] == "" {
				report(f.path, i+1, "%s has no row in %s", m[1], dependencies)
			}
		}
	}
	for module, version := range versions {
		if !required[module+" "+version] {
			report(dependencies, 1, "%s %s is in the table, but no go.mod requires it", module, version)
		}
	}
}
