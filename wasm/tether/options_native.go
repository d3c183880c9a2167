//go:build !js

package tether

import (
	"net/http"

	"github.com/tetherscope/tetherscope/wasm/internal/wire"
)

// WithHTTPClient makes handshakes with c: proxies, TLS, dialling. Native only: it does not exist for js.
func WithHTTPClient(c *http.Client) Option {
	return func(o *options) error {
		if c == nil {
			return &OptionError{"WithHTTPClient", "the client is nil"}
		}
		o.dialing.client = c
		return nil
	}
}

// WithHeader adds to the headers of every handshake. Native only; for headers that change use Target.Header in an
// [Endpoint].
func WithHeader(h http.Header) Option {
	return func(o *options) error {
		o.target.Header = h.Clone()
		return nil
	}
}

// Compression is how a client compresses what it sends; see [WithCompression]. The zero value offers context takeover on both sides.
type Compression struct {
	// Threshold is the size in bytes below which a message is sent as it is. Default: 128, and 512 with NoContextTakeover.
	Threshold int
	// NoContextTakeover lets each message stand alone: about a megabyte less of memory where little is sent, and larger
	// messages. The server is asked for the same.
	NoContextTakeover bool
}

// WithCompression offers permessage-deflate (RFC 7692), by default with context takeover: a message is compressed with
// what was in those before it. Native only: a browser always offers it.
func WithCompression(c ...Compression) Option {
	return func(o *options) error {
		w := wire.Compression{Threshold: defaultThreshold}
		for _, c := range c {
			if c.Threshold < 0 {
				return &OptionError{"WithCompression", "Threshold is negative"}
			}
			w = wire.Compression{Threshold: c.Threshold, NoContextTakeover: c.NoContextTakeover}
			if c.Threshold == 0 && c.NoContextTakeover {
				w.Threshold = defaultThresholdAlone
			} else if c.Threshold == 0 {
				w.Threshold = defaultThreshold
			}
		}
		o.dialing.compression = &w
		return nil
	}
}

// From these sizes on, compression saves more than it costs.
const (
	defaultThreshold      = 128
	defaultThresholdAlone = 512
)

// defaultMaxFrame is the largest frame of a client that does not say otherwise.
const defaultMaxFrame = 64 << 10

// WithMaxFrame bounds the payload of one frame, in bytes: a larger message leaves as several frames (RFC 6455 §5.4), between
// which pings are answered and the close frame of the peer is. Some servers and gateways refuse frames over 32 KiB.
// Default: 64 KiB. Native only: a browser does as it likes.
func WithMaxFrame(bytes int) Option {
	return func(o *options) error {
		if bytes < minMaxFrame {
			return &OptionError{"WithMaxFrame", "must be at least 128"}
		}
		o.dialing.maxFrame = bytes
		return nil
	}
}

const minMaxFrame = 128

// WithOptionalSubprotocol keeps a connection on which the server chose none of the subprotocols that were offered. Without
// it the attempt fails, as it does in a browser whatever a program says. Native only.
func WithOptionalSubprotocol() Option {
	return func(o *options) error {
		o.dialing.anyProtocol = true
		return nil
	}
}
