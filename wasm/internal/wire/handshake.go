package wire

import (
	"context"
	"crypto/rand"
	"crypto/sha1"
	"encoding/base64"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
)

// Handshake is the opening handshake of one attempt (RFC 6455 §4.1).
type Handshake struct {
	Client       *http.Client
	URL          string // ws, wss, http or https
	Header       http.Header
	Subprotocols []string
	Optional     bool // a server may choose none of the subprotocols
	Compression  *Compression
	MaxMessage   int
	MaxFrame     int
}

// Conn is an open connection.
type Conn struct {
	*Reader
	*Writer
	Subprotocol string
	Extensions  string
	socket      *counted
}

// Cut ends the TCP connection at once. It may be called from any goroutine.
func (c *Conn) Cut() { _ = c.socket.Close() }

// Traffic returns how many bytes arrived and how many the kernel has taken. It may be called from any goroutine.
func (c *Conn) Traffic() (arrived, taken uint64) {
	return c.socket.arrived.Load(), c.socket.taken.Load()
}

// counted counts what passes.
type counted struct {
	io.ReadWriteCloser
	arrived, taken atomic.Uint64
}

// Read implements io.Reader.
func (c *counted) Read(p []byte) (int, error) {
	n, err := c.ReadWriteCloser.Read(p)
	c.arrived.Add(uint64(n))
	return n, err
}

// Write implements io.Writer.
func (c *counted) Write(p []byte) (int, error) {
	n, err := c.ReadWriteCloser.Write(p)
	c.taken.Add(uint64(n))
	return n, err
}

// Refused is an answer that is no WebSocket.
type Refused struct {
	Status int
	Header http.Header
}

func (r *Refused) Error() string { return "the server answered with " + http.StatusText(r.Status) }

// Dial performs the handshake. Its errors name no part of the URL: it may carry credentials.
func (h *Handshake) Dial(ctx context.Context) (*Conn, error) {
	key := make([]byte, 16)
	_, _ = rand.Read(key) // which never fails
	nonce := base64.StdEncoding.EncodeToString(key)
	req, err := h.request(ctx, nonce)
	if err != nil {
		return nil, err
	}
	resp, err := h.Client.Do(req)
	if err != nil {
		return nil, withoutURL(err)
	}
	c, err := h.accept(resp, nonce)
	if err != nil {
		_ = resp.Body.Close()
	}
	return c, err
}

// withoutURL returns what an error of net/http says beside the URL.
func withoutURL(err error) error {
	for {
		e, ok := errors.AsType[*url.Error](err)
		if !ok {
			return err
		}
		err = e.Err
	}
}

func (h *Handshake) request(ctx context.Context, nonce string) (*http.Request, error) {
	u, err := url.Parse(h.URL)
	if err != nil {
		return nil, errors.New("the URL cannot be parsed: " + withoutURL(err).Error())
	}
	switch u.Scheme {
	case "ws":
		u.Scheme = "http"
	case "wss":
		u.Scheme = "https"
	}
	req := (&http.Request{Method: http.MethodGet, URL: u, Host: u.Host, Header: http.Header{}}).WithContext(ctx)
	if h.Header != nil {
		req.Header = h.Header.Clone()
	}
	if host := req.Header.Get("Host"); host != "" {
		req.Host = host
	}
	set := func(name, value string) { req.Header[name] = []string{value} }
	set("Connection", "Upgrade")
	set("Upgrade", "websocket")
	set("Sec-Websocket-Version", "13")
	set("Sec-Websocket-Key", nonce)
	if len(h.Subprotocols) > 0 {
		set("Sec-Websocket-Protocol", strings.Join(h.Subprotocols, ", "))
	}
	if h.Compression != nil {
		set("Sec-Websocket-Extensions", h.Compression.offer())
	}
	return req, nil
}

// accept checks the answer (RFC 6455 §4.1).
func (h *Handshake) accept(resp *http.Response, nonce string) (*Conn, error) {
	if resp.StatusCode != http.StatusSwitchingProtocols {
		return nil, &Refused{resp.StatusCode, resp.Header}
	}
	sum := sha1.Sum([]byte(nonce + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
	switch {
	case !hasToken(resp.Header, "Upgrade", "websocket"):
		return nil, errors.New("the answer has no Upgrade: websocket (RFC 6455 §4.1)")
	case !hasToken(resp.Header, "Connection", "upgrade"):
		return nil, errors.New("the answer has no Connection: Upgrade (RFC 6455 §4.1)")
	case strings.TrimSpace(resp.Header.Get("Sec-WebSocket-Accept")) != base64.StdEncoding.EncodeToString(sum[:]):
		return nil, errors.New("the answer has a wrong Sec-WebSocket-Accept (RFC 6455 §4.1)")
	}
	chosen := strings.Join(resp.Header.Values("Sec-WebSocket-Protocol"), ", ")
	if err := h.subprotocol(chosen); err != nil {
		return nil, err
	}
	extensions := strings.Join(resp.Header.Values("Sec-WebSocket-Extensions"), ", ")
	agreed, err := agree(h.Compression, extensions)
	if err != nil {
		return nil, err
	}
	body, ok := resp.Body.(io.ReadWriteCloser)
	if !ok {
		return nil, errors.New("the HTTP client's transport gives no connection to write to")
	}
	socket := &counted{ReadWriteCloser: body}
	c := &Conn{NewReader(socket, h.MaxMessage), NewWriter(socket, h.MaxFrame), chosen, extensions, socket}
	if agreed != nil {
		c.inflate = &inflater{alone: agreed.serverAlone}
		c.deflate = &deflater{threshold: h.Compression.Threshold, alone: agreed.clientAlone}
	}
	return c, nil
}

// ErrNoSubprotocol says that the server chose none of the subprotocols that were offered.
var ErrNoSubprotocol = errors.New("the server chose none of the subprotocols that were offered")

func (h *Handshake) subprotocol(chosen string) error {
	if chosen == "" {
		if len(h.Subprotocols) > 0 && !h.Optional {
			return ErrNoSubprotocol
		}
		return nil
	}
	for _, name := range h.Subprotocols {
		if name == chosen {
			return nil
		}
	}
	return errors.New("the server chose a subprotocol that was not offered (RFC 6455 §4.1)")
}

// hasToken reports whether a list field has a token, in any case.
func hasToken(h http.Header, field, token string) bool {
	for _, value := range h.Values(field) {
		for part := range strings.SplitSeq(value, ",") {
			if strings.EqualFold(strings.TrimSpace(part), token) {
				return true
			}
		}
	}
	return false
}
