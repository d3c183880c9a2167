package docs_test

import (
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// importPaths are the packages that a fragment may use without importing them.
var importPaths = map[string]string{
	"context": "context", "errors": "errors", "fmt": "fmt", "http": "net/http", "time": "time", "log": "log",
}

// nativeOnly are packages that no program for js imports.
var nativeOnly = []string{"wasm/resumeserver", "tetherscope/scope", "net/http", "wasm/tether/tethertest"}

// TestGoCompiles: each block of Go compiles as it stands, natively and, unless it uses what is only native, for js. A block is a
// file, or statements, which then stand in a function with the parameters ctx and url.
func TestGoCompiles(t *testing.T) {
	dir := t.TempDir()
	repository, err := filepath.Abs(root)
	if err != nil {
		t.Fatal(err)
	}
	replace := map[string]string{}
	var native, js []string
	for i, b := range blocksOf(t, "go") {
		source := program(t, b)
		file := filepath.Join(dir, fmt.Sprintf("block%d.go", i))
		if err := os.WriteFile(file, []byte(source), 0o600); err != nil {
			t.Fatal(err)
		}
		name := fmt.Sprintf("docs/zzblock%d", i)
		replace[filepath.Join(repository, name, "block.go")] = file
		native = append(native, "./"+name)
		if !slices.ContainsFunc(nativeOnly, func(path string) bool { return strings.Contains(source, path+`"`) }) {
			js = append(js, "./"+name)
		}
	}
	overlay := filepath.Join(dir, "overlay.json")
	list, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(overlay, list, 0o600); err != nil {
		t.Fatal(err)
	}
	compile(t, overlay, native)
	compile(t, overlay, js, "GOOS=js", "GOARCH=wasm")
}

func compile(t *testing.T, overlay string, packages []string, env ...string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", append([]string{"build", "-overlay", overlay}, packages...)...)
	cmd.Dir = root
	cmd.Env = append(os.Environ(), env...)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v: %v\n%s", env, err, out)
	}
}

// program makes a file of a block. Error positions are those of the document.
func program(t *testing.T, b block) string {
	t.Helper()
	if strings.HasPrefix(b.text, "package ") {
		// A package of another name is compiled and not linked.
		return "//line " + b.at + "\n" + strings.Replace(b.text, "package main", "package fragment", 1)
	}
	body := "func fragment(ctx context.Context, url string) {\n//line " + b.at + "\n" + b.text
	parsed, err := parser.ParseFile(token.NewFileSet(), "", "package p\n"+body+"}\n", parser.SkipObjectResolution)
	if err != nil {
		t.Fatalf("%s: %v", b.at, err)
	}
	imports := map[string]string{"context": "context"}
	for name, path := range publicPackages {
		importPaths[name] = "github.com/tetherscope/tetherscope/" + path
	}
	for name, path := range importPaths {
		if regexp.MustCompile(`\b` + name + `\.[A-Z]`).MatchString(b.text) {
			imports[name] = path
		}
	}
	head := "package fragment\n"
	for _, path := range imports {
		head += fmt.Sprintf("import %q\n", path)
	}
	return head + body + "\n_ = []any{ctx, url, " + strings.Join(defined(parsed), ", ") + "}\n}\n"
}

// defined returns the variables that the function of a fragment defines: one that only shows that there is a value counts as
// used.
func defined(f *ast.File) (names []string) {
	for _, statement := range f.Decls[0].(*ast.FuncDecl).Body.List {
		assign, ok := statement.(*ast.AssignStmt)
		if !ok || assign.Tok != token.DEFINE {
			continue
		}
		for _, left := range assign.Lhs {
			if name := left.(*ast.Ident).Name; name != "_" && !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	return names
}
