package tether

import (
	"context"
	"math/rand/v2"
	"strconv"
	"strings"
	"time"

	"github.com/tetherscope/tetherscope/wasm/codec"
	"github.com/tetherscope/tetherscope/wasm/internal/engine"
)

// Option changes how a client behaves. What it cannot accept [New] returns as an [OptionError].
type Option func(*options) error

// Attempt is what an [Endpoint] is asked for.
type Attempt struct {
	Number int    // from 1; counted from the last good connection
	Cause  error  // why the last connection or attempt ended; nil for the first
	URL    string // of a Target that has none: the one that New was given, or that [WithFailover] chose
}

// Endpoint says where an attempt connects to. It is called for each attempt, on a goroutine of its own, and ctx ends
// with the connect timeout: the place to fetch a fresh token. It may fail with [Permanent] or [RetryAfter]; any other
// error is tried again after the ordinary backoff. An empty URL in the Target means [Attempt].URL, nil
// Subprotocols those of [WithSubprotocols].
//
// A refusal that a fresh token may cure, HTTP 401 or the close codes 4401 and 3000, does not stop the client at once: f is
// asked once more. The second one in a row stops it, unless the connection between lived for MinUptime of the [Backoff]. With
// [WithDecide], or a retry hint of the server, these decide.
type Endpoint func(ctx context.Context, a Attempt) (Target, error)

// options is everything that can be set.
type options struct {
	config        engine.Config // of the machine
	decide        Decide
	target        Target
	endpoint      Endpoint
	askContext    func() (context.Context, context.CancelFunc) // of the endpoint's question; set with endpoint
	outbox        Limits
	overflow      Overflow
	inbox         Limits
	inboxOverflow InboxOverflow
	conflate      func(codec.Message) string // nil: no keys
	maxMessage    int
	buffer        int
	dialer        transport // nil: the platform's
	layer         func(layerHost, transport) layer
	framing       int // bytes that the layer adds to a message at most
	dialing       platformOptions
	heartbeat     heartbeatMessages // nil: no heartbeat
	examiner      examiner          // nil: failures are not examined
	platform      platform          // nil: hints are ignored
	alarms        alarms            // nil: time.AfterFunc
	greeter       greeter           // nil: no first words
	failover      *failover         // nil: one server
	ownDecide     bool              // decide is the user's
	random        func() float64    // in [0,1), for jitter and nonces
}

// The defaults of every client.
const (
	defaultMaxMessage = 16 << 20
	defaultBuffer     = 1 << 20
)

var (
	defaultOutbox = Limits{1024, 8 << 20}
	defaultInbox  = Limits{65536, 64 << 20}
)

// newOptions applies the options over the defaults and checks the whole.
func newOptions(url string, offer string, list []Option) (*options, error) {
	o := &options{
		config: engine.Config{
			ConnectTimeout: engine.DefaultConnectTimeout, CloseTimeout: engine.DefaultCloseTimeout, Backoff: engine.DefaultBackoff,
		},
		decide: DefaultDecide,
		target: Target{URL: url}, outbox: defaultOutbox, inbox: defaultInbox,
		maxMessage: defaultMaxMessage, buffer: defaultBuffer, random: rand.Float64,
	}
	if offer != "" {
		o.target.Subprotocols = []string{offer}
	}
	for _, set := range list {
		if err := set(o); err != nil {
			return nil, err
		}
	}
	if problem := urlProblem(url); problem != "" && (url != "" || o.endpoint == nil) {
		return nil, &OptionError{"url", problem}
	}
	if o.failover == nil {
		return o, nil
	}
	o.config.Servers = 1 + len(o.failover.servers)
	return o, o.failover.begin(url)
}

// urlProblem says what is wrong with a URL, as far as that can be said without net/url: the platform parses it when it
// dials. In a browser it may be relative to the page.
func urlProblem(url string) string {
	problem := problemOf(url)
	if problem == "" {
		problem = platformProblem(url)
	}
	if problem == "" {
		return ""
	}
	return quote(withoutSecrets(url)) + " " + problem
}

// withoutSecrets returns a URL without its query, its fragment and what stands before its host: all of them may be
// credentials, and errors are logged.
func withoutSecrets(url string) string {
	if i := strings.IndexAny(url, "?#"); i >= 0 {
		url = url[:i] + url[i:i+1] + "…"
	}
	scheme, rest, absolute := strings.Cut(url, "://")
	if !absolute {
		return url
	}
	host, path, _ := strings.Cut(rest, "/")
	if i := strings.LastIndexByte(host, '@'); i >= 0 {
		return scheme + "://…" + host[i:] + "/" + path
	}
	return url
}

func problemOf(url string) string {
	scheme, rest, absolute := strings.Cut(url, "://")
	switch {
	case url == "":
		return "is empty"
	case strings.ContainsAny(url, " \t\r\n"):
		return "contains white space"
	case strings.Contains(url, "#"):
		return "has a fragment, which a WebSocket URL must not have (RFC 6455 §3)"
	case !absolute && !browser:
		return "has no scheme: want ws:// or wss://"
	case !absolute:
		return ""
	case rest == "" || rest[0] == '/':
		return "has no host"
	}
	for _, known := range []string{"ws", "wss", "http", "https"} {
		if sameASCII(scheme, known) {
			return ""
		}
	}
	return "has the scheme " + quote(scheme) + ": want ws or wss"
}

// sameASCII reports whether s is lower, whatever the case of its letters.
func sameASCII(s, lower string) bool {
	if len(s) != len(lower) {
		return false
	}
	for i := range len(s) {
		if s[i]|0x20 != lower[i] {
			return false
		}
	}
	return true
}

