package server

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"slices"
	"strings"

	"github.com/tetherscope/tetherscope/internal/cdp"
	"github.com/tetherscope/tetherscope/internal/origin"
	"github.com/tetherscope/tetherscope/internal/server/attach"
	"github.com/tetherscope/tetherscope/internal/server/launch"
	"github.com/tetherscope/tetherscope/internal/terminal"
)

// Running is what a server says of itself when it can be reached.
type Running struct {
	Panel   string            // address that leads a browser to the panel
	Addr    string            // host:port of the pages and the control API
	Proxy   launch.Proxy      // the forward proxy; the zero value when there is none
	Token   string            // of the run, for the control API
	Targets map[string]string // by name: the WebSocket URL to call in place of the target's own, by address
	Records attach.Feed       // takes records of a source beside the tap
}

// What a server is started for.
const (
	toServe = iota
	toBrowse
	toRun
	toAttach
)

const browseUsage = `tetherscope browse [flags] [URL] starts a browser (Chrome, Chromium, Edge or Brave) with a fresh profile and shows every WebSocket of it
in the panel, which opens beside the URL: of all tabs, frames, workers and extensions, ws and wss, from the first byte. Nothing is
installed: only this browser trusts the certificate of this run, and its profile is removed when it is closed, which ends tetherscope.

  tetherscope browse https://example.com/
  tetherscope browse -pass '*.bank.example' https://example.com/     never read TLS of these hosts
  tetherscope browse -record today.tscap https://example.com/        and record everything

All flags of the server can be given (tetherscope -help). Exit codes: 0 the browser was closed; 1 failed; 2 wrong usage.

`

const runUsage = `tetherscope run [flags] -- COMMAND [ARGUMENTS] runs a command whose WebSockets are shown in the panel: variables make it ask the proxy of this
run and trust its certificate. That reaches curl, Node (http, https, the package ws), Python (requests, httpx, websockets from version
15), Go (net/http, gorilla/websocket, tether) but for loopback addresses, Deno, and Bun but for its package ws; not Node's own fetch and
WebSocket before version 22.21, and no program that reads no such variables. Our own output goes to standard error. The exit code is the command's.

  tetherscope run -- node client.js
  tetherscope run -record today.tscap -- bash

All flags of the server can be given before -- (tetherscope -help).

`

const attachUsage = `tetherscope attach [flags] [ADDRESS] attaches to a browser of the Chromium family that runs with remote debugging, and shows every WebSocket
of it in the panel: of all tabs, frames and workers, as the browser's own developer tools have them. It is for when nothing can be
started again; messages are whole, and there is no wire: no frames, pings, compression or close codes (tetherscope browse has them).
The browser ends attach, and attach leaves the browser as it was.

  chromium --remote-debugging-port=9222 --user-data-dir=/tmp/profile
  tetherscope attach                                                 ws://127.0.0.1:9222
  tetherscope attach 127.0.0.1:9333                                  another port, such as a phone's behind adb forward
  tetherscope attach -record today.tscap ws://127.0.0.1:9222/devtools/browser/ID    the URL that the browser prints

All flags of the server can be given (tetherscope -help). Exit codes: 0 the browser went away, or Ctrl-C; 1 failed; 2 wrong usage.

`

// ParseBrowse reads the command line of browse, without the word itself. Errors are as those of [ParseFlags].
func ParseBrowse(args []string, env func(string) (string, bool), out io.Writer) (*Options, error) {
	o, err := parseFlags(args, env, out, toBrowse)
	if err != nil {
		return nil, err
	}
	if len(o.rest) > 1 {
		return nil, fmt.Errorf("want one URL, not %q", o.rest)
	}
	for _, text := range o.rest {
		u, err := url.Parse(text)
		if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
			return nil, fmt.Errorf("%q is no URL of a page; want one such as https://example.com/", text)
		}
	}
	return o, nil
}

// ParseRun reads the command line of run, without the word itself. Errors are as those of [ParseFlags].
func ParseRun(args []string, env func(string) (string, bool), out io.Writer) (*Options, error) {
	at := slices.Index(args, "--")
	if at < 0 {
		at = len(args)
	}
	o, err := parseFlags(args[:at], env, out, toRun)
	if err != nil {
		return nil, err
	}
	if len(o.rest) > 0 || at+1 >= len(args) {
		return nil, errors.New("want a command behind --: tetherscope run [flags] -- COMMAND [ARGUMENTS]")
	}
	o.rest = args[at+1:]
	return o, nil
}

// ParseAttach reads the command line of attach, without the word itself. Errors are as those of [ParseFlags].
func ParseAttach(args []string, env func(string) (string, bool), out io.Writer) (*Options, error) {
	o, err := parseFlags(args, env, out, toAttach)
	if err != nil {
		return nil, err
	}
	if len(o.rest) == 0 {
		o.rest = []string{cdp.DefaultAddress}
	}
	if len(o.rest) > 1 {
		return nil, fmt.Errorf("want one address, not %q", o.rest)
	}
	if _, err := cdp.ParseAddress(o.rest[0]); err != nil {
		return nil, fmt.Errorf("%q is no address of a browser: %w", o.rest[0], err)
	}
	return o, nil
}

