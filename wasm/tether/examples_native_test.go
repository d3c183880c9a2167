//go:build !js

package tether_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"
)

// needNoExample are exported names that no example has to show, each with the reason.
var needNoExample = map[string]string{
	"tether.Source": "has no exported methods: a client is one", "tether.Item": "as Source: what Events yields", "tether.Event": "as Source",
	"tether.Decide": "WithDecide's function is one", "tether.Endpoint": "as Decide",
	"tether.Option": "every With… is one", "codec.Option": "as tether.Option", "codec.Number": "a constraint",
	"tether.Overflow": "its constants are shown", "tether.InboxOverflow": "as Overflow", "tether.WhenHidden": "as Overflow",
	"tether.State": "as Overflow", "tether.Stage": "as Overflow", "tether.Verdict": "as Overflow", "tether.Code": "as Overflow",
	"codec.MessageType":  "as Overflow",
	"tether.Explanation": "what Explain returns", "tether.Step": "as Explanation", "tether.Stats": "what Stats returns",
}

// TestEverythingHasAnExample: what these packages export is used in at least one example that the tests run or compile.
func TestEverythingHasAnExample(t *testing.T) {
	packages := map[string]string{"tether": ".", "codec": "../codec"}
	shown := map[string]bool{}
	exported := map[string]bool{}
	for name, dir := range packages {
		for path, file := range parseDir(t, dir) {
			if strings.HasSuffix(path, "_test.go") {
				collectShown(file, shown)
			} else {
				collectExported(file, name, exported)
			}
		}
	}
	for name := range exported {
		_, excused := needNoExample[name]
		if used := shown[name]; !used && !excused {
			t.Errorf("no example uses %s", name)
		} else if used && excused {
			t.Errorf("an example uses %s: it needs no excuse any more", name)
		}
	}
	for name := range needNoExample {
		if !exported[name] {
			t.Errorf("%s is excused and does not exist", name)
		}
	}
}

func parseDir(t *testing.T, dir string) map[string]*ast.File {
	t.Helper()
	files := map[string]*ast.File{}
	paths, _ := filepath.Glob(filepath.Join(dir, "*.go"))
	for _, path := range paths {
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		files[path] = file
	}
	if len(files) == 0 {
		t.Fatal(&fs.PathError{Op: "glob", Path: dir, Err: fs.ErrNotExist})
	}
	return files
}

// collectShown notes every pkg.Name in an example.
func collectShown(file *ast.File, shown map[string]bool) {
	for _, decl := range file.Decls {
		f, ok := decl.(*ast.FuncDecl)
		if !ok || !strings.HasPrefix(f.Name.Name, "Example") {
			continue
		}
		ast.Inspect(f, func(n ast.Node) bool {
			if sel, ok := n.(*ast.SelectorExpr); ok {
				if pkg, ok := sel.X.(*ast.Ident); ok {
					shown[pkg.Name+"."+sel.Sel.Name] = true
				}
			}
			return true
		})
	}
}

// collectExported notes functions and types; methods come with their type, constants and variables with what takes them.
func collectExported(file *ast.File, pkg string, exported map[string]bool) {
	for _, decl := range file.Decls {
		switch d := decl.(type) {
		case *ast.FuncDecl:
			if d.Recv == nil && d.Name.IsExported() {
				exported[pkg+"."+d.Name.Name] = true
			}
		case *ast.GenDecl:
			for _, spec := range d.Specs {
				if s, ok := spec.(*ast.TypeSpec); ok && s.Name.IsExported() {
					exported[pkg+"."+s.Name.Name] = true
				}
			}
		}
	}
}
