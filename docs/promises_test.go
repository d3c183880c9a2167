package docs_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// proofs is what a line of promises.md names: a folder and the tests in it.
var proofs = regexp.MustCompile("`([\\w/]+)`: ((?:Test\\w+(?:, )?)+)")

// TestEveryPromiseHasItsTests: each line of the tables names at least one test, and each test that it names is in that folder.
func TestEveryPromiseHasItsTests(t *testing.T) {
	text, err := os.ReadFile("promises.md")
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]map[string]bool{}
	promises := 0
	for line := range strings.Lines(string(text)) {
		if !strings.HasPrefix(line, "| ") || strings.HasPrefix(line, "| promise |") {
			continue
		}
		promises++
		found := proofs.FindAllStringSubmatch(line, -1)
		if len(found) == 0 {
			t.Errorf("no test proves %s", line)
		}
		for _, m := range found {
			dir := m[1]
			if known[dir] == nil {
				known[dir] = testsIn(t, filepath.Join(root, dir))
			}
			for name := range strings.SplitSeq(m[2], ", ") {
				if !known[dir][name] {
					t.Errorf("%s has no %s, which is to prove %s", dir, name, line)
				}
			}
		}
	}
	if promises < 30 {
		t.Errorf("%d promises were found", promises)
	}
}

// testsIn returns the names of the tests in a folder, whatever they are built for.
func testsIn(t *testing.T, dir string) map[string]bool {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*_test.go"))
	if err != nil || len(files) == 0 {
		t.Fatalf("%s: %d files of tests, %v", dir, len(files), err)
	}
	names := map[string]bool{}
	for _, name := range files {
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range f.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok && fn.Recv == nil && strings.HasPrefix(fn.Name.Name, "Test") {
				names[fn.Name.Name] = true
			}
		}
	}
	return names
}
