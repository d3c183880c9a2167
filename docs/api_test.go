package docs_test

import (
	"flag"
	"go/ast"
	"go/parser"
	"go/printer"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// TestTheListOfTheAPI: api.txt lists what the packages of the client export, so that a change of it is seen. -update rewrites it.
func TestTheListOfTheAPI(t *testing.T) {
	got := strings.Join(surface(t), "\n") + "\n"
	if *update {
		if err := os.WriteFile("api.txt", []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile("api.txt")
	if err != nil {
		t.Fatal(err)
	}
	was, is := strings.Split(string(want), "\n"), strings.Split(got, "\n")
	for _, line := range is {
		if !slices.Contains(was, line) {
			t.Errorf("new: %s", line)
		}
	}
	for _, line := range was {
		if !slices.Contains(is, line) {
			t.Errorf("gone: %s", line)
		}
	}
	if t.Failed() {
		t.Log("if that is meant, add a line to CHANGELOG.md and run: make golden")
	}
}

// TestNoInternalTypeIsExposed: what a public package exports can be written down by a program of another module.
func TestNoInternalTypeIsExposed(t *testing.T) {
	eachDeclaration(t, func(pkg string, file *ast.File, d ast.Decl) {
		internal := map[string]bool{}
		for _, i := range file.Imports {
			path := strings.Trim(i.Path.Value, `"`)
			if strings.Contains(path, "/internal/") {
				internal[path[strings.LastIndexByte(path, '/')+1:]] = true
			}
		}
		for _, node := range exposed(d) {
			ast.Inspect(node, func(n ast.Node) bool {
				if sel, ok := n.(*ast.SelectorExpr); ok {
					if x, ok := sel.X.(*ast.Ident); ok && internal[x.Name] {
						t.Errorf("%s exposes %s.%s", pkg, x.Name, sel.Sel.Name)
					}
				}
				return true
			})
		}
	})
}

// TestConstantsBearTheirTypesName: where a package enumerates values of several types, each name begins with the type's.
func TestConstantsBearTheirTypesName(t *testing.T) {
	names := map[string]map[string][]string{} // by package and type
	eachDeclaration(t, func(pkg string, _ *ast.File, d ast.Decl) {
		if names[pkg] == nil {
			names[pkg] = map[string][]string{}
		}
		typ := "" // of the constants before, which an implicit repetition keeps
		for _, v := range constants(d) {
			if len(v.Values) > 0 {
				typ = typeOf(v)
			}
			for _, name := range v.Names {
				if name.IsExported() && typ != "" {
					names[pkg][typ] = append(names[pkg][typ], name.Name)
				}
			}
		}
	})
	if n := len(names["wasm/tether"]); n < 5 {
		t.Fatalf("%d enumerations of wasm/tether were found", n)
	}
	for pkg, types := range names {
		for typ, list := range types {
			for _, name := range list {
				if len(types) > 1 && !strings.HasPrefix(name, typ) {
					t.Errorf("%s: %s is a %s: its name begins with that", pkg, name, typ)
				}
			}
		}
	}
}

// constants returns what a declaration of constants holds, one entry a line.
func constants(d ast.Decl) (list []*ast.ValueSpec) {
	if g, ok := d.(*ast.GenDecl); ok && g.Tok == token.CONST {
		for _, spec := range g.Specs {
			list = append(list, spec.(*ast.ValueSpec))
		}
	}
	return list
}

// typeOf returns the name of the type of the package that a constant is declared with or converted to, or "".
func typeOf(v *ast.ValueSpec) string {
	if id, ok := v.Type.(*ast.Ident); ok && id.IsExported() {
		return id.Name
	}
	if call, ok := v.Values[0].(*ast.CallExpr); ok {
		if id, ok := call.Fun.(*ast.Ident); ok && id.IsExported() {
			return id.Name
		}
	}
	return ""
}

// exposed returns the types that an exported declaration shows.
func exposed(d ast.Decl) (list []ast.Node) {
	switch d := d.(type) {
	case *ast.FuncDecl:
		if isPublic(d) {
			list = append(list, d.Type)
		}
	case *ast.GenDecl:
		for _, spec := range d.Specs {
			s, ok := spec.(*ast.TypeSpec)
			if !ok || !s.Name.IsExported() {
				continue
			}
			body, ok := s.Type.(*ast.StructType)
			if !ok {
				list = append(list, s.Type)
				continue
			}
			for _, f := range body.Fields.List {
				if len(f.Names) == 0 || slices.ContainsFunc(f.Names, (*ast.Ident).IsExported) {
					list = append(list, f.Type)
				}
			}
		}
	}
	return list
}

// isPublic reports whether a function is exported, and its receiver too.
func isPublic(f *ast.FuncDecl) bool {
	return f.Name.IsExported() && (f.Recv == nil || ast.IsExported(strings.Trim(receiver(f), "*")))
}

// receiver returns the type of a method's receiver without its parameters, or nothing.
func receiver(f *ast.FuncDecl) string {
	if f.Recv == nil {
		return ""
	}
	name, _, _ := strings.Cut(text(f.Recv.List[0].Type), "[")
	return name
}

// surface returns one line for each exported name of the client's packages, in the order of the alphabet.
func surface(t *testing.T) (lines []string) {
	eachDeclaration(t, func(pkg string, _ *ast.File, d ast.Decl) {
		if !strings.HasPrefix(pkg, "wasm/") || strings.HasPrefix(pkg, "wasm/resumeserver") || strings.HasPrefix(pkg, "wasm/chat") {
			return
		}
		for _, name := range namesOf(d) {
			lines = append(lines, pkg+": "+name)
		}
	})
	slices.Sort(lines)
	return slices.Compact(lines)
}

func namesOf(d ast.Decl) (names []string) {
	switch d := d.(type) {
	case *ast.FuncDecl:
		signature := strings.TrimPrefix(text(d.Type), "func")
		if d.Recv == nil && isPublic(d) {
			names = append(names, "func "+d.Name.Name+signature)
		} else if isPublic(d) {
			names = append(names, "method ("+receiver(d)+") "+d.Name.Name+signature)
		}
	case *ast.GenDecl:
		for _, spec := range d.Specs {
			names = append(names, namesOfSpec(d.Tok, spec)...)
		}
	}
	return names
}

func namesOfSpec(kind token.Token, spec ast.Spec) (names []string) {
	switch s := spec.(type) {
	case *ast.ValueSpec:
		for _, id := range s.Names {
			if id.IsExported() {
				names = append(names, kind.String()+" "+id.Name)
			}
		}
	case *ast.TypeSpec:
		if !s.Name.IsExported() {
			return nil
		}
		names = append(names, "type "+s.Name.Name)
		for _, f := range members(s.Type) {
			for _, id := range f.Names {
				if id.IsExported() {
					names = append(names, "field "+s.Name.Name+"."+id.Name+" "+text(f.Type))
				}
			}
		}
	}
	return names
}

// members returns the fields of a struct, or the methods of an interface.
func members(t ast.Expr) []*ast.Field {
	switch t := t.(type) {
	case *ast.StructType:
		return t.Fields.List
	case *ast.InterfaceType:
		return t.Methods.List
	}
	return nil
}

// text returns a node as source on one line.
func text(n ast.Node) string {
	var b strings.Builder
	_ = printer.Fprint(&b, token.NewFileSet(), n) // a strings.Builder takes everything
	return strings.Join(strings.Fields(b.String()), " ")
}

// eachDeclaration calls f for what stands at the top of the files of public packages: those that docs/stability.md names. wasm/module is
// a program.
func eachDeclaration(t *testing.T, f func(pkg string, file *ast.File, d ast.Decl)) {
	t.Helper()
	for _, room := range []string{"scope", "wasm"} {
		err := filepath.WalkDir(filepath.Join(root, room), func(path string, d fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			if d.IsDir() && (d.Name() == "internal" || d.Name() == "testdata" || d.Name() == "node_modules" || d.Name() == "module") {
				return fs.SkipDir
			}
			if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return nil
			}
			file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
			if err != nil || file.Name.Name == "main" {
				return err
			}
			pkg, err := filepath.Rel(root, filepath.Dir(path))
			for _, d := range file.Decls {
				f(filepath.ToSlash(pkg), file, d)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}
