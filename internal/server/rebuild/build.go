package rebuild

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
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

// flags are those of every build. ci/serve.sh has the same, so that nothing is compiled twice.
var flags = []string{"-trimpath", "-ldflags=-s -w", "-tags", Tag}

// patience is how long the output of a build that was called off is waited for: the programs that it started may go on.
const patience = time.Second

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
	if err := b.copySupport(ctx); err != nil {
		said = append(said, err.Error())
	}
	if len(said) > 0 {
		return errors.New(strings.Join(said, "\n\n"))
	}
	return nil
}

// Assets builds the WASM programs and the JS module of the sources in root into the folder dir, with wasm_exec.js of the Go release
// that built them; progress gets the name of each before it is built. root may be read-only. It needs bash for the bundler.
func Assets(ctx context.Context, root, dir string, progress func(name string)) error {
	b := builder{root, dir}
	for _, t := range targets {
		if !t.wasm {
			continue
		}
		progress(t.output)
		if out, err := b.compile(ctx, t); err != nil {
			return fmt.Errorf("%s: %w\n%s", t.output, err, bytes.TrimSpace(out))
		}
	}
	progress("tether.mjs")
	if out, err := b.bundle(ctx); err != nil {
		return fmt.Errorf("tether.mjs: %w\n%s", err, bytes.TrimSpace(out))
	}
	return b.copySupport(ctx)
}

// copySupport copies wasm_exec.js of the Go release in use.
func (b builder) copySupport(ctx context.Context) error {
	goroot, err := exec.CommandContext(ctx, "go", "env", "GOROOT").Output()
	if err != nil {
		return fmt.Errorf("go env GOROOT: %w", err)
	}
	const name = "wasm_exec.js"
	text, err := os.ReadFile(filepath.Join(strings.TrimSpace(string(goroot)), "lib", "wasm", name))
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(b.dir, name), text, 0o644) //nolint:gosec // an asset is for everybody
}

func (b builder) compile(ctx context.Context, t target) ([]byte, error) {
	cmd := exec.CommandContext(ctx, "go", slices.Concat([]string{"build"}, flags, []string{"-o", filepath.Join(b.dir, t.output), t.pkg})...) //nolint:gosec // our own packages
	cmd.Dir, cmd.WaitDelay = b.root, patience
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
	cmd.Dir, cmd.WaitDelay = b.root, patience
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

// install puts what was built for pages, and differs, into static/dist and reports whether an older file was replaced. A file that
// was not there before is no reason to reload: pages that need it are not open yet, the server answers for them with one that
// reloads by itself. Each file is put in its place in one step, so that no page gets half of it.
func (b builder) install() (replaced bool, err error) {
	names, err := filepath.Glob(filepath.Join(b.dir, "*.*"))
	if err != nil {
		return false, err
	}
	for _, name := range names {
		if ext := filepath.Ext(name); ext != ".wasm" && ext != ".js" && ext != ".mjs" && ext != ".map" {
			continue
		}
		built, err := os.ReadFile(name)
		if err != nil {
			return replaced, err
		}
		to := filepath.Join(b.root, "static", "dist", filepath.Base(name))
		old, absent := os.ReadFile(to)
		if absent == nil && bytes.Equal(old, built) {
			continue
		}
		if err := replace(to, built); err != nil {
			return replaced, err
		}
		replaced = replaced || absent == nil
	}
	return replaced, nil
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
