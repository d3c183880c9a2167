package firststart

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"

	"github.com/tetherscope/tetherscope/internal/server/rebuild"
)

// probe is the asset whose absence means that a program was built without any.
const probe = "dist/panel.wasm"

// Missing reports whether assets are without what the build makes.
func Missing(assets fs.FS) bool {
	_, err := fs.Stat(assets, probe)
	return errors.Is(err, fs.ErrNotExist)
}

// source is the module that a program was built from.
type source struct{ path, version string }

// sourceOf returns the module that the go command can download again. A build in a checkout has none: its version is made up of
// a commit that need not be anywhere else.
func sourceOf(info *debug.BuildInfo) (source, error) {
	const advice = "this program was built without its web assets; in the repository run `make build` or `make serve`"
	if info == nil || info.Main.Path == "" || info.Main.Version == "" || info.Main.Version == "(devel)" {
		return source{}, errors.New(advice)
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			return source{}, errors.New(advice)
		}
	}
	return source{info.Main.Path, info.Main.Version}, nil
}

// Assets returns embedded completed by what the build makes: from the cache, or built now, which takes a minute or two and is said
// on out. Its errors are sentences for users: what is missing and what to do.
func Assets(ctx context.Context, embedded fs.FS, info *debug.BuildInfo, out io.Writer) (fs.FS, error) {
	from, err := sourceOf(info)
	if err != nil {
		return nil, err
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return nil, fmt.Errorf("this program was built without its web assets, and there is no folder to build them in: %w", err)
	}
	dist := filepath.Join(cache, "tetherscope", "assets", from.version+"-"+runtime.Version())
	if _, err := os.Stat(dist); err == nil {
		return complete{embedded, os.DirFS(dist)}, nil
	}
	if _, err := exec.LookPath("go"); err != nil {
		return nil, fmt.Errorf("this program was built without its web assets, and the go command that could build them is not in the PATH: "+
			"install Go from https://go.dev/dl/, or use a release of %s", from.path)
	}
	_, _ = fmt.Fprintf(out, "The first start of %s builds the pages and the panel. That takes a minute or two, once.\n", from.version)
	if err := build(ctx, from, dist, out); err != nil {
		return nil, fmt.Errorf("this program was built without its web assets, and building them failed: %w", err)
	}
	return complete{embedded, os.DirFS(dist)}, nil
}

// build builds the assets of a module into a new folder, which gets its name only when it is whole: of two programs that
// start at once the second one finds, or replaces by the same, what the first one made.
func build(ctx context.Context, from source, dist string, out io.Writer) error {
	root, err := download(ctx, from)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(dist), 0o700); err != nil {
		return err
	}
	made, err := os.MkdirTemp(filepath.Dir(dist), "building-*")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(made) }() // gone already when all went well
	if err := rebuild.Assets(ctx, root, made, func(name string) { _, _ = fmt.Fprintf(out, "  %s\n", name) }); err != nil {
		return err
	}
	if err := os.Rename(made, dist); err != nil {
		if _, there := os.Stat(dist); there == nil {
			return nil
		}
		return err
	}
	return nil
}

// download returns the folder of the module's sources in the module cache.
func download(ctx context.Context, from source) (root string, err error) {
	cmd := exec.CommandContext(ctx, "go", "mod", "download", "-json", from.path+"@"+from.version) //nolint:gosec // the module that this program was built from
	cmd.Dir = os.TempDir()                                                                        // outside of any other module
	var said bytes.Buffer
	cmd.Stderr = &said
	answer, err := cmd.Output()
	var got struct{ Dir, Error string }
	if e := json.Unmarshal(answer, &got); e != nil {
		return "", errors.Join(err, errors.New(strings.TrimSpace(said.String())))
	}
	if got.Error != "" || got.Dir == "" {
		return "", fmt.Errorf("go mod download: %s", got.Error)
	}
	return got.Dir, nil
}

// complete is a folder of assets whose dist is another one's.
type complete struct {
	fs.FS
	dist fs.FS
}

// Open opens a file of either.
func (c complete) Open(name string) (fs.File, error) {
	if rest, ok := strings.CutPrefix(name, "dist/"); ok {
		return c.dist.Open(rest)
	}
	return c.FS.Open(name)
}
