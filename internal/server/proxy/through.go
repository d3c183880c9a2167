package proxy

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"encoding/base64"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"time"

	"github.com/tetherscope/tetherscope/internal/tcpend"
)

// Through is an HTTP proxy by which targets are reached, with CONNECT.
type Through struct {
	Scheme string        // "http", or "https" for a proxy that is asked over TLS
	Host   string        // host:port
	User   *url.Userinfo // credentials for Basic; nil for none
}

// ParseThrough reads http://[user:password@]host:port, or https. Errors say what to change and never hold the password.
func ParseThrough(text string) (*Through, error) {
	u, err := url.Parse(text)
	switch {
	case err != nil:
		return nil, fmt.Errorf("it is no URL; want http://[user:password@]host:port")
	case u.Scheme != "http" && u.Scheme != "https":
		return nil, fmt.Errorf("the scheme %q is not supported; want http://[user:password@]host:port, or https", u.Scheme)
	case u.Hostname() == "" || u.Port() == "":
		return nil, fmt.Errorf("it names no host and port; want http://[user:password@]host:port")
	case u.Path != "" && u.Path != "/" || u.RawQuery != "" || u.Fragment != "":
		return nil, fmt.Errorf("a proxy has no path and no query; want http://[user:password@]host:port")
	}
	return &Through{u.Scheme, u.Host, u.User}, nil
}

// String returns the URL without the password.
func (t *Through) String() string { return t.Scheme + "://" + t.Host }

// dial asks the proxy for a tunnel to address.
func (t *Through) dial(ctx context.Context, d *net.Dialer, address string) (net.Conn, error) {
	c, err := d.DialContext(ctx, "tcp", t.Host)
	if err != nil {
		return nil, fmt.Errorf("the proxy %s: %w", t, err)
	}
	stop := context.AfterFunc(ctx, func() { _ = c.SetDeadline(time.Unix(1, 0)) })
	tunnel, err := t.connect(ctx, c, address)
	if err == nil && !stop() {
		err = ctx.Err()
	}
	if err != nil {
		stop()
		_ = c.Close() // the error is reported
		return nil, fmt.Errorf("the proxy %s: %w", t, err)
	}
	return tunnel, nil
}

// connect speaks CONNECT (RFC 9110 section 9.3.6) on a connection to the proxy.
func (t *Through) connect(ctx context.Context, c net.Conn, address string) (net.Conn, error) {
	if t.Scheme == "https" {
		host, _, _ := net.SplitHostPort(t.Host) // ParseThrough has seen a port
		tc := tls.Client(c, &tls.Config{ServerName: host, MinVersion: tls.VersionTLS12, NextProtos: []string{"http/1.1"}})
		if err := tc.HandshakeContext(ctx); err != nil {
			return nil, err
		}
		c = tc
	}
	request := "CONNECT " + address + " HTTP/1.1\r\nHost: " + address + "\r\n"
	if t.User != nil {
		password, _ := t.User.Password()
		request += "Proxy-Authorization: Basic " + base64.StdEncoding.EncodeToString([]byte(t.User.Username()+":"+password)) + "\r\n"
	}
	if _, err := c.Write([]byte(request + "\r\n")); err != nil {
		return nil, err
	}
	in := bufio.NewReader(c)
	_, status, err := readHead(in)
	switch {
	case err != nil:
		return nil, err
	case status == http.StatusProxyAuthRequired:
		return nil, fmt.Errorf("it wants other credentials (407)")
	case status/100 != 2:
		return nil, fmt.Errorf("it refuses a tunnel to %s (%d %s)", address, status, http.StatusText(status))
	}
	early, _ := in.Peek(in.Buffered()) // they are there
	if len(early) == 0 {
		return c, nil
	}
	return &Replayed{Conn: c, first: bytes.Clone(early)}, nil
}

// Replayed is a connection of which some bytes have been read already: they are read again first. Reading it from several goroutines
// at once is not allowed, as with the first bytes of any connection.
type Replayed struct {
	net.Conn
	first []byte
}

// Replay returns c with bytes that are read before what comes from it.
func Replay(c net.Conn, first []byte) *Replayed { return &Replayed{c, first} }

// Read returns the first bytes, then those of the connection.
func (r *Replayed) Read(p []byte) (int, error) {
	if len(r.first) > 0 {
		n := copy(p, r.first)
		if r.first = r.first[n:]; len(r.first) == 0 {
			r.first = nil
		}
		return n, nil
	}
	return r.Conn.Read(p)
}

// CloseWrite ends the sending direction of the connection.
func (r *Replayed) CloseWrite() error { return tcpend.CloseWrite(r.Conn) }

// NetConn returns the connection beneath.
func (r *Replayed) NetConn() net.Conn { return r.Conn }

// Join carries the bytes of both connections to each other until both directions have ended, and closes both: what one side does,
// bytes, FIN or reset, is done to the other.
func Join(client, up net.Conn) { (&relay{client: client, up: up}).run(nil, nil) }
