package wslimit

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/tetherscope/tetherscope/internal/frame"
)

const extensionsField = "Sec-WebSocket-Extensions"

// DropBadOffers takes out of a handshake the offers of permessage-deflate that RFC 7692 §7.1 tells a server to decline:
// with unknown or repeated parameters, or a window of another size than 8–15 bits. coder/websocket accepts some of them. And
// those that ask for a window of the server's, whatever its size: a server that accepts one has to say so in its answer
// (§7.1.2.1), which coder/websocket does not.
func DropBadOffers(r *http.Request) {
	head := []byte("GET / HTTP/1.1\r\n" + extensionsField + ": " + strings.Join(r.Header.Values(extensionsField), ", ") + "\r\n\r\n")
	var good []string
	for _, e := range frame.ParseHandshake(head, nil).ExtensionsOffered {
		if e.Name == "permessage-deflate" && goodDeflate(e.Params) {
			good = append(good, offer(e))
		}
	}
	r.Header.Del(extensionsField)
	if len(good) > 0 {
		r.Header.Set(extensionsField, strings.Join(good, ", "))
	}
}

// goodDeflate reports whether an offer's parameters are known, in range, and each there once.
func goodDeflate(params []frame.Param) bool {
	for i, p := range params {
		if slices.ContainsFunc(params[:i], func(q frame.Param) bool { return q.Name == p.Name }) {
			return false
		}
		switch p.Name {
		case "server_no_context_takeover", "client_no_context_takeover":
			if p.HasValue {
				return false
			}
		case "client_max_window_bits":
			if p.HasValue && !windowBits(p.Value) {
				return false
			}
		default:
			return false
		}
	}
	return true
}

func windowBits(s string) bool {
	n, err := strconv.Atoi(s)
	return err == nil && n >= 8 && n <= 15 && strconv.Itoa(n) == s
}

// offer puts an extension back into its header form.
func offer(e frame.Extension) string {
	s := e.Name
	for _, p := range e.Params {
		s += "; " + p.Name
		if p.HasValue {
			s += "=" + p.Value
		}
	}
	return s
}
