package rawws

import (
	"bytes"
	"encoding/base64"
	"net/http"
	"net/http/httputil"
	"slices"
	"strings"
	"time"

	"github.com/tetherscope/tetherscope/internal/frame"
)

const (
	keyField        = "Sec-WebSocket-Key"
	extensionsField = "Sec-WebSocket-Extensions"
)

// RequestError says why a request is not the opening handshake of a WebSocket connection (RFC 6455 §4.2.1).
type RequestError struct {
	Problem string // with its RFC section
}

// Error says what the request lacks.
func (e *RequestError) Error() string {
	return "the request is not a WebSocket handshake: " + e.Problem
}

// Choice is what [Accept] agrees to.
type Choice struct {
	Subprotocol string // chosen if the client offers it
	Deflate     bool   // agree to the client's first offer of permessage-deflate
}

// Accept answers a client's handshake and takes over its connection. A request that is no handshake gives a
// [*RequestError], and is for the caller to answer. The response has the header fields of w, too.
func Accept(w http.ResponseWriter, r *http.Request, c Choice) (*Peer, error) {
	if err := checkRequest(r); err != nil {
		return nil, err
	}
	request, err := httputil.DumpRequest(r, false)
	if err != nil {
		return nil, err
	}
	h := w.Header()
	h.Set("Upgrade", "websocket")
	h.Set("Connection", "Upgrade")
	h.Set("Sec-WebSocket-Accept", frame.AcceptKey(r.Header.Get(keyField)))
	offered := frame.ParseHandshake(request, nil).SubprotocolsOffered
	if c.Subprotocol != "" && slices.Contains(offered, c.Subprotocol) {
		h.Set("Sec-WebSocket-Protocol", c.Subprotocol)
	}
	if c.Deflate {
		if answer := agreeDeflate(r.Header.Get(extensionsField)); answer != "" {
			h.Set(extensionsField, answer)
		}
	}
	return takeOver(w, request)
}

// checkRequest checks the request of an opening handshake (RFC 6455 §4.2.1).
func checkRequest(r *http.Request) error {
	keys := r.Header.Values(keyField)
	switch {
	case r.Method != http.MethodGet:
		return &RequestError{"the method must be GET (RFC 6455 §4.1)"}
	case !frame.HasToken(r.Header.Values("Connection"), "upgrade"), !frame.HasToken(r.Header.Values("Upgrade"), "websocket"):
		return &RequestError{"it must ask to upgrade the connection to websocket (RFC 6455 §4.1)"}
	case r.Header.Get("Sec-WebSocket-Version") != "13":
		return &RequestError{"Sec-WebSocket-Version must be 13 (RFC 6455 §4.1)"}
	case len(keys) != 1:
		return &RequestError{"it must have one Sec-WebSocket-Key (RFC 6455 §4.1)"}
	}
	if nonce, err := base64.StdEncoding.DecodeString(keys[0]); err != nil || len(nonce) != 16 {
		return &RequestError{"Sec-WebSocket-Key must be 16 bytes in base64 (RFC 6455 §4.1)"}
	}
	return nil
}

// takeOver sends the response and makes a peer of the connection.
func takeOver(w http.ResponseWriter, request []byte) (*Peer, error) {
	var head bytes.Buffer
	head.WriteString("HTTP/1.1 101 Switching Protocols\r\n")
	_ = w.Header().Write(&head) // a bytes.Buffer never fails
	head.WriteString("\r\n")
	nc, brw, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return nil, err
	}
	_ = nc.SetDeadline(time.Time{}) // the server's, which was for the handshake
	p := &Peer{Request: request, Response: head.Bytes(), conn: nc, in: brw.Reader, net: nc}
	p.Deflate = frame.ParseHandshake(request, p.Response).Deflate
	if _, err := nc.Write(p.Response); err != nil {
		nc.Close()
		return nil, err
	}
	return p, nil
}

// agreeDeflate answers the first offer of extensions if it is one of permessage-deflate, on the client's terms; else it
// returns "". The offers are good ones.
func agreeDeflate(offers string) string {
	first, _, _ := strings.Cut(offers, ",")
	name, params, _ := strings.Cut(first, ";")
	if strings.TrimSpace(name) != "permessage-deflate" {
		return ""
	}
	agreed := []string{"permessage-deflate"}
	for p := range strings.SplitSeq(params, ";") {
		p = strings.TrimSpace(p)
		if strings.HasPrefix(p, "server_") || p == "client_no_context_takeover" {
			agreed = append(agreed, p)
		}
	}
	return strings.Join(agreed, "; ")
}
