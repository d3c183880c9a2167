package pcap

import (
	"bytes"
	"fmt"

	"github.com/tetherscope/tetherscope/internal/frame"
)

// madeUpKey is the key of a request that had none, and madeUpAccept what answers it.
const (
	madeUpKey    = "dGhlIHNhbXBsZSBub25jZQ=="
	madeUpAccept = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
)

// http1Request returns the head of a request as HTTP/1 has it: made-up packets are one connection for each WebSocket, which over
// HTTP/2 (RFC 8441) it was not.
func http1Request(head []byte) []byte {
	if !bytes.HasPrefix(head, []byte(":")) {
		return head
	}
	h := frame.ParseHandshake(head, nil)
	out := fmt.Appendf(nil, "GET %s HTTP/1.1\r\nHost: %s\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: %s\r\n", h.Target, authority(head), madeUpKey)
	return appendFields(out, h.Request)
}

// http1Response does so for the head of a response.
func http1Response(head []byte) []byte {
	if !bytes.HasPrefix(head, []byte(":")) {
		return head
	}
	h := frame.ParseHandshake(nil, head)
	if !h.Upgraded() {
		return appendFields(fmt.Appendf(nil, "HTTP/1.1 %d \r\n", h.Status), h.Response)
	}
	out := fmt.Appendf(nil, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n", madeUpAccept)
	return appendFields(out, h.Response)
}

func appendFields(dst []byte, fields []frame.Field) []byte {
	for _, f := range fields {
		dst = fmt.Appendf(dst, "%s: %s\r\n", f.Name, f.Value)
	}
	return append(dst, "X-Tetherscope: made up, it was HTTP/2\r\n\r\n"...)
}

// authority returns the host that a request over HTTP/2 names.
func authority(head []byte) []byte {
	_, rest, _ := bytes.Cut(head, []byte("\r\n:authority: "))
	value, _, _ := bytes.Cut(rest, []byte("\r\n"))
	return value
}
