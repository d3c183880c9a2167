package devserver

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/url"
	"os"
	"os/exec"
	"runtime"
	"runtime/debug"
	"strings"

	"github.com/tetherscope/tetherscope/internal/rebuild"
)

// envPrefix and a flag's name, in capitals and with _ for -, make the variable that sets it when the command line does not.
const envPrefix = "TETHERSCOPE_"

// Options are what the command line says.
type Options struct {
	Config
	Dir         string // folder to serve assets from instead of the embedded ones
	Open        bool   // open the console page in a browser
	LogFrames   bool
	ShowVersion bool
	Watch       bool // rebuild and reload when a source file changes
	args        []string
}

const usage = `tetherscope serves a WebSocket console and a live frame inspector on this machine.

  tetherscope                          serve on ` + DefaultAddr + `
  tetherscope -open                    … and open the console in the browser
  tetherscope -addr 127.0.0.1:0        … on any free port
  tetherscope -tls                     … as https and wss, with a certificate made in memory
  tetherscope -log-frames              … and print a line for every frame that the tap sees
  tetherscope -addr :7316 -allow-host box.lan   … for other machines, under the name box.lan

The panel at /panel/ shows what passes at /ws/echo and /ws/demo: every frame, as it is on the wire.

Flags (each can be set by the environment instead: -max-message by ` + envPrefix + `MAX_MESSAGE, and so on):
`

// ParseFlags reads the command line, and the environment for what it leaves out. Usage and errors of the flag package go
// to out. It returns [flag.ErrHelp] after -help.
func ParseFlags(args []string, env func(string) (string, bool), out io.Writer) (*Options, error) {
	o := &Options{args: args}
	set := flag.NewFlagSet("tetherscope", flag.ContinueOnError)
	set.SetOutput(io.Discard) // errors are returned, and printed once
	ring := 0
	set.StringVar(&o.Addr, "addr", DefaultAddr, "`host:port` to listen on; port 0 means any free one")
	set.BoolVar(&o.Open, "open", false, "open the console page in the browser")
	set.BoolVar(&o.TLS, "tls", false, "serve https and wss with a self-signed certificate made in memory")
	set.BoolVar(&o.LogFrames, "log-frames", false, "print a line for every frame that the tap sees")
	set.BoolVar(&o.ShowVersion, "version", false, "print the version and exit")
	set.StringVar(&o.Dir, "dir", "", "serve assets from this `folder` instead of the embedded ones")
	set.BoolVar(&o.Watch, "dev", false, "work on tetherscope itself: rebuild and reload when a source file changes (run it in the repository)")
	set.Int64Var(&o.MaxMessage, "max-message", DefaultMaxMessage, "largest message that an endpoint takes, in `bytes`")
	set.IntVar(&ring, "ring", 64, "memory for the capture, in `MiB`; the oldest records are dropped, and counted")
	set.Var((*list)(&o.AllowHosts), "allow-host", "further host `name` under which this server may be called; may be repeated")
	set.Var((*list)(&o.AllowOrigins), "allow-origin", "further `origin` whose pages may connect, as https://example.com; may be repeated")
	err := set.Parse(args)
	if errors.Is(err, flag.ErrHelp) {
		_, _ = io.WriteString(out, usage)
		set.SetOutput(out)
		set.PrintDefaults()
		return nil, err
	}
	if err == nil {
		err = fromEnv(set, env)
	}
	if err == nil && set.NArg() > 0 {
		err = fmt.Errorf("%q is not a flag; everything is set by flags (see tetherscope -help)", set.Arg(0))
	}
	if err != nil {
		return nil, err
	}
	o.RingSize = ring << 20
	return o, o.check(ring)
}

// list is a flag that may be repeated, or hold several values between commas.
type list []string

// String returns the values as they would be given.
func (l *list) String() string { return strings.Join(*l, ",") }

// Set adds values.
func (l *list) Set(s string) error {
	for v := range strings.SplitSeq(s, ",") {
		if v = strings.TrimSpace(v); v != "" {
			*l = append(*l, v)
		}
	}
	return nil
}

// fromEnv sets the flags that the command line left out and the environment has.
func fromEnv(set *flag.FlagSet, env func(string) (string, bool)) (err error) {
	given := map[string]bool{}
	set.Visit(func(f *flag.Flag) { given[f.Name] = true })
	set.VisitAll(func(f *flag.Flag) {
		name := envPrefix + strings.ToUpper(strings.ReplaceAll(f.Name, "-", "_"))
		value, ok := env(name)
		if !ok || given[f.Name] || err != nil {
			return
		}
		if bad := set.Set(f.Name, value); bad != nil {
			err = fmt.Errorf("environment variable %s=%q: %w", name, value, bad)
		}
	})
	return err
}

// check finds values that would not work.
func (o *Options) check(ring int) error {
	if _, _, err := net.SplitHostPort(o.Addr); err != nil {
		return fmt.Errorf("-addr %q is not host:port; try -addr %s", o.Addr, DefaultAddr)
	}
	switch {
	case ring < 1 || ring > 4096:
		return fmt.Errorf("-ring %d is not between 1 and 4096 MiB", ring)
	case o.MaxMessage < 1 || o.MaxMessage > 1<<30:
		return fmt.Errorf("-max-message %d is not between 1 byte and 1 GiB", o.MaxMessage)
	}
	for _, h := range o.AllowHosts {
		if strings.ContainsAny(h, "/*@ ") {
			return fmt.Errorf("-allow-host %q is not a host name; give it without scheme, port and path", h)
		}
	}
	for _, origin := range o.AllowOrigins {
		u, err := url.Parse(origin)
		if err != nil || u.Host == "" || u.Scheme == "" || strings.Trim(u.Path, "/") != "" || strings.Contains(origin, "*") {
			return fmt.Errorf("-allow-origin %q is not an origin; give scheme, host and port, as https://example.com:8443", origin)
		}
	}
	if o.Dir == "" {
		return nil
	}
	if info, err := os.Stat(o.Dir); err != nil || !info.IsDir() {
		return fmt.Errorf("-dir %q is not a folder", o.Dir)
	}
	return nil
}

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
