package main

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/tetherscope/tetherscope/internal/test/chrome"
)

// built is the folder of what the tests build, each once.
var built string

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "browsertest")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	built = dir
	code := chrome.Share(m)
	_ = os.RemoveAll(dir)
	os.Exit(code)
}

// runner returns the path of the command of this package.
func runner(t *testing.T) string {
	t.Helper()
	path := filepath.Join(built, "browsertest")
	if _, err := os.Stat(path); err != nil {
		goTool(t, nil, "build", "-o", path, ".")
	}
	return path
}

// testsOf returns the path of a package's tests, built for the browser.
func testsOf(t *testing.T, pkg string) string {
	t.Helper()
	path := filepath.Join(built, filepath.Base(pkg)+".wasm")
	if _, err := os.Stat(path); err != nil {
		goTool(t, []string{"GOOS=js", "GOARCH=wasm"}, "test", "-c", "-o", path, pkg)
	}
	return path
}
