package tether

import (
	"context"
	"strings"
	"time"

	"github.com/tetherscope/tetherscope/wasm/codec"
)

// Option changes how a client behaves. What it cannot accept [New] returns as an [OptionError].
type Option func(*options) error

// Attempt is what an [Endpoint] is asked for.
type Attempt struct {
	Number int   // from 1; starts anew after a good connection
	Cause  error // why the last connection or attempt ended; nil for the first
}

// Endpoint says where an attempt connects to. It is called anew for each attempt, on a goroutine of its own, and ctx ends
// with the connect timeout: the place to fetch a fresh token. It may fail with [Permanent] or [RetryAfter]; any other
// error is tried again after the ordinary backoff. An empty URL in the Target means the one that New was given, nil
// Subprotocols those of [WithSubprotocols].
type Endpoint func(ctx context.Context, a Attempt) (Target, error)

// options is everything that can be set.
type options struct {
	plan
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
	layer         func(*shell, transport) layer
	framing       int // bytes that the layer adds to a message at most
	platform      platformOptions
	env           env    // nil: hints are not told
	alarms        alarms // nil: time.AfterFunc
}

// The defaults of every client.
const (
	defaultConnectTimeout = 15 * time.Second
	defaultCloseTimeout   = 5 * time.Second
	defaultMaxMessage     = 16 << 20
	defaultBuffer         = 1 << 20
)

var (
	defaultOutbox = Limits{1024, 8 << 20}
	defaultInbox  = Limits{65536, 64 << 20}
)

// newOptions applies the options over the defaults and checks the whole.
func newOptions(url string, offer string, list []Option) (*options, error) {
	o := &options{
		plan: plan{
			connectTimeout: defaultConnectTimeout, closeTimeout: defaultCloseTimeout,
			backoff: defaultBackoff, decide: DefaultDecide,
		},
		target: Target{URL: url}, outbox: defaultOutbox, inbox: defaultInbox,
		maxMessage: defaultMaxMessage, buffer: defaultBuffer,
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
	return o, nil
}

// urlProblem says what is wrong with a URL, as far as that can be said without net/url: the platform parses it when it
// dials. In a browser it may be relative to the page.
func urlProblem(url string) string {
	if problem := problemOf(url); problem != "" {
		return quote(url) + " " + problem
	}
	return ""
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
// and must not come twice.
func WithSubprotocols(names ...string) Option {
	return func(o *options) error {
		for _, name := range names {
			if problem := tokenProblem(name, o.target.Subprotocols); problem != "" {
				return &OptionError{"WithSubprotocols", problem}
			}
			o.target.Subprotocols = append(o.target.Subprotocols, name)
		}
		return nil
	}
}

func tokenProblem(name string, others []string) string {
	if name == "" {
		return "a subprotocol is empty"
	}
	for _, r := range name {
		if r <= ' ' || r >= 0x7F || strings.ContainsRune(`()<>@,;:\"/[]?={}`, r) {
			return quote(name) + " is not a token: it contains " + quote(string(r))
		}
	}
	for _, other := range others {
		if other == name {
			return quote(name) + " is offered twice"
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
// is 15 s: mobile networks need more than the few seconds that look generous at a desk.
func WithConnectTimeout(d time.Duration) Option {
	return positive("WithConnectTimeout", d, func(o *options) { o.connectTimeout = d })
}

// WithCloseTimeout bounds how long the closing handshake may take before the connection is torn down. Default: 5 s.
func WithCloseTimeout(d time.Duration) Option {
	return positive("WithCloseTimeout", d, func(o *options) { o.closeTimeout = d })
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
		b := b.filled()
		if problem := b.problem(); problem != "" {
			return &OptionError{"WithBackoff", problem}
		}
		o.backoff = b
		return nil
	}
}

// WithDecide replaces [DefaultDecide]. If f panics, [DefaultDecide] takes its place for that time.
func WithDecide(f Decide) Option {
	return func(o *options) error {
		if f == nil {
			return &OptionError{"WithDecide", "the function is nil"}
		}
		o.decide = f
		return nil
	}
}

// WithOutbox bounds what waits to be sent and says what happens beyond. Default: 1024 messages, 8 MiB, [Block].
func WithOutbox(l Limits, overflow Overflow) Option {
	return func(o *options) error {
		if overflow > DropNewest {
			return &OptionError{"WithOutbox", "unknown overflow policy"}
		}
		o.overflow = overflow
		return setLimits("WithOutbox", l, &o.outbox)
	}
}

// WithInbox bounds what waits to be read and says what happens beyond. Default: 65,536 messages, 64 MiB, [InboxBlock].
func WithInbox(l Limits, overflow ...InboxOverflow) Option {
	return func(o *options) error {
		for _, p := range overflow {
			if p > InboxDropOldest {
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
