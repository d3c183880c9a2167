package cli

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strings"
	"time"

	"github.com/tetherscope/tetherscope/internal/frame"
	"github.com/tetherscope/tetherscope/internal/record"
)

// dialer is what is needed to open a link.
type dialer struct {
	url    *url.URL
	header http.Header
	trust  trust
	see    func(*record.Record) error // told of everything that happens; may be nil
}

// parseWS reads the URL of a WebSocket endpoint.
func parseWS(text string) (*url.URL, error) {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.Scheme != "ws" && u.Scheme != "wss" {
		return nil, fmt.Errorf("-url %q is no WebSocket URL: want ws://host:port/path or wss://…", text)
	}
	return u, nil
}

// dial opens a link as a client. It offers no extension: what is sent is what stands on the wire.
func (d *dialer) dial(ctx context.Context) (*link, error) {
	key := make([]byte, 16)
	_, _ = rand.Read(key) // it never fails: crypto/rand ends the program instead
	u := *d.url
	u.Scheme = strings.Replace(u.Scheme, "ws", "http", 1)
	ctx, cancel := context.WithTimeout(ctx, handshakeTime)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return nil, err
	}
	for name, values := range d.header {
		req.Header[name] = values
	}
	if host := req.Header.Get("Host"); host != "" {
		req.Host = host
		req.Header.Del("Host")
	}
	req.Header.Set("Connection", "Upgrade")
	req.Header.Set("Upgrade", "websocket")
	req.Header.Set("Sec-WebSocket-Version", "13")
	req.Header.Set("Sec-WebSocket-Key", base64.StdEncoding.EncodeToString(key))
	request, err := httputil.DumpRequest(req, false)
	if err != nil {
		return nil, err
	}
	transport := &http.Transport{Proxy: http.ProxyFromEnvironment}
	if u.Scheme == "https" {
		if transport.TLSClientConfig, err = d.trust.config(); err != nil {
			return nil, err
		}
	}
	res, err := transport.RoundTrip(req)
	if err != nil {
		return nil, fmt.Errorf("no connection to %s: %w%s", d.url.Redacted(), err, hint(err))
	}
	return d.upgraded(request, res)
}

// upgraded makes the link once the server has answered.
func (d *dialer) upgraded(request []byte, res *http.Response) (*link, error) {
	rw, ok := res.Body.(io.ReadWriteCloser)
	accept := frame.AcceptKey(res.Request.Header.Get("Sec-WebSocket-Key"))
	switch {
	case res.StatusCode != http.StatusSwitchingProtocols || !ok:
		text, _ := io.ReadAll(io.LimitReader(res.Body, 200)) // it explains; without it the status must do
		res.Body.Close()
		return nil, fmt.Errorf("%s refuses the handshake: %s %q", d.url.Redacted(), res.Status, text)
	case res.Header.Get("Sec-WebSocket-Accept") != accept:
		res.Body.Close()
		return nil, fmt.Errorf("%s is no WebSocket server: its Sec-WebSocket-Accept is %q, not %q (RFC 6455 §4.2.2)",
			d.url.Redacted(), res.Header.Get("Sec-WebSocket-Accept"), accept)
	}
	response, err := httputil.DumpResponse(&http.Response{
		Status: res.Status, StatusCode: res.StatusCode, ProtoMajor: 1, ProtoMinor: 1, Header: res.Header, ContentLength: -1,
	}, false)
	if err != nil {
		return nil, err
	}
	l := newLink(rw, rw, true, 1, d.see)
	return l, l.opened(d.url.Path, d.url.Host, request, response)
}

// acceptLink makes a link of a client's request, choosing a subprotocol that it offers. It answers a request that is none.
func acceptLink(w http.ResponseWriter, r *http.Request, conn uint32, prefer string, see func(*record.Record) error) (*link, error) {
	key := r.Header.Get("Sec-WebSocket-Key")
	if !strings.EqualFold(r.Header.Get("Upgrade"), "websocket") || key == "" {
		http.Error(w, "This is a WebSocket server: connect with ws://.", http.StatusUpgradeRequired)
		return nil, errors.New("the request is no WebSocket handshake")
	}
	request, err := httputil.DumpRequest(r, false)
	if err != nil {
		return nil, err
	}
	head := "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: " +
		frame.AcceptKey(key) + "\r\n"
	for _, offered := range strings.Split(strings.Join(r.Header.Values("Sec-WebSocket-Protocol"), ","), ",") {
		if offered = strings.TrimSpace(offered); prefer != "" && offered == prefer {
			head += "Sec-WebSocket-Protocol: " + offered + "\r\n"
			break
		}
	}
	head += "\r\n"
	nc, brw, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return nil, err
	}
	_ = nc.SetDeadline(time.Time{}) // of the server: it was for the handshake
	if _, err := nc.Write([]byte(head)); err != nil {
		nc.Close()
		return nil, err
	}
	l := newLink(nc, brw.Reader, false, conn, see)
	return l, l.opened(r.URL.Path, r.RemoteAddr, request, []byte(head))
}

// headerFlag collects header fields.
type headerFlag http.Header

// String implements flag.Value.
func (h headerFlag) String() string { return "" }

// Set implements flag.Value.
func (h headerFlag) Set(text string) error {
	name, value, ok := strings.Cut(text, ":")
	if name = strings.TrimSpace(name); !ok || name == "" || strings.ContainsAny(text, "\r\n") {
		return fmt.Errorf("%q is no header field: want 'Name: value'", text)
	}
	http.Header(h).Add(name, strings.TrimSpace(value))
	return nil
}
