package lint

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/build"
	"go/importer"
	"go/token"
	"go/types"
	"io"
	"iter"
	"os"
	"os/exec"
	"path"
	"slices"
	"strings"
)

// A typed package is one whose expressions have types.
type typed struct {
	dir   string
	files []*file // without tests
	info  *types.Info
	err   *types.Error // the first one
}

// packages type-checks the simulated packages, once. It goes as far as it gets.
func (r *repo) packages() []*typed {
	if r.typed != nil {
		return r.typed
	}
	for _, f := range r.goFiles() {
		if f.test || !in(f.dir, simulated) || !builds(f) {
			continue
		}
		i := slices.IndexFunc(r.typed, func(p *typed) bool { return p.dir == f.dir })
		if i < 0 {
			i = len(r.typed)
			r.typed = append(r.typed, &typed{dir: f.dir, info: &types.Info{Types: map[ast.Expr]types.TypeAndValue{}}})
		}
		r.typed[i].files = append(r.typed[i].files, f)
	}
	for _, p := range r.typed {
		var trees []*ast.File
		for _, f := range p.files {
			trees = append(trees, f.syntax)
		}
		conf := types.Config{Importer: r.types, Sizes: types.SizesFor("gc", "amd64"), Error: func(err error) {
			var e types.Error
			if p.err == nil && errors.As(err, &e) {
				p.err = &e
			}
		}}
		conf.Check(path.Join(r.module, p.dir), r.fset, trees, p.info) // p.err has what it returns
	}
	return r.typed
}

// judged yields the files of the packages in scope with the types in them.
func (r *repo) judged(scope string) iter.Seq2[*file, *types.Info] {
	return func(yield func(*file, *types.Info) bool) {
		for _, p := range r.packages() {
			for _, f := range p.files {
				if in(f.dir, scope) && !yield(f, p.info) {
					return
				}
			}
		}
	}
}

func checkTypes(r *repo, report reporter) {
	for _, p := range r.packages() {
		if p.err != nil {
			at := r.fset.Position(p.err.Pos)
			report(at.Filename, at.Line, "%s", p.err.Msg)
		}
	}
}

// builds tells whether a file belongs to the build on this machine.
func builds(f *file) bool {
	ctxt := build.Default
	ctxt.OpenFile = func(string) (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(f.text)), nil }
	match, err := ctxt.MatchFile(f.dir, path.Base(f.path))
	return match && err == nil
}

// isMap tells whether ranging over a value of type t takes the order of a map.
func isMap(t types.Type) bool {
	if t == nil {
		return false
	}
	switch t := t.Underlying().(type) {
	case *types.Map:
		return true
	case *types.Interface: // the constraint of a type parameter
		for term := range t.EmbeddedTypes() {
			if union, ok := term.(*types.Union); ok && union.Len() > 0 {
				term = union.Term(0).Type()
			}
			if isMap(term) {
				return true
			}
		}
	}
	return false
}

// isFloat tells whether an expression is computed in floats when it runs.
func isFloat(info *types.Info, e ast.Expr) bool {
	tv := info.Types[e]
	if tv.Type == nil || tv.Value != nil {
		return false
	}
	basic, ok := tv.Type.Underlying().(*types.Basic)
	return ok && basic.Info()&(types.IsFloat|types.IsComplex) != 0
}

// isRounded tells whether a product is used in a way that forbids, or leaves
// nothing, to fuse it with. The stack holds what encloses the product.
func isRounded(info *types.Info, stack []ast.Node) bool {
	i := len(stack) - 1
	for ; i >= 0; i-- {
		if _, ok := stack[i].(*ast.ParenExpr); !ok {
			break
		}
	}
	if i < 0 {
		return false
	}
	switch around := stack[i].(type) {
	case *ast.CallExpr:
		return info.Types[around.Fun].IsType()
	case *ast.BinaryExpr:
		return around.Op != token.ADD && around.Op != token.SUB
	}
	return false
}

// exported returns an importer that reads what the compiler noted of each
// package: those of the module at root, all they import, and extra ones.
func exported(root string, extra ...string) (types.Importer, error) {
	args := append([]string{"list", "-e", "-export", "-deps", "-json=ImportPath,Export", "./..."}, extra...)
	cmd := exec.Command("go", args...)
	cmd.Dir, cmd.Stderr = root, new(bytes.Buffer)
	out, err := cmd.Output()
	if err != nil && len(out) == 0 {
		return nil, fmt.Errorf("go list: %w\n%s", err, cmd.Stderr)
	}
	files := map[string]string{}
	for list := json.NewDecoder(bytes.NewReader(out)); list.More(); {
		var p struct{ ImportPath, Export string }
		if err := list.Decode(&p); err != nil {
			return nil, fmt.Errorf("go list: %w", err)
		}
		files[p.ImportPath] = p.Export
	}
	return importer.ForCompiler(token.NewFileSet(), "gc", func(pkg string) (io.ReadCloser, error) {
		if files[pkg] == "" {
			return nil, fmt.Errorf("package %s does not build", pkg)
		}
		return os.Open(files[pkg])
	}), nil
}
