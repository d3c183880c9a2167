package devserver

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/tetherscope/tetherscope/internal/app"
	"github.com/tetherscope/tetherscope/internal/fault"
	"github.com/tetherscope/tetherscope/internal/proxy"
	"github.com/tetherscope/tetherscope/internal/recording"
	"github.com/tetherscope/tetherscope/internal/visit"
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
	Watch       bool   // rebuild and reload when a source file changes
	Log         string // form of the application's events: text, json or off
	args        []string
	targets     []string
	faults      string // file
	ring        int    // MiB
	record      string // file
	rotate      recording.Size
}

// ParseFlags reads the command line, and the environment for what it leaves out. Asked for -help it prints that to
// out, and returns [flag.ErrHelp].
func ParseFlags(args []string, env func(string) (string, bool), out io.Writer) (*Options, error) {
	o := &Options{args: args}
	var chat app.Flags
	server, application := o.flags(), flag.NewFlagSet("", flag.ContinueOnError)
	chat.Register(application)
	set := joined(server, application)
	err := set.Parse(args)
	if errors.Is(err, flag.ErrHelp) {
		help(out, server, application)
		return nil, err
	}
	if err != nil {
		return nil, fmt.Errorf("%w (tetherscope -help lists the flags)", err)
	}
	err = fromEnv(set, env)
	if err == nil && set.NArg() > 0 {
		err = fmt.Errorf("%q is not a flag; everything is set by flags (see tetherscope -help)", set.Arg(0))
	}
	if err == nil {
		err = o.check()
	}
	if err != nil {
		return nil, err
	}
	o.RingSize = o.ring << 20
	return o, o.application(chat, given(set, "dev-tokens"))
}

// flags returns the flags of the server itself.
func (o *Options) flags() *flag.FlagSet {
	set := flag.NewFlagSet("", flag.ContinueOnError)
	set.StringVar(&o.Addr, "addr", DefaultAddr, "`host:port` to listen on; port 0 means any free one")
	set.BoolVar(&o.Open, "open", false, "open the console page in the browser")
	set.BoolVar(&o.TLS, "tls", false, "serve https and wss with a self-signed certificate made in memory")
	set.StringVar(&o.CertFile, "tls-ca", "", "with -tls: write the certificate to this `file` for clients to trust, as in curl --cacert FILE")
	set.BoolVar(&o.LogFrames, "log-frames", false, "print a line for every frame that the tap sees")
	set.StringVar(&o.Log, "log", "text", "`form` of the application's events on standard error: text, json or off")
	set.BoolVar(&o.ShowVersion, "version", false, "print the version and exit")
	set.StringVar(&o.Dir, "dir", "", "serve assets from this `folder` instead of the embedded ones")
	set.BoolVar(&o.Watch, "dev", false, "work on tetherscope itself: rebuild and reload when a source file changes (run it in the repository)")
	set.Int64Var(&o.MaxMessage, "max-message", DefaultMaxMessage, "largest message that the echo and the demo take, in `bytes`")
	set.IntVar(&o.ring, "ring", 64, "memory for the capture, in `MiB`; the oldest records are dropped, and counted")
	set.Var((*list)(&o.targets), "target", "stand in front of a server, given as `NAME=URL`: ws(s)://host/path, or http(s)://host for all of it; may be repeated")
	set.BoolVar(&o.TargetOrigin, "target-origin", false, "send each target its own origin as Origin, in place of the page's")
	set.BoolVar(&o.InsecureUpstream, "insecure-upstream", false, "do not verify the certificates of targets")
	set.StringVar(&o.record, "record", "", "write everything that the tap sees to this `file` as it happens: .tscap, which the other commands read")
	set.Var(&o.rotate, "rotate", "with -record: begin a new file before one gets larger than this `size`, such as 100MiB; 0 means never")
	set.StringVar(&o.faults, "faults", "", "put the deck of faults in this `file` in force, a rule a line: dir:in op:text => delay 100ms..300ms")
	set.Var((*list)(&o.AllowHosts), "allow-host", "further host `name` under which this server may be called; may be repeated")
	set.Var((*list)(&o.AllowOrigins), "allow-origin", "further `origin` whose pages may connect, as https://example.com; may be repeated")
	return set
}

