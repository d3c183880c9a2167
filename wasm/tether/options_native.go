//go:build !js

package tether

import "net/http"

// platformOptions is what can be set on this platform alone.
type platformOptions struct {
	client   *http.Client
	compress bool
}

func (p platformOptions) transport(maxMessage int) transport {
	return nativeTransport{options: p, maxMessage: maxMessage}
}

// WithHTTPClient makes handshakes with c: proxies, TLS, dialling. Native only: it does not exist for js.
func WithHTTPClient(c *http.Client) Option {
	return func(o *options) error {
		if c == nil {
			return &OptionError{"WithHTTPClient", "the client is nil"}
		}
		o.platform.client = c
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

// WithCompression offers permessage-deflate with context takeover (RFC 7692). Native only: a browser always offers it.
func WithCompression() Option {
	return func(o *options) error {
		o.platform.compress = true
		return nil
	}
}