// WithSubprotocols offers these subprotocols, in this order, after the codec's own. Each must be a token (RFC 6455 §4.1)
// and must not come twice. An error says which one it is by its number and never by its text: subprotocols may carry credentials.
func WithSubprotocols(names ...string) Option {
	return func(o *options) error {
		for i, name := range names {
			if problem := tokenProblem(name, o.target.Subprotocols); problem != "" {
				return &OptionError{"WithSubprotocols", "name " + strconv.Itoa(i+1) + " " + problem}
			}
			o.target.Subprotocols = append(o.target.Subprotocols, name)
		}
		return nil
	}
}

func tokenProblem(name string, others []string) string {
	if name == "" {
		return "is empty"
	}
	for _, r := range name {
		if r <= ' ' || r >= 0x7F || strings.ContainsRune(`()<>@,;:\"/[]?={}`, r) {
			return "is not a token: it contains " + quote(string(r))
		}
	}
	for _, other := range others {
		if other == name {
			return "is offered twice"
		}
	}
	return ""
}

// WithEndpoint asks f before each attempt where to connect to.
func WithEndpoint(f Endpoint) Option {
	return func(o *options) error {
		if f == nil {
			return &OptionError{"WithEndpoint", "the function is nil"}
		}
		// Making a context costs a js program the formatting of dates: only a program with an endpoint carries it.
		o.askContext = func() (context.Context, context.CancelFunc) { return context.WithCancel(context.Background()) }
		o.endpoint = f
		return nil
	}
}

// WithConnectTimeout gives up an attempt, the [Endpoint]'s answer included, after d; its socket is torn down. The default
// is 15 s: mobile networks need more than a few seconds.
func WithConnectTimeout(d time.Duration) Option {
	return positive("WithConnectTimeout", d, func(o *options) { o.config.ConnectTimeout = d })
}

// WithCloseTimeout bounds how long the closing handshake may take before the connection is torn down. Default: 5 s.
func WithCloseTimeout(d time.Duration) Option {
	return positive("WithCloseTimeout", d, func(o *options) { o.config.CloseTimeout = d })
}

func positive(option string, d time.Duration, set func(*options)) Option {
	return func(o *options) error {
		if d <= 0 {
			return &OptionError{option, "must be positive, got " + d.String()}
		}
		set(o)
		return nil
	}
}

// WithBackoff plans the attempts; see [Backoff] for what its zero fields mean.
func WithBackoff(b Backoff) Option {
	return func(o *options) error {
		filled := engine.Backoff(b).Filled()
		if problem := filled.Problem(); problem != "" {
			return &OptionError{"WithBackoff", problem}
		}
		o.config.Backoff = filled
		return nil
	}
}

// WithDecide replaces [DefaultDecide]. If f panics, [DefaultDecide] takes its place for that time.
func WithDecide(f Decide) Option {
	return func(o *options) error {
		if f == nil {
			return &OptionError{"WithDecide", "the function is nil"}
		}
		o.decide, o.ownDecide = f, true
		return nil
	}
}

// WithOutbox bounds what waits to be sent and says what happens beyond. Default: 1024 messages, 8 MiB, [OverflowBlock].
func WithOutbox(l Limits, overflow Overflow) Option {
	return func(o *options) error {
		if overflow > OverflowDropNewest {
			return &OptionError{"WithOutbox", "unknown overflow policy"}
		}
		o.overflow = overflow
		return setLimits("WithOutbox", l, &o.outbox)
	}
}

// WithInbox bounds what waits to be read and says what happens beyond. Default: 65,536 messages, 64 MiB, [InboxOverflowBlock].
func WithInbox(l Limits, overflow ...InboxOverflow) Option {
	return func(o *options) error {
		for _, p := range overflow {
			if p > InboxOverflowDropOldest {
				return &OptionError{"WithInbox", "unknown overflow policy"}
			}
			o.inboxOverflow = p
		}
		return setLimits("WithInbox", l, &o.inbox)
	}
}

// WithConflation lets a message take the place of one with the same key that waits to be read, so that a slow reader sees
// the newest of each kind and skips what is out of date. An empty key replaces nothing. key runs on the client's
// goroutine for each message: it must be quick, must not keep or change the data, and must not call the client. If it
// panics the message has no key.
func WithConflation(key func(codec.Message) string) Option {
	return func(o *options) error {
		if key == nil {
			return &OptionError{"WithConflation", "the function is nil"}
		}
		o.conflate = key
		return nil
	}
}

func setLimits(option string, l Limits, to *Limits) error {
	if l.Messages < 0 || l.Bytes < 0 {
		return &OptionError{option, "a limit is negative"}
	}
	if l.Messages > 0 {
		to.Messages = l.Messages
	}
	if l.Bytes > 0 {
		to.Bytes = l.Bytes
	}
	return nil
}

// WithMaxMessage bounds one inbound message, in bytes after decompression. A larger one closes the connection with 1009,
// after which the default policy stops. Default: 16 MiB.
func WithMaxMessage(bytes int) Option {
	return func(o *options) error {
		if bytes <= 0 {
			return &OptionError{"WithMaxMessage", "must be positive"}
		}
		o.maxMessage = bytes
		return nil
	}
}

// WithSendBuffer bounds how many bytes are handed to the platform before it has sent them; the rest waits in the outbox,
// where it can survive the connection. One message may exceed it. Default: 1 MiB.
func WithSendBuffer(bytes int) Option {
	return func(o *options) error {
		if bytes <= 0 {
			return &OptionError{"WithSendBuffer", "must be positive"}
		}
		o.buffer = bytes
		return nil
	}
}

// inline reports whether a message that arrives is processed without a call of the user's functions (for its key, or for
// what it is to the heartbeat) and without a layer.
func (o *options) inline() bool { return o.conflate == nil && o.heartbeat == nil && o.layer == nil }
