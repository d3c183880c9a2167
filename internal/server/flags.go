package server

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
	"github.com/tetherscope/tetherscope/internal/capture/file"
	"github.com/tetherscope/tetherscope/internal/capture/redact"
	"github.com/tetherscope/tetherscope/internal/manual"
	"github.com/tetherscope/tetherscope/internal/origin"
	"github.com/tetherscope/tetherscope/internal/server/attach"
	"github.com/tetherscope/tetherscope/internal/server/control"
	"github.com/tetherscope/tetherscope/internal/server/fleet"
	"github.com/tetherscope/tetherscope/internal/server/launch"
	"github.com/tetherscope/tetherscope/internal/tap"
	"github.com/tetherscope/tetherscope/internal/tap/fault"
	"github.com/tetherscope/tetherscope/internal/terminal"
	"github.com/tetherscope/tetherscope/scope/act"
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
	ConfigFile  string // that was read; "" for none
	Watch       bool   // rebuild and reload when a source file changes
	Log         string // form of the application's events: text, json or off
	args        []string
	targets     []string
	targetPorts []string // NAME=PORT
	targetCAs   []string // NAME=FILE
	unverified  []string // names
	kind        int      // what the server is started for
	rest        []string // behind the flags: the URL of browse, the command of run, the address of attach
	browser     launch.Browser
	attached    *attach.Browser // nil before it is attached to
	only        string          // hosts, as the forward proxy's flags have them
	pass        string
	proxyAuth   string
	through     string
	config      string // file, "" for the one of the current folder if there is one
	faults      string // file
	ruleList    fault.List
	rules       string // fault rules of the configuration file
	ring        int    // MiB
	snap        file.Size
	record      string // file
	rotate      file.Size
	peers       []string
	peerSecret  string // file
}

// ParseFlags reads the command line, and the environment for what it leaves out. Asked for -help it prints that to
// out, and returns [flag.ErrHelp].
func ParseFlags(args []string, env func(string) (string, bool), out io.Writer) (*Options, error) {
	return parseFlags(args, env, out, toServe)
}

// parseFlags reads the flags of what the server is started for.
func parseFlags(args []string, env func(string) (string, bool), out io.Writer, kind int) (*Options, error) {
	o := &Options{args: args, kind: kind}
	var chat app.Flags
	server, application := joined(o.flags(), o.launchFlags(kind)), flag.NewFlagSet("", flag.ContinueOnError)
	chat.Register(application)
	set := joined(server, application)
	err := set.Parse(args)
	if errors.Is(err, flag.ErrHelp) {
		help(out, kind, server, application)
		return nil, err
	}
	if err != nil {
		return nil, fmt.Errorf("%w (tetherscope -help lists the flags)", manual.FlagError(set, err))
	}
	onLine := given(set, "addr")
	err = fromEnv(set, env)
	if err == nil {
		err = o.fromConfig(set)
	}
	o.forLaunch(kind, onLine, given(set, "proxy"))
	if o.rest = set.Args(); err == nil && len(o.rest) > 0 && kind == toServe {
		err = fmt.Errorf("%q is not a flag; everything is set by flags (see tetherscope -help)", set.Arg(0))
	}
	if !given(set, "snap") { // a small memory for the capture makes the default smaller
		o.snap = min(o.snap, file.Size(control.MaxSnap(o.ring<<20)))
	}
	if err == nil {
		err = o.check()
	}
	if err != nil {
		return nil, err
	}
	o.RingSize, o.Snap = o.ring<<20, int(o.snap)
	return o, o.application(chat, given(set, "dev-tokens"))
}

