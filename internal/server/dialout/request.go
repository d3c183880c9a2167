package dialout

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/net/http/httpguts"

	"github.com/tetherscope/tetherscope/internal/frame"
	"github.com/tetherscope/tetherscope/internal/server/proxy"
	"github.com/tetherscope/tetherscope/scope/act"
)

// Bounds of what can be asked for.
const (
	maxURL    = 8 << 10
	maxHeader = 16 << 10
	maxCA     = 256 << 10
)

// passed are the fields of the page's handshake that reach the server; madeHere are those that cannot be asked for.
var (
	passed   = []string{"upgrade", "connection", "sec-websocket-key", "sec-websocket-version", "sec-websocket-extensions", "sec-websocket-protocol", "user-agent"}
	madeHere = append([]string{"host", "content-length", "transfer-encoding", "te", "trailer", "keep-alive", "proxy-connection", "sec-websocket-accept"}, passed[:6]...)
)

// request is what a connection was asked for with.
type request struct {
	url    *url.URL
	target proxy.Target
	header []frame.Field
	tls    *tls.Config // nil: the server's own choice
}

func bad(field, problem string) error { return &act.FieldError{Field: field, Problem: problem} }

// newRequest checks what is asked for.
func newRequest(in act.Dial) (*request, error) {
	u, err := url.Parse(in.URL)
	scheme := ""
	if err == nil && strings.Contains(u.Path, "/.") {
		u = u.JoinPath() // as browsers do
	}
	if err == nil {
		scheme = map[string]string{"ws": "http", "wss": "https"}[strings.ToLower(u.Scheme)]
	}
	switch {
	case len(in.URL) > maxURL:
		return nil, bad("url", "has more than 8 KiB")
	case scheme == "":
		return nil, bad("url", "must be a URL that begins with ws:// or wss://")
	case u.Hostname() == "" || strings.ContainsAny(u.Host, " \t\r\n,"):
		return nil, bad("url", "names no host")
	case u.Port() != "" && !isPort(u.Port()):
		return nil, bad("url", "has a port that is not between 1 and 65535")
	case u.User != nil:
		return nil, bad("url", "holds a user or a password: write a field Authorization instead")
	case u.Fragment != "" || strings.Contains(in.URL, "#"):
		return nil, bad("url", "has a fragment (RFC 6455 section 3): write %23 in place of #")
	}
	q := &request{url: u, target: proxy.Target{Name: u.Hostname(), Scheme: scheme, Host: u.Host}}
	if err := q.setHeader(in.Header); err != nil {
		return nil, err
	}
	return q, q.setTrust(in)
}

func isPort(text string) bool {
	n, err := strconv.ParseUint(text, 10, 16)
	return err == nil && n > 0
}

func (q *request) setHeader(list []string) error {
	size := 0
	for _, line := range list {
		name, value, ok := strings.Cut(line, ":")
		name, value = strings.TrimSpace(name), strings.TrimSpace(value)
		switch size += len(line); {
		case size > maxHeader:
			return bad("header", "has more than 16 KiB")
		case !ok || !httpguts.ValidHeaderFieldName(name) || !httpguts.ValidHeaderFieldValue(value):
			return bad("header", strconv.Quote(line)+" is no field: write Name: value")
		case strings.EqualFold(name, "Sec-WebSocket-Protocol"):
			return bad("header", "Sec-WebSocket-Protocol has a box of its own: Subprotocols")
		case slices.Contains(madeHere, strings.ToLower(name)):
			return bad("header", name+" is made by every handshake itself")
		}
		q.header = append(q.header, frame.Field{Name: name, Value: value})
	}
	return nil
}

func (q *request) setTrust(in act.Dial) error {
	switch {
	case !in.Insecure && in.CA == "":
		return nil
	case q.target.Scheme != "https":
		return bad("url", "begins with ws://, which has no certificate to verify")
	case in.Insecure && in.CA != "":
		return bad("insecure", "verifies nothing, and ca says what to trust: choose one")
	case len(in.CA) > maxCA:
		return bad("ca", "has more than 256 KiB")
	}
	q.tls = &tls.Config{InsecureSkipVerify: in.Insecure, MinVersion: tls.VersionTLS12} //nolint:gosec // the person asked for it, for this connection
	if in.CA != "" {
		q.tls.RootCAs = x509.NewCertPool()
		if !q.tls.RootCAs.AppendCertsFromPEM([]byte(in.CA)) {
			return bad("ca", "has no certificate in PEM")
		}
	}
	return nil
}

// own reports whether the URL leads to this program, at one of its ports.
func (q *request) own(ports map[uint16]bool) bool {
	port := q.url.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[q.target.Scheme]
	}
	n, _ := strconv.ParseUint(port, 10, 16) // it was checked
	host := strings.ToLower(strings.TrimSuffix(q.url.Hostname(), "."))
	ip := net.ParseIP(host)
	return ports[uint16(n)] && (ip.IsLoopback() || host == "localhost" || strings.HasSuffix(host, ".localhost"))
}

// route is the path of the connection at this server, behind [Prefix], without the query: what it is called by.
func (q *request) route() string {
	return strings.ToLower(q.url.Scheme) + "/" + q.url.Host + q.url.EscapedPath()
}

// path is route with the query.
func (q *request) path() string {
	if q.url.RawQuery == "" {
		return q.route()
	}
	return q.route() + "?" + q.url.RawQuery
}

// name is under which the connection is recorded.
func (q *request) name() string { return strings.ToLower(q.url.Scheme) + "://" + q.url.Host }

// head returns the head of the handshake that is sent, for the page's.
func (q *request) head(page []byte) []byte {
	out := append([]byte("GET "), q.url.RequestURI()...)
	out = append(out, " HTTP/1.1\r\nHost: "+q.url.Host+"\r\n"...)
	for _, f := range frame.ParseHandshake(page, nil).Request {
		if !slices.Contains(passed, strings.ToLower(f.Name)) || q.asks(f.Name) {
			continue
		}
		out = append(out, f.Name+": "+f.Value+"\r\n"...)
	}
	for _, f := range q.header {
		out = append(out, f.Name+": "+f.Value+"\r\n"...)
	}
	return append(out, "\r\n"...)
}

// asks reports whether a field was asked for, which takes the place of the page's.
func (q *request) asks(name string) bool {
	return slices.ContainsFunc(q.header, func(f frame.Field) bool { return strings.EqualFold(f.Name, name) })
}

// advice says why a server was not reached, and what helps.
func advice(err error) string {
	var unverified *tls.CertificateVerificationError
	var notTLS tls.RecordHeaderError
	switch text := err.Error(); {
	case errors.As(err, &unverified):
		return text + ": give the authority's certificate as CA, or do not verify it"
	case errors.As(err, &notTLS):
		return text + ": the server may speak no TLS there: try ws://"
	default:
		return text
	}
}
