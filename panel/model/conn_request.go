package model

import (
	"bytes"
	"cmp"
	"strings"

	"github.com/tetherscope/tetherscope/internal/capture/redact"
	"github.com/tetherscope/tetherscope/internal/frame"
)

// address returns the URL of the request, as its client wrote it.
func address(k *Conn) string {
	path := k.Path
	if !strings.HasPrefix(path, "/") {
		path = "/"
	}
	if strings.Contains(k.Beside, "://") {
		return k.Beside + path
	}
	return "ws://" + cmp.Or(header(k, "Host"), "localhost") + path
}

// withoutSecrets returns what is known of a connection with the credentials of its address and handshake hidden, for what leaves the panel; nil
// for nil.
func (k *Conn) withoutSecrets() *Conn {
	if k == nil {
		return nil
	}
	out := *k
	out.Path, out.Beside = redact.URL(k.Path), redact.URL(k.Beside)
	out.request, out.response = redact.Head(k.request), redact.Head(k.response)
	if h := frame.ParseHandshake(out.request, out.response); h.Subprotocol != "" {
		out.Subprotocol = h.Subprotocol
	}
	out.Subprotocol = redact.Text(out.Subprotocol)
	return &out
}

// header returns a field of the request, "" when it has none.
func header(k *Conn, want string) string {
	_, rest, _ := bytes.Cut(k.request, []byte("\r\n"))
	for line := range bytes.SplitSeq(rest, []byte("\r\n")) {
		if name, value, found := bytes.Cut(line, []byte(":")); found && strings.EqualFold(string(name), want) {
			return strings.TrimSpace(string(value))
		}
	}
	return ""
}
