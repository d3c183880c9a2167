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
			case ".git", "bin", "dist", "node_modules", "testdata":
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

// TestTheMapIsTrue: every room on the map of docs/architecture.md is there, and every package is on it, or stands in a package that is.
func TestTheMapIsTrue(t *testing.T) {
	document, err := os.ReadFile("docs/architecture.md")
	if err != nil {
		t.Fatal(err)
	}
	block := regexp.MustCompile("(?s)## The rooms\n\n```text\n(.*?)```").FindSubmatch(document)
	if block == nil {
		t.Fatal("docs/architecture.md has no map of the rooms")
	}
	named := map[string]bool{}
	for line := range strings.Lines(string(block[1])) {
		rooms, _, _ := strings.Cut(line, "  ")
		for room := range strings.SplitSeq(strings.TrimSpace(rooms), ", ") {
			if room == "" {
				continue // between two groups
			}
			named[room] = true
			if _, err := os.Stat(room); err != nil {
				t.Errorf("the map has %s: %v", room, err)
			}
		}
	}
	sources(t, func(path string) {
		dir := filepath.Dir(path)
		if filepath.Ext(path) != ".go" || dir == "." || strings.HasPrefix(dir, "ci") {
			return
		}
		for up := dir; up != "."; up = filepath.Dir(up) {
			if named[up] {
				return
			}
		}
		named[dir] = true // one error for each is enough
		t.Errorf("the map of the rooms in docs/architecture.md lacks %s", dir)
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

// TestNoBuildOutputIsCommitted: a file of the repository has at most a megabyte. Programs that `go build` left in a folder have more.
func TestNoBuildOutputIsCommitted(t *testing.T) {
	list, err := exec.CommandContext(t.Context(), "git", "ls-files", "-z").Output()
	if err != nil {
		t.Skipf("no checkout of git: %v", err)
	}
	for path := range strings.SplitSeq(strings.TrimRight(string(list), "\x00"), "\x00") {
		if info, err := os.Stat(path); err == nil && info.Size() > 1<<20 {
			t.Errorf("%s has %d bytes: is it built?", path, info.Size())
		}
	}
}
