package cli

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/internal/rawws"
)

// dialer is what is needed to open a link.
type dialer struct {
	url    *url.URL
	header http.Header
	tls    tlsFlags
	see    func(*record.Record) error // called for every record of the link; may be nil
}

// dial opens a link as a client. It offers no extension: what is sent is what stands on the wire.
func (d *dialer) dial(ctx context.Context) (*link, error) {
	p, err := d.peer(ctx)
	if err != nil {
		return nil, err
	}
	return newLink(p, true, 1, d.url.Path, d.url.Host, d.see)
}

// peer opens a connection.
func (d *dialer) peer(ctx context.Context) (*rawws.Peer, error) {
	ctx, cancel := context.WithTimeout(ctx, handshakeTimeout)
	defer cancel()
	t := rawws.Target{URL: d.url, Header: d.header}
	if d.url.Scheme == "wss" {
		var err error
		if t.TLS, err = d.tls.config(); err != nil {
			return nil, err
		}
	}
	p, err := rawws.Dial(ctx, t)
	var refused *rawws.RefusedError
	switch {
	case errors.As(err, &refused):
		return nil, fmt.Errorf("%s %w%s", d.url.Redacted(), err, redirectHint(d.url, refused.Location))
	case err != nil:
		return nil, fmt.Errorf("no connection to %s: %w%s", d.url.Redacted(), err, hint(err))
	}
	return p, nil
}

// acceptLink makes a link of a client's request, choosing a subprotocol that it offers. It answers a request that is no
// handshake.
func acceptLink(w http.ResponseWriter, r *http.Request, conn uint32, prefer string, see func(*record.Record) error) (*link, error) {
	p, err := rawws.Accept(w, r, rawws.Choice{Subprotocol: prefer})
	var wrong *rawws.RequestError
	if errors.As(err, &wrong) {
		http.Error(w, "This is a WebSocket server: connect with ws:// ("+wrong.Problem+").", http.StatusUpgradeRequired)
	}
	if err != nil {
		return nil, err
	}
	return newLink(p, false, conn, r.URL.Path, r.RemoteAddr, see)
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
