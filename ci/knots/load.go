package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// graph is a package as its files need each other.
type graph struct {
	pkg    string   // relative to the module: ./panel/model
	files  []string // base names, of both builds, without tests
	needs  edges    // by go/types
	byName edges    // by name alone
}

func (g *graph) largest() int { return largest(parts(g.files, g.needs)) }

// builds are the platforms that the sources are read for.
var builds = [][]string{{"GOOS=linux", "GOARCH=amd64"}, {"GOOS=js", "GOARCH=wasm"}}

// listed is what the go command says of a package.
type listed struct {
	ImportPath, Dir, Export string
	GoFiles                 []string
	DepOnly                 bool
	Module                  *struct{ Path string }
}

// load reads the packages that the patterns name, in dir, for both builds.
func load(dir string, patterns []string) ([]*graph, error) {
	graphs := map[string]*graph{}
	sources := map[string]map[string]*ast.File{}
	for _, env := range builds {
		packages, exports, err := list(dir, env, patterns)
		if err != nil {
			return nil, err
		}
		for _, p := range packages {
			name := "." + strings.TrimPrefix(p.ImportPath, p.Module.Path)
			if graphs[name] == nil {
				graphs[name], sources[name] = &graph{pkg: name, needs: edges{}}, map[string]*ast.File{}
			}
			if err := graphs[name].add(p, exports, sources[name]); err != nil {
				return nil, fmt.Errorf("%s (%s): %w", name, strings.Join(env, " "), err)
			}
		}
	}
	var all []*graph
	for name, g := range graphs {
		for file := range sources[name] {
			g.files = append(g.files, file)
		}
		slices.Sort(g.files)
		g.byName = byName(sources[name])
		all = append(all, g)
	}
	slices.SortFunc(all, func(a, b *graph) int { return strings.Compare(a.pkg, b.pkg) })
	return all, nil
}

// list asks the go command for the packages, and where the compiled form of everything that they import is. A package
// that has no files in a build is left out of it.
func list(dir string, env, patterns []string) (packages []listed, exports map[string]string, err error) {
	cmd := exec.Command("go", append([]string{"list", "-e", "-export", "-deps", "-json=ImportPath,Dir,Export,GoFiles,DepOnly,Module"}, patterns...)...)
	cmd.Dir, cmd.Env, cmd.Stderr = dir, append(os.Environ(), env...), os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, nil, err
	}
	exports = map[string]string{}
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		var p listed
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			return packages, exports, nil
		} else if err != nil {
			return nil, nil, err
		}
		exports[p.ImportPath] = p.Export
		if !p.DepOnly && len(p.GoFiles) > 0 {
			packages = append(packages, p)
		}
	}
}

// add type-checks a package as one build sees it, and notes who uses whose names.
func (g *graph) add(p listed, exports map[string]string, sources map[string]*ast.File) error {
	fset := token.NewFileSet()
	var files []*ast.File
	for _, name := range p.GoFiles {
		f, err := parser.ParseFile(fset, filepath.Join(p.Dir, name), nil, 0)
		if err != nil {
			return err
		}
		files = append(files, f)
		sources[name] = f
	}
	compiled := func(path string) (io.ReadCloser, error) { return os.Open(exports[path]) }
	conf := types.Config{Importer: importer.ForCompiler(fset, "gc", compiled)}
	info := &types.Info{Uses: map[*ast.Ident]types.Object{}}
	pkg, err := conf.Check(p.ImportPath, fset, files, info)
	if err != nil {
		return err
	}
	file := func(pos token.Pos) string { return filepath.Base(fset.Position(pos).Filename) }
	for id, object := range info.Uses {
		if declaredBy(pkg, object) {
			g.needs.add(file(id.Pos()), file(object.Pos()))
		}
	}
	for _, name := range pkg.Scope().Names() {
		declared := pkg.Scope().Lookup(name)
		if named, ok := declared.Type().(*types.Named); ok && named.Obj() == declared {
			for method := range named.Methods() {
				g.needs.add(file(declared.Pos()), file(method.Pos()))
			}
		}
	}
	return nil
}

// declaredBy says whether an object is a package-level name or a method of pkg.
func declaredBy(pkg *types.Package, object types.Object) bool {
	if object.Pkg() != pkg {
		return false
	}
	f, ok := object.(*types.Func)
	return object.Parent() == pkg.Scope() || ok && f.Signature().Recv() != nil
}
