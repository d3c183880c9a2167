package main

import (
	"archive/zip"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/tetherscope/tetherscope/internal/chrome"
)

// made builds the extension into a folder of its own, with the programs that make wasm left.
func made(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "extension")
	err := build("../../static", dir)
	if _, missing := os.Stat("../../static/dist/panel.wasm"); errors.Is(missing, fs.ErrNotExist) {
		if os.Getenv(chrome.RequireTools) != "" {
			t.Fatal("static/dist/panel.wasm is missing: run make wasm")
		}
		t.Skip("static/dist/panel.wasm is missing: run make wasm")
	}
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// TestTheZipHoldsWhatTheFolderHolds: all that the panel's page loads is there, and no script of development.
func TestTheZipHoldsWhatTheFolderHolds(t *testing.T) {
	dir := made(t)
	z, err := zip.OpenReader(dir + ".zip")
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	var packed, loose []string
	for _, f := range z.File {
		packed = append(packed, f.Name)
	}
	list, _ := os.ReadDir(dir)
	for _, f := range list {
		loose = append(loose, f.Name())
	}
	slices.Sort(loose)
	if !slices.Equal(packed, loose) {
		t.Errorf("zip %v\nfolder %v", packed, loose)
	}
	for _, name := range []string{"manifest.json", "panel.html", "panel.wasm", "wasm_exec.js", "tap.js", "relay.js", "worker.js", "devtools.js", "source.js"} {
		if !slices.Contains(loose, name) {
			t.Errorf("%s is not in it: %v", name, loose)
		}
	}
	page, err := os.ReadFile(filepath.Join(dir, "panel.html"))
	if err != nil || strings.Contains(string(page), "dev.js") || strings.Contains(string(page), "TOKEN") {
		t.Errorf("panel.html (%v):\n%s", err, page)
	}
}