// flags returns the flags of the server itself.
func (o *Options) flags() *flag.FlagSet {
	set := flag.NewFlagSet("", flag.ContinueOnError)
	set.StringVar(&o.Addr, "addr", DefaultAddr, "`host:port` to listen on; port 0 means any free one")
	set.BoolVar(&o.Open, "open", false, "open the console page in the browser")
	set.BoolVar(&o.TLS, "tls", false, "serve https and wss with a self-signed certificate made in memory")
	set.BoolVar(&o.HTTP2, "h2", false, "speak HTTP/2, too, with clients of -tls and -proxy, those that know it, and servers, WebSockets over it included (RFC 8441)")
	set.StringVar(&o.CertFile, "tls-ca", "", "with -tls: write the certificate to this `file` for clients to trust, as in curl --cacert FILE")
	set.BoolVar(&o.Profiles, "pprof", false, "serve profiles of this program below /debug/pprof/, to programs of this machine that have the token of the run")
	set.BoolVar(&o.LogFrames, "log-frames", false, "print a line for every frame that the tap sees")
	set.StringVar(&o.Log, "log", "text", "`form` of the application's events on standard error: text, json or off")
	set.BoolVar(&o.ShowVersion, "version", false, "print the version and exit")
	set.StringVar(&o.Dir, "dir", "", "serve assets from this `folder` instead of the embedded ones")
	set.BoolVar(&o.Watch, "dev", false, "development of tetherscope itself: rebuild and reload when a source file changes (run it in the repository)")
	set.Int64Var(&o.MaxMessage, "max-message", DefaultMaxMessage, "maximum message size of the echo and demo endpoints, in `bytes`")
	set.IntVar(&o.ring, "ring", 64, "memory for the capture, in `MiB`; the oldest records are discarded")
	set.Var((*list)(&o.peers), "peer", "show the connections of another node, too, given as its `URL` such as https://10.0.0.2:7316; may be repeated")
	set.StringVar(&o.peerSecret, "peer-secret-file", "", "`file` with the secret that this node and its peers share, of 32 bytes at least; nodes that have it can read this one's capture")
	o.snap = tap.DefaultSnap
	set.Var(&o.snap, "snap", "keep at most this `size` of each payload and message, from 1KiB to 64MiB and half of -ring, which also bounds the default; the panel can change it")
	o.targetFlags(set)
	set.StringVar(&o.Forward.Addr, "proxy", "", "be an HTTP and SOCKS5 proxy at this `host:port` for programs that are set to use it, and show their WebSockets, wss included")
	set.StringVar(&o.only, "proxy-only", "", "with -proxy: read TLS only of these `hosts`, such as example.com,*.example.com; all others pass through")
	set.StringVar(&o.pass, "pass", "", "with -proxy: never read TLS of these `hosts`")
	set.StringVar(&o.proxyAuth, "proxy-auth", "", "with -proxy: clients must give these credentials, `user:password`; required for an address that other machines reach")
	set.StringVar(&o.through, "upstream-proxy", "", "with -proxy: reach servers by another proxy, `http://[user:password@]host:port`")
	set.StringVar(&o.Forward.CertFile, "proxy-ca", "", "with -proxy: write the certificate of this run's authority to this `file` for clients to trust")
	set.StringVar(&o.record, "record", "", "record everything that the tap sees to this .tscap `file` while the server runs")
	set.Var(&o.rotate, "rotate", "with -record: start a new file before one exceeds this `size`, such as 100MiB; 0 means never")
	set.StringVar(&o.Packets.File, "capture", "", "show the packets that are being written to this `file` or named pipe, as pcap or pcapng; - for standard input: tcpdump -U -w - | tetherscope -capture -")
	set.StringVar(&o.Packets.Interface, "capture-interface", "", "show the WebSockets on this network `interface`, captured by tcpdump or dumpcap")
	set.StringVar(&o.Packets.Filter, "capture-filter", "", "with -capture-interface: capture only what matches this `expression` of tcpdump, such as 'tcp port 8080'")
	set.StringVar(&o.config, "config", "", "read settings from this TOML `file` instead of "+ConfigName+" in the current folder; none reads no file")
	set.StringVar(&o.Packets.KeyLog, "keylog", "", "with -capture or -capture-interface: decrypt TLS with the secrets that clients or servers write to this `file` (SSLKEYLOGFILE)")
	set.StringVar(&o.faults, "faults", "", "apply the fault rules in this `file`, one rule per line: dir:in op:text => delay 100ms..300ms")
	set.Var(&o.ruleList, "rule", "apply this fault `rule`, behind those of -faults and in place of those of "+ConfigName+": 'dir:in => replace /a/b/'; may be repeated")
	set.StringVar(&o.Script.File, "script", "", "give every message to the function message of this Starlark `file`, which may change, drop or answer it: docs/script.md")
	set.BoolVar(&o.Script.Strict, "script-strict", false, "with -script: close a connection with code 1011 when the script fails, rather than pass the message on as it is")
	set.Var((*list)(&o.Redact), "redact", "hide what stands under this `name`, too, as a credential in captures: of a header field, parameter or cookie; may be repeated")
	set.Var((*list)(&o.AllowHosts), "allow-host", "additional host `name` that this server answers to; may be repeated")
	set.Var((*list)(&o.AllowOrigins), "allow-origin", "additional `origin` whose pages may connect, such as https://example.com; may be repeated")
	return set
}

