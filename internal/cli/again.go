package cli

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/tetherscope/tetherscope/internal/frame"
	"github.com/tetherscope/tetherscope/internal/secret"
)

// again is what of a captured handshake is said to the server once more. What the handshake needs for itself is made anew, and
// credentials are not known: captures hide them, and where one does not, it is not for another server.
type again struct {
	url    *url.URL
	header http.Header
	hidden []string // what was left out as a credential
}

// anew are the fields that every handshake makes for itself, or that are of one hop. Subprotocols are looked at apart.
var anew = []string{
	"Host", "Connection", "Upgrade", "Content-Length", "Transfer-Encoding", "Te", "Trailer", "Keep-Alive", "Proxy-Connection",
	"Sec-Websocket-Key", "Sec-Websocket-Version", "Sec-Websocket-Extensions", "Sec-Websocket-Protocol", "Sec-Websocket-Accept",
}

// sayAgain adds to a URL and header fields what the head of the captured request has and they do not: the path and the query
// if the URL has none, and, unless bare, every field that is not among them.
func sayAgain(head []byte, to *url.URL, header http.Header, bare bool) again {
	a := again{url: to, header: header.Clone()}
	h := frame.ParseHandshake(secret.Blank(head), nil)
	if to.Path == "" && to.RawQuery == "" {
		a.target(h.Target)
	}
	if bare {
		return a
	}
	for _, f := range h.Request {
		name := http.CanonicalHeaderKey(f.Name)
		switch {
		case slices.Contains(anew, name), header.Values(name) != nil, !token(name):
		case strings.Contains(f.Value, secret.Hidden):
			a.hidden = append(a.hidden, name)
		default:
			a.header.Add(name, f.Value)
		}
	}
	return a
}

// target takes the path and the query of a request, without the parameters that are hidden.
func (a *again) target(text string) {
	u, err := url.ParseRequestURI(text)
	if err != nil {
		return
	}
	to := *a.url
	to.Path, to.RawPath = u.Path, u.RawPath
	var kept []string
	for p := range strings.SplitSeq(u.RawQuery, "&") {
		if strings.Contains(p, secret.Hidden) {
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
