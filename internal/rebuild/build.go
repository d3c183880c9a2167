package rebuild

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// target is one program to build.
type target struct {
	pkg    string
	output string // file name
	wasm   bool
}

// targets are everything that the sources make. The server is built without embedded assets: the child serves the folder.
var targets = []target{
	{"./wasm/module", "tether.wasm", true},
	{"./panel/app", "panel.wasm", true},
	{"./wasm/chat/app", "chat.wasm", true},
	{".", serverName, false},
}

// bundler makes the JS module of the sources in the folder modules.
const (
	bundler = "ci/bundle.sh"
	modules = "static/tether/"
)

const serverName = "tetherscope-dev"

// Tag leaves the embedded assets out of a server that serves the folder anyway: otherwise every build of a WASM program
// would make another server.
const Tag = "tetherscope_dev"

// builder builds the targets into a private folder.
type builder struct {
	root string // of the repository
	dir  string
}

// build builds every target whose package exists. The error is what the compiler said, of all of them.
func (b builder) build(ctx context.Context) error {
	var said []string
	for _, t := range targets {
		if _, err := os.Stat(filepath.Join(b.root, t.pkg)); err != nil {
			continue
		}
		if out, err := b.compile(ctx, t); err != nil {
			said = append(said, strings.TrimSpace(string(out)+"\n"+exitless(err)))
		}
	}
	if out, err := b.bundle(ctx); err != nil {
		said = append(said, strings.TrimSpace(string(out)+"\n"+exitless(err)))
	}
	if len(said) > 0 {
		return errors.New(strings.Join(said, "\n\n"))
	}
	return nil
}

func (b builder) compile(ctx context.Context, t target) ([]byte, error) {
	cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-ldflags=-s -w", "-tags", Tag, "-o", filepath.Join(b.dir, t.output), t.pkg)
	cmd.Dir = b.root
	cmd.Env = os.Environ()
	if t.wasm {
		cmd.Env = append(cmd.Env, "GOOS=js", "GOARCH=wasm")
	}
	return cmd.CombinedOutput()
}

// bundle makes the JS module, if the repository has one.
func (b builder) bundle(ctx context.Context) ([]byte, error) {
	script := filepath.Join(b.root, bundler)
	if _, err := os.Stat(script); err != nil {
		return nil, nil //nolint:nilerr // a repository without it has no JS module
	}
	cmd := exec.CommandContext(ctx, "bash", script, b.dir)
	cmd.Dir = b.root
	return cmd.CombinedOutput()
}

// exitless returns the text of an error that the compiler's own output does not explain.
func exitless(err error) string {
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return ""
	}
	return err.Error()
}

// install puts what was built for pages, and differs, into static/dist and reports whether there was any. A file is
// replaced in one step, so that no page gets half of it.
func (b builder) install() (changed bool, err error) {
	names, err := filepath.Glob(filepath.Join(b.dir, "*.*"))
	if err != nil {
		return false, err
	}
	for _, name := range names {
		if ext := filepath.Ext(name); ext != ".wasm" && ext != ".mjs" && ext != ".map" {
			continue
		}
		built, err := os.ReadFile(name)
		if err != nil {
			return changed, err
		}
		to := filepath.Join(b.root, "static", "dist", filepath.Base(name))
		if old, err := os.ReadFile(to); err == nil && bytes.Equal(old, built) {
			continue
		}
		if err := replace(to, built); err != nil {
			return changed, err
		}
		changed = true
	}
	return changed, nil
}

// replace writes a file beside the old one and renames it, and removes its compressed forms, which are of the old one.
func replace(path string, content []byte) error {
	if err := os.WriteFile(path+".new", content, 0o644); err != nil { //nolint:gosec // an asset is for everybody
		return err
	}
	for _, ext := range []string{".br", ".gz"} {
		if err := os.Remove(path + ext); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
	}
	return os.Rename(path+".new", path)
}
