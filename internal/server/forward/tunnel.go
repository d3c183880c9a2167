package forward

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/tetherscope/tetherscope/internal/server/proxy"
	"github.com/tetherscope/tetherscope/internal/tcpend"
)

// What begins in a tunnel.
const (
	tlsHandshake = 0x16     // content type of the record of a ClientHello (RFC 8446 section 5.1)
	preface      = "PRI "   // of HTTP/2 without TLS, which is not read (RFC 9113 section 3.4)
	maxHello     = 64 << 10 // a ClientHello with post-quantum keys has 2 KiB
)

// parseAddress reads host[:port] and returns the host, in lower case and without brackets, and host:port to dial.
func parseAddress(text, port string) (host, address string, err error) {
	host = text
	if h, given, err := net.SplitHostPort(text); err == nil {
		host, port = h, given
	}
	host = strings.ToLower(strings.TrimSuffix(strings.Trim(host, "[]"), "."))
	if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
		return "", "", fmt.Errorf("%q is not host:port: the port must be between 1 and 65535", text)
	}
	if host == "" || len(host) > 255 || strings.ContainsAny(host, " \t\r\n/@\\,") {
		return "", "", fmt.Errorf("%q names no host", text)
	}
	return host, net.JoinHostPort(host, port), nil
}

// tunnel decides by the first bytes what is in a tunnel, and serves it. It closes c, or gives it to what does.
func (p *Proxy) tunnel(c net.Conn, d destination) {
	if first := p.peek(c, firstByte); len(first) > 0 {
		p.decide(c, d, first)
		return
	}
	p.undecided(c, d)
}

// decide serves a tunnel whose client has sent these bytes.
func (p *Proxy) decide(c net.Conn, d destination, first []byte) {
	c = proxy.Replay(c, first)
	switch {
	case first[0] == tlsHandshake:
		p.encrypted(c, d)
	case isMethod(first) && !bytes.HasPrefix(first, []byte(preface)):
		d.scheme = "http"
		p.release(c)
		p.queue.put(&tunnelConn{c, d})
	case d.host == MagicHost:
		p.drop(c)
	default:
		p.pass(c, d)
	}
}

// firstBytes is how much is read to decide.
const firstBytes = 512

// peek reads what comes first within a time, or nothing.
func (p *Proxy) peek(c net.Conn, within time.Duration) []byte {
	b := make([]byte, firstBytes)
	_ = c.SetReadDeadline(time.Now().Add(within))
	n, _ := c.Read(b) // an error comes again
	_ = c.SetReadDeadline(time.Time{})
	return b[:n]
}

// isMethod reports whether b may begin a request: upper-case letters, then a space if there is room for it.
func isMethod(b []byte) bool {
	word, _, ended := bytes.Cut(b, []byte(" "))
	if len(word) == 0 || !ended && len(word) > 20 {
		return false
	}
	for _, c := range word {
		if c < 'A' || c > 'Z' {
			return false
		}
	}
	return true
}

// encrypted reads TLS with a certificate of our own, or passes it on when the host is one that passes.
func (p *Proxy) encrypted(c net.Conn, d destination) {
	_ = c.SetReadDeadline(time.Now().Add(requestTimeout))
	hello, raw := readHello(c)
	_ = c.SetReadDeadline(time.Time{})
	c = proxy.Replay(c, raw)
	if hello == nil {
		p.pass(c, d) // not TLS after all
		return
	}
	if hello.ServerName != "" {
		d.host = strings.ToLower(hello.ServerName)
	}
	if !p.reads(d.host) {
		p.pass(c, d)
		return
	}
	d.scheme = "https"
	tc := tls.Server(c, &tls.Config{
		MinVersion: tls.VersionTLS12, NextProtos: p.protocols(),
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return p.o.Authority.Leaf(d.host) },
	})
	ctx, cancel := context.WithTimeout(context.Background(), requestTimeout)
	defer cancel()
	if err := tc.HandshakeContext(ctx); err != nil {
		p.refusedCertificate(d.host, err)
		p.drop(c)
		return
	}
	p.release(c)
	p.queue.put(&tunnelConn{tc, d})
}

// protocols are what a client may choose from inside of TLS, by their ALPN names.
func (p *Proxy) protocols() []string {
	if p.o.HTTP2 {
		return []string{"h2", "http/1.1"}
	}
	return []string{"http/1.1"}
}

// reads reports whether TLS to a host is read.
func (p *Proxy) reads(host string) bool {
	if host == MagicHost {
		return true
	}
	if p.o.Pass.Match(host) || len(p.o.Only) > 0 && !p.o.Only.Match(host) {
		p.hosts.count(host, func(h *Host) { h.Passed = "by -pass or -proxy-only" })
		return false
	}
	return p.hosts.passed(host) == ""
}

// refusedCertificate notes a client that refused our certificate: from now on it is passed through to the host.
func (p *Proxy) refusedCertificate(host string, err error) {
	var remote *net.OpError
	if !errors.As(err, &remote) || remote.Op != "remote error" || !refusal(remote.Err) {
		return
	}
	sentence := fmt.Sprintf("a client refused the certificate of this run (%v); TLS to this host is passed through from now on", remote.Err)
	news := false
	p.hosts.count(host, func(h *Host) { news = h.Passed == ""; h.Passed = sentence })
	if news && p.o.Notice != nil {
		p.o.Notice(host, sentence)
	}
}

// refusal reports whether an alert is about a certificate. Package tls has no type for alerts of TCP connections.
func refusal(err error) bool {
	return err != nil && (strings.Contains(err.Error(), "certificate") || strings.Contains(err.Error(), "access denied"))
}

// pass carries a tunnel byte for byte.
func (p *Proxy) pass(c net.Conn, d destination) {
	defer p.drop(c)
	p.hosts.count(d.host, func(h *Host) { h.Requests++ })
	up, err := p.dial(d)
	if err != nil {
		_ = tcpend.Reset(c) // the client has the answer that the tunnel is there: a reset is what is left
		return
	}
	defer p.release(up)
	proxy.Join(c, up)
}

var errHello = errors.New("the hello is complete")

// readHello reads a ClientHello and returns what it says, nil if it is none, and the bytes that were read.
func readHello(c net.Conn) (hello *tls.ClientHelloInfo, raw []byte) {
	r := &recording{r: io.LimitReader(c, maxHello)}
	_ = tls.Server(r, &tls.Config{MinVersion: tls.VersionTLS12, GetConfigForClient: func(h *tls.ClientHelloInfo) (*tls.Config, error) {
		hello = h
		return nil, errHello
	}}).Handshake() // it ends with that error, or because it is no hello
	return hello, r.read
}

// recording is a connection that can only be read, and keeps what was.
type recording struct {
	net.Conn
	r    io.Reader
	read []byte
}

// Read reads, and keeps a copy.
func (r *recording) Read(p []byte) (int, error) {
	n, err := r.r.Read(p)
	r.read = append(r.read, p[:n]...)
	return n, err
}

// Write drops the alert that package tls sends when the hello is not answered.
func (r *recording) Write(p []byte) (int, error) { return len(p), nil }

// Close does nothing: the connection goes on.
func (r *recording) Close() error { return nil }

// SetWriteDeadline does nothing: nothing is written.
func (r *recording) SetWriteDeadline(time.Time) error { return nil }