// launchFlags are those that only a launch has.
func (o *Options) launchFlags(kind int) *flag.FlagSet {
	set := flag.NewFlagSet("", flag.ContinueOnError)
	if kind == toBrowse {
		set.StringVar(&o.browser.Path, "browser", "", "start the browser at this `path` instead of one that is found")
		set.Func("browser-args", "give the browser further `arguments`, between spaces; may be repeated", func(s string) error {
			o.browser.Args = append(o.browser.Args, strings.Fields(s)...)
			return nil
		})
	}
	return set
}

// forLaunch sets what a launch has where nothing else was said: any free ports, and the forward proxy. An address in the environment is
// that of the server that runs all the time, and so is taken.
func (o *Options) forLaunch(kind int, addr, proxy bool) {
	if kind == toServe {
		return
	}
	if !addr {
		o.Addr = "127.0.0.1:0"
	}
	if !proxy && kind != toAttach {
		o.Forward.Addr = "127.0.0.1:0"
	}
}

// Launch serves while a browser or a command runs, and returns the exit code. The server's own words go to out.
func Launch(ctx context.Context, o *Options, embedded fs.FS, out io.Writer) (code int, err error) {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	if o.kind == toAttach { // before anything is served: without a browser there is nothing to show
		if o.attached, err = attach.Dial(ctx, o.rest[0]); err != nil {
			return 1, err
		}
		defer o.attached.Close()
	}
	done := make(chan struct{})
	started := false
	o.Started = func(r Running) {
		started = true
		go func() {
			defer close(done)
			defer stop() // the end of what was started is the end of the server
			code, err = o.start(ctx, r, out)
		}()
	}
	served := Main(ctx, o, embedded, out)
	if !started {
		return 1, served
	}
	stop()
	<-done
	if err = errors.Join(err, served); err != nil && code == 0 {
		code = 1
	}
	return code, err
}

// start starts what the options say, and waits for its end.
func (o *Options) start(ctx context.Context, r Running, out io.Writer) (code int, err error) {
	switch o.kind {
	case toRun:
		return launch.Command(ctx, r.Proxy, o.rest)
	case toAttach:
		return o.watch(ctx, r.Records, out)
	}
	b := o.browser
	b.Direct = r.Addr
	b.URLs = append(slices.Clone(o.rest), r.Panel)
	_, _ = fmt.Fprintln(out, whereThePanelIs(b))
	return 0, b.Run(ctx, r.Proxy, io.Discard) // its messages are of no use to users, and not ours
}

// whereThePanelIs is the last line before a browser starts.
func whereThePanelIs(b launch.Browser) string {
	if b.Headless() {
		return "The browser has no window: open the panel above in another one. Ctrl-C ends both."
	}
	return "The browser shows the panel beside the page. Closing it ends tetherscope."
}

// watch records what the attached browser reports. Its end is no failure.
func (o *Options) watch(ctx context.Context, records attach.Feed, out io.Writer) (code int, err error) {
	records.Report = func(format string, args ...any) { _, _ = fmt.Fprintf(out, format+"\n", args...) }
	err = o.attached.Run(ctx, records)
	if errors.Is(err, attach.ErrGone) {
		records.Report("%v. Its WebSockets are at their end in the capture.", err)
		return 0, nil
	}
	return 0, err
}

// running describes the server for what is launched.
func (s *Server) running(url string) Running {
	r := Running{Panel: s.doorway(url + "/panel/"), Addr: origin.Callable(s.cfg.Addr), Token: s.token, Targets: map[string]string{}, Records: s.records()}
	for _, one := range s.targets.list() {
		r.Targets[one.target.Name] = one.url(s.cfg, one.addr)
	}
	if s.forward != nil {
		r.Proxy = launch.Proxy{Addr: origin.Callable(s.forward.l.Addr().String()), SPKI: s.forward.authority.SPKI(), CA: s.forward.authority.PEM()}
	}
	return r
}

// records is where a source beside the tap puts its records. The tap's counters leave them out.
func (s *Server) records() attach.Feed {
	return attach.Feed{NewConn: s.tap.NewConn, Append: s.ring.Append, Snap: s.tap.Snap, Own: s.isPanel}
}

// isPanel reports whether a page is a panel of this server.
func (s *Server) isPanel(page string) bool {
	u, err := url.Parse(page)
	return err == nil && u.Port() == portText(s.cfg.Addr) && strings.HasPrefix(u.Path, "/panel")
}

// RunCommand is the word run, browse or attach of the command line: it parses the rest, and does what it says. Like the commands of package cli it
// returns an exit code, 2 for wrong usage.
func RunCommand(ctx context.Context, word string, args []string, version string, embedded fs.FS) int {
	help, errs := terminal.NewWriter(os.Stdout), terminal.NewWriter(os.Stderr)
	parse, out := ParseBrowse, help
	switch word {
	case "run":
		parse, out = ParseRun, errs // standard output is the command's
	case "attach":
		parse = ParseAttach
	}
	o, err := parse(args, os.LookupEnv, help)
	if errors.Is(err, flag.ErrHelp) {
		return 0
	}
	if err != nil {
		_, _ = io.WriteString(errs, terminal.Line("tetherscope %s: %v\n", word, err))
		return 2
	}
	o.Version = version
	code, err := Launch(ctx, o, embedded, out)
	if err != nil {
		_, _ = io.WriteString(errs, terminal.Line("tetherscope %s: %v\n", word, err))
	}
	return code
}
