package server

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"html"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"runtime"
	"runtime/debug"

	"github.com/tetherscope/tetherscope/internal/server/firststart"
	"github.com/tetherscope/tetherscope/internal/server/rebuild"
	"github.com/tetherscope/tetherscope/internal/userkey"
)

// Main does what the options say: it serves until ctx ends.
func Main(ctx context.Context, o *Options, embedded fs.FS, out io.Writer) error {
	child := os.Getenv(rebuild.ChildEnv)
	if o.ConfigFile != "" && child == "" {
		_, _ = fmt.Fprintf(out, "Settings are read from %s.\n", o.ConfigFile)
	}
	if o.Watch && child == "" {
		s := &rebuild.Supervisor{Root: ".", Ready: rebuild.Ready("."), Args: o.args, Secret: rand.Text(), Out: out, ErrOut: os.Stderr}
		return s.Run(ctx)
	}
	if o.Watch {
		o.Secret = os.Getenv(rebuild.SecretEnv) // so that a restart asks no browser for a key
		o.Dir, o.Dev, o.Notices = "static", true, os.Stdin
	}
	o.Assets = embedded
	if o.Dir != "" {
		o.Assets, o.LiveAssets = os.DirFS(o.Dir), true
	} else if firststart.Missing(embedded) {
		o.completeAssets(ctx, out)
	}
	if o.LogFrames {
		o.FrameLog = out
	}
	if o.Packets.File == "-" {
		o.Packets.Input = os.Stdin
	}
	dir, err := userkey.Dir(os.LookupEnv)
	if err == nil {
		o.KeyDir = dir
	}
	return runThen(ctx, o.Config, out, func(s *Server, url string) {
		if o.Open && child != rebuild.Again {
			openBrowser(s.doorway(url))
		}
	})
}

// doorway returns the address of a file that leads a browser to url with the one-time key: the arguments of programs, the browser's
// among them, can be read by every user of the machine. Where no such file can be written, it returns url.
func (s *Server) doorway(url string) string {
	if s.cfg.KeyDir == "" {
		return url
	}
	page := `<!doctype html><meta charset="utf-8"><meta name="referrer" content="no-referrer"><meta http-equiv="refresh" content="0; url=` +
		html.EscapeString(url+s.LoginPath("")) + `"><title>Tetherscope</title>`
	name := s.doorwayFile()
	if err := userkey.Replace(name, []byte(page)); err != nil {
		return url
	}
	return "file://" + filepath.ToSlash(name)
}

func (s *Server) doorwayFile() string {
	return filepath.Join(s.cfg.KeyDir, "open-"+portText(s.cfg.Addr)+".html")
}

// completeAssets builds what the program was built without. When that fails the endpoints are served all the same, and the
// pages say what is missing.
func (o *Options) completeAssets(ctx context.Context, out io.Writer) {
	info, _ := debug.ReadBuildInfo()
	assets, err := firststart.Assets(ctx, o.Assets, info, out)
	if err != nil {
		o.MissingAssets = err.Error()
		_, _ = fmt.Fprintf(out, "There are no pages and no panel: %v\n", err)
		return
	}
	o.Assets = assets
}

// openBrowser opens url in the user's browser, if there is one: the URL was printed, so failing is no error.
func openBrowser(url string) {
	name, args := "xdg-open", []string{url}
	switch runtime.GOOS {
	case "darwin":
		name = "open"
	case "windows":
		name, args = "rundll32", []string{"url.dll,FileProtocolHandler", url}
	}
	cmd := exec.Command(name, args...) //nolint:gosec // the URL is ours
	if cmd.Start() == nil {
		go func() { _ = cmd.Wait() }()
	}
}

// Build describes the build in lines: the commit, the Go release and platform, and the hash of the assets inside, by which
// two programs can be compared.
func Build(assets fs.FS) string {
	commit := "unknown"
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			switch {
			case s.Key == "vcs.revision":
				commit = s.Value
			case s.Key == "vcs.modified" && s.Value == "true":
				commit += " with changes"
			}
		}
	}
	return fmt.Sprintf("commit %s\nbuilt with %s for %s/%s\nassets %s\n", commit, runtime.Version(), runtime.GOOS, runtime.GOARCH, hashOf(assets))
}

// hashOf returns a hash over the names and contents of all built assets, "none" when the program was built without them.
func hashOf(assets fs.FS) string {
	sum := sha256.New()
	found := false
	err := fs.WalkDir(assets, "dist", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || path.Base(name) == ".gitkeep" {
			return err
		}
		body, err := fs.ReadFile(assets, name)
		if err != nil {
			return err
		}
		found = true
		_, _ = fmt.Fprintf(sum, "%s %d\n", name, len(body))
		_, _ = sum.Write(body)
		return nil
	})
	if err != nil || !found {
		return "none"
	}
	return "sha256:" + hex.EncodeToString(sum.Sum(nil))
}

// BuildVersion returns what the release was stamped with, or else what the Go toolchain knows of the build.
func BuildVersion(stamped string) string {
	if stamped != "" {
		return stamped
	}
	info, ok := debug.ReadBuildInfo()
	if !ok || info.Main.Version == "" {
		return "(devel)"
	}
	return info.Main.Version
}
