package rebuild

import (
	"context"
	"io/fs"
	"path/filepath"
	"strings"
	"time"

	"github.com/fsnotify/fsnotify"
)

// quiet is how long nothing may change before a build: editors and version control write many files at once.
const quiet = 100 * time.Millisecond

// change is what a run of edits touched.
type change struct {
	code   bool // Go files and the JS module's: build
	assets bool // hand-written assets: reload
}

// skipped are folders that hold nothing hand-written.
var skipped = map[string]bool{"node_modules": true, "bin": true, "dist": true, "testdata": true, ".git": true, ".tools": true}

// watch calls each for every run of changes beneath root until ctx ends.
func watch(ctx context.Context, root string, each func(change)) error {
	w, err := fsnotify.NewWatcher()
	if err != nil {
		return err
	}
	defer func() { _ = w.Close() }() // nothing is read from it any more
	if err := addFolders(w, root); err != nil {
		return err
	}
	var pending change
	settled := time.NewTimer(time.Hour)
	settled.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case err := <-w.Errors:
			return err
		case e := <-w.Events:
			if e.Has(fsnotify.Create) {
				_ = addFolders(w, e.Name) // a file, or a folder that is gone again, is no folder to add
			}
			if c := classify(root, e); c != (change{}) {
				pending = change{pending.code || c.code, pending.assets || c.assets}
				settled.Reset(quiet)
			}
		case <-settled.C:
			each(pending)
			pending = change{}
		}
	}
}

// addFolders watches dir and the folders in it.
func addFolders(w *fsnotify.Watcher, dir string) error {
	return filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case !d.IsDir():
			return nil
		case path != dir && skipped[d.Name()]:
			return filepath.SkipDir
		}
		return w.Add(path)
	})
}

// classify says what an event means.
func classify(root string, e fsnotify.Event) (c change) {
	rel, err := filepath.Rel(root, e.Name)
	name := filepath.Base(e.Name)
	if err != nil || !e.Has(fsnotify.Create|fsnotify.Write|fsnotify.Remove|fsnotify.Rename) || strings.HasPrefix(name, ".") {
		return c
	}
	switch {
	case strings.HasSuffix(name, "_test.go"):
	case strings.HasSuffix(name, ".go"), name == "go.mod":
		c.code = true
	case strings.HasPrefix(filepath.ToSlash(rel), modules) && filepath.Ext(name) == ".mjs":
		c.code = true
	case strings.HasPrefix(filepath.ToSlash(rel), "static/") && filepath.Ext(name) != "" && !strings.HasSuffix(name, "~"):
		c.assets = true
	}
	return c
}
