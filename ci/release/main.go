package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"
)

func main() {
	out := flag.String("out", "bin/release", "the `folder` to make; what is in it is removed")
	version := flag.String("version", "", "the `version`, such as v1.2.3; by default the tag of the commit, else v0.0.0 with the commit")
	only := flag.String("only", "", "build only these `platforms`, such as linux/amd64,windows/arm64")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := release(ctx, *out, *version, *only); err != nil {
		fmt.Fprintln(os.Stderr, "release:", err)
		os.Exit(1)
	}
}

func release(ctx context.Context, out, version, only string) error {
	platforms, err := choose(only)
	if err != nil {
		return err
	}
	if _, err := os.Stat("static/dist/panel.wasm.br"); err != nil {
		return fmt.Errorf("the assets are not built: make release builds them first (%w)", err)
	}
	m := &maker{ctx: ctx, out: out}
	if m.version, m.when, err = commit(ctx, version); err != nil {
		return err
	}
	if err := os.RemoveAll(out); err != nil {
		return err
	}
	if err := os.MkdirAll(out, 0o755); err != nil {
		return err
	}
	return m.make(platforms)
}

// maker makes one release.
type maker struct {
	ctx     context.Context
	out     string
	version string    // with its v
	when    time.Time // of the commit
}

// make does everything, cheapest failures first.
func (m *maker) make(platforms []platform) error {
	manual, err := m.manual()
	if err != nil {
		return err
	}
	for _, p := range platforms {
		program, err := m.build(p)
		if err != nil {
			return err
		}
		if err := m.archive(p, program, manual); err != nil {
			return err
		}
		if p.os != "linux" {
			continue
		}
		if err := m.packages(p, program, manual); err != nil {
			return err
		}
		if err := m.image(p, program); err != nil {
			return err
		}
	}
	if err := m.materials(); err != nil {
		return err
	}
	if err := m.formula(); err != nil {
		return err
	}
	return m.checksums()
}

// semantic is what package managers take as a version.
var semantic = regexp.MustCompile(`^v\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?$`)

// commit returns the version of the checkout and the time of its commit.
func commit(ctx context.Context, version string) (string, time.Time, error) {
	git := func(args ...string) (string, error) {
		text, err := exec.CommandContext(ctx, "git", args...).Output()
		return strings.TrimSpace(string(text)), err
	}
	seconds, err := git("log", "-1", "--format=%ct")
	if err != nil {
		return "", time.Time{}, fmt.Errorf("git log: %w", err)
	}
	when, err := strconv.ParseInt(seconds, 10, 64)
	if err != nil {
		return "", time.Time{}, err
	}
	if version == "" {
		version, err = git("describe", "--tags", "--exact-match", "--match", "v*")
	}
	if err != nil {
		name, err := git("rev-parse", "--short=12", "HEAD")
		if err != nil {
			return "", time.Time{}, err
		}
		version = "v0.0.0-" + name
	}
	if !semantic.MatchString(version) {
		return "", time.Time{}, fmt.Errorf("%q is not a version: want one such as v1.2.3 or v1.2.3-rc.1", version)
	}
	return version, time.Unix(when, 0).UTC(), nil
}

// path returns the name of a file of the release with the version in it.
func (m *maker) path(format string, args ...any) string {
	return filepath.Join(m.out, "tetherscope_"+strings.TrimPrefix(m.version, "v")+fmt.Sprintf(format, args...))
}
