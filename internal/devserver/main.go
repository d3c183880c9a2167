package devserver

import (
	"context"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"runtime"
	"runtime/debug"

	"github.com/tetherscope/tetherscope/internal/rebuild"
)

// Main does what the options say: it serves until ctx ends.
func Main(ctx context.Context, o *Options, embedded fs.FS, out io.Writer) error {
	child := os.Getenv(rebuild.ChildEnv)
	if o.Watch && child == "" {
		s := &rebuild.Supervisor{Root: ".", Args: o.args, Out: out, ErrOut: os.Stderr}
		return s.Run(ctx)
	}
	if o.Watch {
		o.Dir, o.Dev, o.Notices = "static", true, os.Stdin
	}
	o.Assets = embedded
	if o.Dir != "" {
		o.Assets, o.LiveAssets = os.DirFS(o.Dir), true
	}
	if o.LogFrames {
		o.FrameLog = out
	}
	var ready func(string)
	if o.Open && child != rebuild.Again {
		ready = openBrowser
	}
	return Run(ctx, o.Config, out, ready)
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