// parseRecord checks where to record to.
func (o *Options) parseRecord() error {
	switch {
	case o.record == "" && o.rotate != 0:
		return errors.New("-rotate needs -record FILE.tscap")
	case o.record == "":
		return nil
	case o.Watch:
		return errors.New("-record cannot be used with -dev, which restarts the server with every change; use tetherscope record instead")
	case filepath.Ext(o.record) != ".tscap":
		return fmt.Errorf("-record %q: only a .tscap file can be recorded; tetherscope convert makes other formats from it", o.record)
	}
	o.Record = &file.Recording{Name: o.record, Limit: int64(o.rotate)}
	return nil
}

// parseFaults reads the fault rules.
func (o *Options) parseFaults() (err error) {
	var text []byte
	switch {
	case o.faults != "":
		if text, err = os.ReadFile(o.faults); err != nil {
			return fmt.Errorf("-faults: %w", err)
		}
	case len(o.ruleList) == 0 && o.rules != "":
		if o.Faults, err = fault.Parse(o.rules); err != nil {
			return fmt.Errorf("%s: rules: %w", o.ConfigFile, err)
		}
		return nil
	case len(o.ruleList) == 0:
		return nil
	}
	o.Faults, err = fault.ParseWith(string(text), o.faults, o.ruleList)
	return err
}

// parsePeers reads the secret of the fleet, and the addresses of its nodes.
func (o *Options) parsePeers() (err error) {
	switch {
	case o.peerSecret == "" && len(o.peers) > 0:
		return errors.New("-peer needs -peer-secret-file FILE, the same secret on every node")
	case o.peerSecret == "":
		return nil
	case len(o.peers) > fleet.MaxPeers:
		return fmt.Errorf("%d peers are more than %d", len(o.peers), fleet.MaxPeers)
	}
	if o.PeerSecret, err = fleet.ReadSecret(o.peerSecret); err != nil {
		return fmt.Errorf("-peer-secret-file: %w", err)
	}
	for _, text := range o.peers {
		u, err := fleet.ParsePeer(text)
		if err != nil {
			return fmt.Errorf("-peer: %w", err)
		}
		o.Peers = append(o.Peers, u)
	}
	return nil
}

// application turns its flags into its configuration. A server on loopback without keys issues development tokens for any
// name, unless the flag -dev-tokens was given: without them no client could log in.
func (o *Options) application(f app.Flags, given bool) (err error) {
	f.Log = logger(o.Log, terminal.NewWriter(os.Stderr))
	o.App, err = f.Config()
	if !given && origin.Loopback(o.Addr) && len(o.App.Keys) == 0 {
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

// check finds values that would not work.
func (o *Options) check() error {
	if _, _, err := net.SplitHostPort(o.Addr); err != nil {
		return fmt.Errorf("-addr %q is not host:port; try -addr %s", o.Addr, DefaultAddr)
	}
	switch {
	case o.CertFile != "" && !o.TLS:
		return errors.New("-tls-ca needs -tls")
	case o.ring < 1 || o.ring > 4096:
		return fmt.Errorf("-ring %d is not between 1 and 4096 MiB", o.ring)
	case int64(o.snap) < act.MinSnap || int64(o.snap) > int64(control.MaxSnap(o.ring<<20)):
		most := file.Size(control.MaxSnap(o.ring << 20))
		return fmt.Errorf("-snap %s is not between 1KiB and %s: at most 64MiB, and half of the memory for the capture (-ring %d)", &o.snap, &most, o.ring)
	case o.MaxMessage < 1 || o.MaxMessage > 1<<30:
		return fmt.Errorf("-max-message %d is not between 1 byte and 1 GiB", o.MaxMessage)
	case o.Log != "text" && o.Log != "json" && o.Log != "off":
		return fmt.Errorf("-log %q is not text, json or off", o.Log)
	}
	if err := o.parseTargets(); err != nil {
		return err
	}
	for _, name := range o.Redact {
		if err := redact.Check(name); err != nil {
			return fmt.Errorf("-redact: %w", err)
		}
	}
	if o.Packets.File == "-" && o.Watch {
		return errors.New("-capture - cannot be used with -dev, which reads standard input itself; use a named pipe")
	}
	if err := errors.Join(o.parseFaults(), o.parseRecord(), o.parseForward(), o.Packets.check(), o.Script.check(), o.parsePeers()); err != nil {
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
