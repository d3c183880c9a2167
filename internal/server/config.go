package server

import (
	"io"
	"io/fs"
	"log/slog"
	"net/url"
	"time"

	"github.com/tetherscope/tetherscope/internal/app"
	"github.com/tetherscope/tetherscope/internal/capture/file"
	"github.com/tetherscope/tetherscope/internal/origin"
	"github.com/tetherscope/tetherscope/internal/server/fleet"
	"github.com/tetherscope/tetherscope/internal/server/proxy"
	"github.com/tetherscope/tetherscope/internal/tap/fault"
)

// The defaults of [Config].
const (
	DefaultAddr       = "127.0.0.1:7316"
	DefaultMaxMessage = 1 << 20
	DefaultMaxSockets = 1000
	DefaultHeartbeat  = 30 * time.Second
)

// Config is what a server needs to know. The zero value of each field means its default.
type Config struct {
	Addr             string          // address that the server listens on, host:port; its host is allowed in Host
	Redact           []string        // further names of credentials, for the whole process; see [redact.AlsoHide]
	AllowHosts       []string        // further host names allowed in Host, without port
	AllowOrigins     []string        // further origins allowed, exactly: "https://example.com:8443"
	TLS              bool            // serve https and wss with a self-signed certificate made in memory
	HTTP2            bool            // speak HTTP/2 beside HTTP/1.1, with WebSockets over it (RFC 8441)
	CertFile         string          // with TLS: where that certificate is written, in PEM, for clients to trust; "" for nowhere
	Assets           fs.FS           // web assets, with dist in it; required
	MissingAssets    string          // why the build's assets are not in Assets, a sentence that pages show in their place; "" when they are there
	LiveAssets       bool            // assets change while the server runs: read them for each request
	Dev              bool            // pages listen for reloads and build errors, which [Server.Notify] sends
	Notices          io.Reader       // with Dev: events for the pages, see [rebuild.Notice]; the server ends when it ends
	MaxMessage       int64           // bytes of the largest message that an endpoint takes
	MaxSockets       int             // WebSocket connections served at once
	RingSize         int             // bytes of the capture
	Snap             int             // bytes that the capture keeps of each payload and message at first; 0 means [tap.DefaultSnap]
	Untapped         bool            // nothing is recorded: to measure what the tap costs
	Heartbeat        time.Duration   // between pings to a socket; one that has not answered the last is closed
	FrameLog         io.Writer       // gets one line for each tapped frame; nil for none
	App              app.Config      // the example application at /ws/chat and /ws/bin; its Log nil: none. Our origins are added
	Targets          []proxy.Target  // servers to proxy, each at a host name and port of its own on loopback; see [Run]
	TargetOrigin     bool            // targets get their own origin as Origin in place of that of their pages as the proxy serves them
	InsecureUpstream bool            // certificates of targets are not verified
	Faults           *fault.Ruleset  // fault rules that are active from the start; nil for none
	Script           Scripting       // decides about messages before the fault rules; [Run] starts it
	Record           *file.Recording // where everything that the tap sees is recorded; nil for nowhere. Run opens it
	Forward          Forwarding      // the forward proxy
	Started          func(Running)   // is called once when the server can be reached; it must return at once. nil for none
	Profiles         bool            // serve profiles of the program below /debug/pprof/, to this machine
	Packets          Packets         // a live capture of packets, shown beside the tap's records; see [Run]
	Secret           string          // the keys of the user's browsers and programs are derived from it; "" for a random one
	KeyDir           string          // folder where [Run] leaves the key for the user's programs; "" for nowhere
	Peers            []*url.URL      // nodes whose records are shown beside our own, as [fleet.ParsePeer] returns them
	PeerSecret       fleet.Secret    // what this node and its peers share; nil: it reads none, and serves none
	Version          string          // shown by /healthz and in the Server field

	TargetChoices map[string]TargetChoice // how targets are served and reached, by name; the zero value for others

	peerClock func() time.Time // of this node, for its peers; nil: the machine's
}

func (c Config) withDefaults() Config {
	if c.Addr == "" {
		c.Addr = DefaultAddr
	}
	if c.MaxMessage <= 0 {
		c.MaxMessage = DefaultMaxMessage
	}
	if c.MaxSockets <= 0 {
		c.MaxSockets = DefaultMaxSockets
	}
	if c.Heartbeat <= 0 {
		c.Heartbeat = DefaultHeartbeat
	}
	if c.App.Log == nil {
		c.App.Log = slog.New(slog.DiscardHandler)
	}
	if c.peerClock == nil {
		c.peerClock = time.Now
	}
	return c
}

// targetHosts returns the host names of the targets.
func (c Config) targetHosts() (names []string) {
	for _, t := range c.Targets {
		names = append(names, t.LocalHost())
	}
	return names
}

// url returns the URL to call the server by, without a path.
func (c Config) url() string { return c.scheme() + "://" + origin.Callable(c.Addr) }

// scheme returns "https" or "http".
func (c Config) scheme() string {
	if c.TLS {
		return "https"
	}
	return "http"
}