// parseRecord checks where to record to.
func (o *Options) parseRecord() error {
	switch {
	case o.record == "" && o.rotate != 0:
		return errors.New("-rotate is nothing without -record FILE.tscap")
	case o.record == "":
		return nil
	case o.Watch:
		return errors.New("-record is not for -dev, which begins anew with every change: tetherscope record writes what it sees")
	case filepath.Ext(o.record) != ".tscap":
		return fmt.Errorf("-record %q: as it happens, only a .tscap file can be written; tetherscope convert makes others of it", o.record)
	}
	o.Record = &recording.Files{Name: o.record, Limit: int64(o.rotate)}
	return nil
}

// parseFaults reads the deck of faults.
func (o *Options) parseFaults() error {
	if o.faults == "" {
		return nil
	}
	text, err := os.ReadFile(o.faults)
	if err != nil {
		return fmt.Errorf("-faults: %w", err)
	}
	if o.Faults, err = fault.Parse(string(text)); err != nil {
		return fmt.Errorf("-faults %s: %w", o.faults, err)
	}
	return nil
}

// application turns its flags into its configuration. A server that only this machine can reach, and that has no keys,
// lets everybody in under any name, unless it was told not to: nobody could get in otherwise.
func (o *Options) application(f app.Flags, told bool) (err error) {
	f.Log = logger(o.Log, os.Stderr)
	o.App, err = f.Config()
	if !told && visit.Loopback(o.Addr) && len(o.App.Keys) == 0 {
		o.App.DevTokens = true
	}
	return err
}

// logger writes events to w in the form that -log names.
func logger(form string, w io.Writer) *slog.Logger {
	switch form {
	case "json":
		return slog.New(slog.NewJSONHandler(w, nil))
	case "off":
		return slog.New(slog.DiscardHandler)
	}
	return slog.New(slog.NewTextHandler(w, nil))
}

// joined returns one set with the flags of all. It is silent: errors are returned, and printed once.
func joined(groups ...*flag.FlagSet) *flag.FlagSet {
	set := flag.NewFlagSet("tetherscope", flag.ContinueOnError)
	set.SetOutput(io.Discard)
	for _, g := range groups {
		g.VisitAll(func(f *flag.Flag) { set.Var(f.Value, f.Name, f.Usage) })
	}
	return set
}

// given reports whether a flag was set by the command line or the environment.
func given(set *flag.FlagSet, name string) (found bool) {
	set.Visit(func(f *flag.Flag) { found = found || f.Name == name })
	return found
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

// parseTargets turns -target into targets.
func (o *Options) parseTargets() error {
	for _, text := range o.targets {
		t, err := proxy.ParseTarget(text)
		if err != nil {
			return fmt.Errorf("-target %w", err)
		}
		o.Targets = append(o.Targets, t)
	}
	switch {
	case len(o.Targets) > 0:
	case o.TargetOrigin:
		return errors.New("-target-origin is nothing without -target NAME=URL")
	case o.InsecureUpstream:
		return errors.New("-insecure-upstream is nothing without -target NAME=URL")
	}
	return distinct(o.Targets)
}

// check finds values that would not work.
func (o *Options) check() error {
	if _, _, err := net.SplitHostPort(o.Addr); err != nil {
		return fmt.Errorf("-addr %q is not host:port; try -addr %s", o.Addr, DefaultAddr)
	}
	switch {
	case o.CertFile != "" && !o.TLS:
		return errors.New("-tls-ca is nothing without -tls")
	case o.ring < 1 || o.ring > 4096:
		return fmt.Errorf("-ring %d is not between 1 and 4096 MiB", o.ring)
	case o.MaxMessage < 1 || o.MaxMessage > 1<<30:
		return fmt.Errorf("-max-message %d is not between 1 byte and 1 GiB", o.MaxMessage)
	case o.Log != "text" && o.Log != "json" && o.Log != "off":
		return fmt.Errorf("-log %q is not text, json or off", o.Log)
	}
	if err := o.parseTargets(); err != nil {
		return err
	}
	if err := errors.Join(o.parseFaults(), o.parseRecord()); err != nil {
		return err
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
