package devserver

import (
	"io"
	"io/fs"
	"log/slog"
	"time"

	"github.com/tetherscope/tetherscope/internal/app"
	"github.com/tetherscope/tetherscope/internal/fault"
	"github.com/tetherscope/tetherscope/internal/proxy"
	"github.com/tetherscope/tetherscope/internal/recording"
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
	Addr             string           // address that the server listens on, host:port; its host is allowed in Host
	AllowHosts       []string         // further host names allowed in Host, without port
	AllowOrigins     []string         // further origins allowed, exactly: "https://example.com:8443"
	TLS              bool             // serve https and wss with a self-signed certificate made in memory
	CertFile         string           // with TLS: where that certificate is written, in PEM, for clients to trust; "" for nowhere
	Assets           fs.FS            // web assets, with dist in it; required
	LiveAssets       bool             // assets change while the server runs: read them anew for each request
	Dev              bool             // pages listen for reloads and build errors, which [Server.Notify] sends
	Notices          io.Reader        // with Dev: what to tell the pages; the server ends when it ends
	MaxMessage       int64            // bytes of the largest message that an endpoint takes
	MaxSockets       int              // WebSocket connections served at once
	RingSize         int              // bytes of the capture
	Untapped         bool             // nothing is recorded: to measure what the tap costs
	Heartbeat        time.Duration    // between pings to a socket; one that has not answered the last is closed
	FrameLog         io.Writer        // gets one line for each tapped frame; nil for none
	App              app.Config       // the example application at /ws/chat and /ws/bin; its Log nil: none. Our origins are added
	Targets          []proxy.Target   // servers to stand in front of, each at a port of its own on loopback; see [Run]
	TargetOrigin     bool             // targets get their own origin as Origin, in place of the page's
	InsecureUpstream bool             // certificates of targets are not verified
	Faults           *fault.Deck      // what happens to the frames of all connections from the start; nil for nothing
	Record           *recording.Files // where everything that the tap sees is written as it happens; nil for nowhere. Run opens it
	Version          string           // shown by /healthz and told in the Server field
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
	return c
}

// scheme returns "https" or "http".
func (c Config) scheme() string {
	if c.TLS {
		return "https"
	}
	return "http"
}
