package cli

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/tetherscope/tetherscope/internal/capture/redact"
	"github.com/tetherscope/tetherscope/internal/frame"
)

// handshakeHeaders are the URL and the header fields of a captured handshake, for a new one to another server. Fields that every
// handshake makes for itself, and credentials, which captures do not have, are not among them.
type handshakeHeaders struct {
	url    *url.URL
	header http.Header
	hidden []string // what was left out as a credential
}

// ownFields are the fields that every handshake makes for itself, or that concern one hop. Subprotocols are handled apart.
var ownFields = []string{
	"Host", "Connection", "Upgrade", "Content-Length", "Transfer-Encoding", "Te", "Trailer", "Keep-Alive", "Proxy-Connection",
	"Sec-Websocket-Key", "Sec-Websocket-Version", "Sec-Websocket-Extensions", "Sec-Websocket-Protocol", "Sec-Websocket-Accept",
}

// reuseHandshake adds to a URL and header fields what the head of the captured request, which has been redacted, has and they do not: the path and the query
// if the URL has none, and, unless bare, every field that is not among them.
func reuseHandshake(head []byte, to *url.URL, header http.Header, bare bool) handshakeHeaders {
	a := handshakeHeaders{url: to, header: header.Clone()}
	h := frame.ParseHandshake(head, nil)
	if to.Path == "" && to.RawQuery == "" {
		a.target(h.Target)
	}
	if bare {
		return a
	}
	for _, f := range h.Request {
		name := http.CanonicalHeaderKey(f.Name)
		switch {
		case slices.Contains(ownFields, name), header.Values(name) != nil, !token(name):
		case strings.Contains(f.Value, redact.Placeholder):
			a.hidden = append(a.hidden, name)
		default:
			a.header.Add(name, f.Value)
		}
	}
	return a
}

// target takes the path and the query of a request, without the parameters that are hidden.
func (a *handshakeHeaders) target(text string) {
	u, err := url.ParseRequestURI(text)
	if err != nil {
		return
	}
	to := *a.url
	if strings.Contains(u.Path, redact.Placeholder) {
		a.hidden = append(a.hidden, "the path")
	} else {
		to.Path, to.RawPath = u.Path, u.RawPath
	}
	var kept []string
	for p := range strings.SplitSeq(u.RawQuery, "&") {
		if strings.Contains(p, redact.Placeholder) {
			name, _, _ := strings.Cut(p, "=")
			a.hidden = append(a.hidden, "?"+name)
			continue
		}
		kept = append(kept, p)
	}
	to.RawQuery = strings.Join(kept, "&")
	a.url = &to
}

// token reports whether a name can stand in a header field (RFC 9110 §5.6.2).
func token(name string) bool {
	return name != "" && !strings.ContainsFunc(name, func(r rune) bool {
		return r <= ' ' || r >= 0x7F || strings.ContainsRune(`"(),/:;<=>?@[\]{}`, r)
	})
}
