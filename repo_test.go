//go:build !js

// These tests hold the repository to its own rules, where neither the compiler nor the linter can.
package main

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// sources calls each for every file that git would track: built files and tools are skipped.
func sources(t *testing.T, each func(path string)) {
	t.Helper()
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			switch d.Name() {
			case ".git", ".tools", "bin", "dist", "node_modules", "testdata":
				return filepath.SkipDir
			}
			return nil
		}
		each(path)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestEveryPackageSaysWhatItIs: each folder with Go files has a package comment that begins with its name.
func TestEveryPackageSaysWhatItIs(t *testing.T) {
	doc := map[string]bool{}
	sources(t, func(path string) {
		dir := filepath.Dir(path)
		if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return
		}
		f, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.PackageClauseOnly|parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		doc[dir] = doc[dir] || f.Doc.Text() != ""
	})
	for dir, has := range doc {
		if !has {
			t.Errorf("package %s has no package comment: add a doc.go that says what it is, its words, and what it never does", dir)
		}
	}
}

// TestTheReadmesMapIsTrue: every room in it is there, and every room that is there is in it.
func TestTheReadmesMapIsTrue(t *testing.T) {
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	block := regexp.MustCompile("(?s)## The rooms\n\n```\n(.*?)```").FindSubmatch(readme)
	if block == nil {
		t.Fatal("the README has no map of the rooms")
	}
	named := map[string]bool{}
	for line := range strings.Lines(string(block[1])) {
		rooms, _, _ := strings.Cut(line, "  ")
		for room := range strings.SplitSeq(rooms, ", ") {
			named[room] = true
			if _, err := os.Stat(room); err != nil {
				t.Errorf("the map has %s: %v", room, err)
			}
		}
	}
	sources(t, func(path string) {
		parts := strings.Split(path, "/")
		if filepath.Ext(path) != ".go" || len(parts) < 3 || parts[0] != "internal" && parts[0] != "wasm" {
			return
		}
		if room := parts[0] + "/" + parts[1]; !named[room] {
			named[room] = true // once is enough
			t.Errorf("the map of the rooms in the README lacks %s", room)
		}
	})
}

// TestFrameDataNeverBecomesHTML: nothing in the pages or the panel can turn a string into markup or code.
func TestFrameDataNeverBecomesHTML(t *testing.T) {
	banned := regexp.MustCompile(`\binnerHTML\b|\bouterHTML\b|insertAdjacentHTML|document\.write|\bapp\.Raw\(|\beval\(|new Function\(|DOMParser|createContextualFragment|srcdoc`)
	sources(t, func(path string) {
		room, _, _ := strings.Cut(path, "/")
		if strings.HasSuffix(path, "_test.go") || room != "panel" && room != "static" && room != "wasm" {
			return
		}
		switch filepath.Ext(path) {
		case ".go", ".js", ".mjs", ".html":
		default:
			return
		}
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for i, line := range strings.Split(string(b), "\n") {
			if m := banned.FindString(line); m != "" {
				t.Errorf("%s:%d: %s: frame data reaches the page only as text nodes", path, i+1, m)
			}
		}
	})
}

// TestFilesStaySmall: a source file past 500 lines is two rooms.
func TestFilesStaySmall(t *testing.T) {
	sources(t, func(path string) {
		switch filepath.Ext(path) {
		case ".go", ".js", ".mjs", ".css":
		default:
			return
		}
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if n := strings.Count(string(b), "\n"); n > 500 {
			t.Errorf("%s has %d lines: split it", path, n)
		}
	})
}

// TestTheReadmesGoCompiles: the Go program in the README builds natively and for js as it stands there, and so does the
// fragment on typed messages, between the declarations that it takes for granted.
func TestTheReadmesGoCompiles(t *testing.T) {
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	blocks := regexp.MustCompile("(?s)```go\n(.*?)```").FindAllSubmatch(readme, -1)
	if len(blocks) != 2 {
		t.Fatalf("the README has %d blocks of Go, want 2", len(blocks))
	}
	declared, body, ok := strings.Cut(string(blocks[1][1]), "\n\n")
	if !ok {
		t.Fatal("the fragment has no blank line between its declarations and its statements")
	}
	compiles(t, string(blocks[0][1]))
	compiles(t, fragmentHead+declared+"\nfunc use(ctx context.Context, url string) error {\n"+body+"_ = total\nreturn err\n}\nfunc main() { _ = use }\n")
}

const fragmentHead = `package main

import (
	"context"
	"fmt"
	"time"

	"github.com/tetherscope/tetherscope/wasm/chat"
	"github.com/tetherscope/tetherscope/wasm/codec/jsoncodec"
	"github.com/tetherscope/tetherscope/wasm/message"
	"github.com/tetherscope/tetherscope/wasm/tether"
)

type Pair struct{ A, B int }
type Total struct{ Sum int }

`

// compiles builds a program natively and for js.
func compiles(t *testing.T, source string) {
	t.Helper()
	dir := t.TempDir()
	program := filepath.Join(dir, "readme.go")
	if err := os.WriteFile(program, []byte(source), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, env := range [][]string{nil, {"GOOS=js", "GOARCH=wasm"}} {
		cmd := exec.CommandContext(t.Context(), "go", "build", "-o", filepath.Join(dir, "program"), program)
		cmd.Env = append(os.Environ(), env...)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%v: %v\n%s", env, err, out)
		}
	}
}
