package main

import (
	"go/ast"
	"path"
	"strings"
)

// byName finds the edges without types. A method and what is selected by a dot are written with the dot.
func byName(sources map[string]*ast.File) edges {
	declaring := map[string][]string{}
	for file, f := range sources {
		for _, name := range declarations(f) {
			declaring[name] = append(declaring[name], file)
		}
	}
	e := edges{}
	for file, f := range sources {
		for name := range mentions(f) {
			if in := declaring[name]; len(in) == 1 {
				e.add(file, in[0])
			}
		}
	}
	return e
}

// declarations are the package-level names and the methods of a file.
func declarations(f *ast.File) (names []string) {
	for _, d := range f.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			name := d.Name.Name
			if d.Recv != nil {
				name = "." + name
			}
			names = append(names, name)
		case *ast.GenDecl:
			for _, spec := range d.Specs {
				switch spec := spec.(type) {
				case *ast.TypeSpec:
					names = append(names, spec.Name.Name)
				case *ast.ValueSpec:
					for _, id := range spec.Names {
						names = append(names, id.Name)
					}
				}
			}
		}
	}
	return names
}

// mentions are the names that a file does not declare itself, and everything that it selects by a dot, but for what it
// takes from other packages.
func mentions(f *ast.File) map[string]bool {
	found, imported := map[string]bool{}, map[string]bool{}
	for _, i := range f.Imports {
		imported[path.Base(strings.Trim(i.Path.Value, `"`))] = true
	}
	for _, id := range f.Unresolved {
		found[id.Name] = true
	}
	ast.Inspect(f, func(n ast.Node) bool {
		if s, ok := n.(*ast.SelectorExpr); ok {
			if x, ok := s.X.(*ast.Ident); !ok || x.Obj != nil || !imported[x.Name] {
				found["."+s.Sel.Name] = true
			}
		}
		return true
	})
	return found
}
