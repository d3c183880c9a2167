package pcap

import (
	"bytes"
	"strconv"
	"strings"

	"github.com/tetherscope/tetherscope/internal/frame"
)

// maxMethod is the longest method of a request that is looked for.
const maxMethod = 16

// beginsHead reports whether p may be the beginning of an HTTP/1 head, and whether it is a response's.
func beginsHead(p []byte) (response, ok bool) {
	const version = "HTTP/1."
	if bytes.HasPrefix(p, []byte(version)) || strings.HasPrefix(version, string(p)) {
		return true, true
	}
	method, rest, space := bytes.Cut(p, []byte(" "))
	if len(method) == 0 || len(method) > maxMethod || bytes.ContainsFunc(method, func(r rune) bool { return r < 'A' || r > 'Z' }) {
		return false, false
	}
	line, _, whole := bytes.Cut(rest, []byte("\n"))
	if !space || !whole {
		return false, bytes.IndexFunc(line, func(r rune) bool { return r < ' ' && r != '\r' }) < 0
	}
	return false, bytes.Contains(line, []byte(" "+version))
}

// unfold joins lines that were folded (RFC 9112 §5.2), so that their fields can be read.
func unfold(head []byte) []byte {
	if !bytes.Contains(head, []byte("\n ")) && !bytes.Contains(head, []byte("\n\t")) {
		return head
	}
	return []byte(strings.NewReplacer("\r\n ", " ", "\r\n\t", " ", "\n ", " ", "\n\t", " ").Replace(string(head)))
}

// values returns the values of a field.
func values(fields []frame.Field, name string) (list []string) {
	for _, f := range fields {
		if strings.EqualFold(f.Name, name) {
			list = append(list, f.Value)
		}
	}
	return list
}

// namesWebSocket reports whether fields ask for the change to WebSocket, or confirm it; the field is a list.
func namesWebSocket(fields []frame.Field) bool {
	return frame.HasToken(values(fields, "Upgrade"), "websocket")
}

// The kinds of a body (RFC 9112 §6.3).
type bodyKind uint8

const (
	bodySized   bodyKind = iota // size bytes
	bodyChunked                 // chunks, each behind its size
	bodyToEnd                   // until the connection ends
)

// bodyOf returns what follows a head.
func bodyOf(fields []frame.Field, response bool) (kind bodyKind, size uint64) {
	if frame.HasToken(values(fields, "Transfer-Encoding"), "chunked") {
		return bodyChunked, 0
	}
	if list := values(fields, "Content-Length"); len(list) > 0 {
		first, _, _ := strings.Cut(list[0], ",")
		if n, err := strconv.ParseUint(strings.TrimSpace(first), 10, 63); err == nil {
			return bodySized, n
		}
		return bodyToEnd, 0
	}
	if response {
		return bodyToEnd, 0
	}
	return bodySized, 0
}
