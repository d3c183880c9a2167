package rawws

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strings"

	"github.com/tetherscope/tetherscope/internal/frame"
)

// maxResponseHead is how many bytes of a response head are read.
const maxResponseHead = 64 << 10

// Target is where and how [Dial] connects.
type Target struct {
	URL    *url.URL    // ws:// or wss://; a user in it becomes Basic authentication unless Header has Authorization
	Addr   string      // host:port to connect to instead of the URL's, without a proxy; may be empty
	Header http.Header // further header fields; Host replaces the URL's host
	TLS    *tls.Config // of wss://; may be nil
}

// RefusedError says that a server did not open the connection.
type RefusedError struct {
	Status   string // the status line's code and text, such as "403 Forbidden"
	Location string // where a redirect leads, as the server wrote it; empty without one
	Body     string // the start of the response's body
	Accept   string // a Sec-WebSocket-Accept that does not answer the key (RFC 6455 §4.2.2); empty otherwise
	Want     string // what it must be
}

// Error describes the refusal.
func (e *RefusedError) Error() string {
	if e.Want != "" {
		return fmt.Sprintf("is no WebSocket server: its Sec-WebSocket-Accept is %q, not %q (RFC 6455 §4.2.2)", e.Accept, e.Want)
	}
	if e.Location != "" {
		return fmt.Sprintf("redirects the handshake: %s to %q", e.Status, e.Location)
	}
	return fmt.Sprintf("refuses the handshake: %s %q", e.Status, e.Body)
}

// Dial opens a connection as a client (RFC 6455 §4.1). It offers the extensions that the header has, and none else. ctx
// bounds the handshake only. A server that refuses gives a [*RefusedError].
func Dial(ctx context.Context, t Target) (*Peer, error) {
	req, err := t.request(ctx)
	if err != nil {
		return nil, err
	}
	request, err := httputil.DumpRequest(req, false)
	if err != nil {
		return nil, err
	}
	p := &Peer{Request: request, client: true}
	transport := &http.Transport{
		Proxy: http.ProxyFromEnvironment, TLSClientConfig: t.TLS, DisableCompression: true, MaxResponseHeaderBytes: maxResponseHead,
	}
	if t.Addr != "" {
		transport.Proxy = nil
	}
	if address, _, ok := zoned(t.URL.Host); ok && t.URL.Scheme == "wss" {
		c := t.TLS.Clone()
		if c == nil {
			c = new(tls.Config)
		}
		if c.ServerName == "" {
			c.ServerName = address
		}
		transport.TLSClientConfig = c
	}
	transport.DialContext = func(ctx context.Context, network, addr string) (net.Conn, error) {
		if t.Addr != "" {
			addr = t.Addr
		}
		nc, err := new(net.Dialer).DialContext(ctx, network, addr)
		p.net = nc
		return nc, err
	}
	res, err := transport.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	if err := p.upgraded(res, req.Header.Get(keyField)); err != nil {
		res.Body.Close()
		return nil, err
	}
	return p, nil
}

// request returns the client's half of the handshake.
func (t *Target) request(ctx context.Context) (*http.Request, error) {
	u := *t.URL
	u.Scheme = strings.Replace(u.Scheme, "ws", "http", 1)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return nil, err
	}
	if u.User != nil {
		password, _ := u.User.Password()
		req.SetBasicAuth(u.User.Username(), password)
	}
	if address, zone, ok := zoned(u.Host); ok { // a zone means something on this machine only (RFC 6874 §1)
		req.Host = strings.Replace(u.Host, address+"%"+zone, address, 1)
	}
	for name, values := range t.Header {
		req.Header[name] = values
	}
	if host := req.Header.Get("Host"); host != "" {
		req.Host = host
		req.Header.Del("Host")
	}
	var nonce [16]byte
	_, _ = rand.Read(nonce[:]) // see MaskingKey
	req.Header.Set("Connection", "Upgrade")
	req.Header.Set("Upgrade", "websocket")
	req.Header.Set("Sec-WebSocket-Version", "13")
	req.Header.Set(keyField, base64.StdEncoding.EncodeToString(nonce[:]))
	return req, nil
}

// zoned takes the address and the zone of a URL's host apart: "[fe80::1%eth0]:80" has the zone eth0.
func zoned(host string) (address, zone string, ok bool) {
	inside, _, ok := strings.Cut(strings.TrimPrefix(host, "["), "]")
	if !ok {
		return "", "", false
	}
	return strings.Cut(inside, "%")
}

// upgraded completes the peer with the server's response.
func (p *Peer) upgraded(res *http.Response, key string) error {
	rw, ok := res.Body.(io.ReadWriteCloser)
	if res.StatusCode != http.StatusSwitchingProtocols || !ok {
		text, _ := io.ReadAll(io.LimitReader(res.Body, 200)) // it explains; without it the status must do
		refused := &RefusedError{Status: res.Status, Body: string(text)}
		if res.StatusCode/100 == 3 {
			refused.Location = res.Header.Get("Location")
		}
		return refused
	}
	if got, want := res.Header.Get("Sec-WebSocket-Accept"), frame.AcceptKey(key); got != want {
		return &RefusedError{Status: res.Status, Accept: got, Want: want}
	}
	response, err := httputil.DumpResponse(&http.Response{
		Status: res.Status, StatusCode: res.StatusCode, ProtoMajor: 1, ProtoMinor: 1, Header: res.Header, ContentLength: -1,
	}, false)
	if err != nil {
		return err
	}
	h := frame.ParseHandshake(p.Request, response)
	p.Response, p.Deflate, p.conn, p.in = response, h.Deflate, rw, rw
	return nil
}
