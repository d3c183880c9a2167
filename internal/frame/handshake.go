package frame

import (
	"crypto/sha1" // RFC 6455 §4.2.2 asks for it; it protects nothing here
	"encoding/base64"
	"fmt"
	"strings"
)

// Field is one header field as it was sent.
type Field struct{ Name, Value string }

// Handshake is what a request and its response negotiated (RFC 6455 §4), and the problems in them.
type Handshake struct {
	Method, Target, Proto string  // the request line: GET /path HTTP/1.1
	Request               []Field // the request's header fields in order
	StatusProto           string  // the protocol of the status line: HTTP/1.1
	Status                int     // 101 when the connection was upgraded; 0 without a response
	Reason                string  // the reason phrase
	Response              []Field // the response's header fields in order

	Key            string // Sec-WebSocket-Key
	Accept         string // Sec-WebSocket-Accept as the server sent it
	AcceptExpected string // what it must be for Key
	AcceptOK       bool   // the two are equal, and there is a key

	SubprotocolsOffered []string
	Subprotocol         string // as the server chose; empty for none
	ExtensionsOffered   []Extension
	Extensions          []Extension    // as the server chose
	Deflate             *DeflateParams // of permessage-deflate when it was negotiated; else nil

	Problems []string // violated rules, each with its RFC section, in the order in which they were found
}

// guid is appended to the key before hashing (RFC 6455 §1.3).
const guid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

// AcceptKey returns the Sec-WebSocket-Accept value that answers a Sec-WebSocket-Key (RFC 6455 §4.2.2).
func AcceptKey(key string) string {
	sum := sha1.Sum([]byte(key + guid))
	return base64.StdEncoding.EncodeToString(sum[:])
}

// ParseHandshake reads the HTTP heads of an opening handshake. Those of HTTP/2 have pseudo-header fields in place of their first lines, each
// on a line of its own. Either may be empty, cut or garbage: what can be read is
// returned and the rest is reported in Problems. With an empty response only the request is read and checked.
func ParseHandshake(request, response []byte) Handshake {
	var h Handshake
	h.parseRequest(request)
	if len(response) > 0 {
		h.parseResponse(response)
	}
	return h
}

// Path returns the path of the request's target without its query, as it was sent, also when the target is a whole URL (RFC
// 9112 §3.2.2). It is empty for a request without a path.
func (h *Handshake) Path() string {
	path, _, _ := strings.Cut(h.Target, "?")
	if _, rest, whole := strings.Cut(path, "://"); whole && !strings.HasPrefix(path, "/") {
		_, path, _ = strings.Cut(rest, "/")
		path = "/" + path
	}
	if !strings.HasPrefix(path, "/") {
		return ""
	}
	return path
}

// Upgraded reports whether the response opened the connection.
func (h *Handshake) Upgraded() bool {
	return h.Status == 101 && h.StatusProto != protoHTTP2 || h.StatusProto == protoHTTP2 && h.Status/100 == 2
}

// maxProblems is how many problems are listed: a head made of nothing else does not make them grow.
const maxProblems = 100

func (h *Handshake) problem(section, format string, args ...any) {
	if len(h.Problems) >= maxProblems {
		return
	}
	h.Problems = append(h.Problems, fmt.Sprintf(format, args...)+" ("+section+")")
}

func (h *Handshake) parseRequest(head []byte) {
	if isHTTP2(head) {
		h.parseRequest2(head)
		return
	}
	line, fields, problems := parseHead(head)
	h.Request = fields
	h.Problems = append(h.Problems, problems...)
	var ok bool
	h.Method, h.Target, h.Proto, ok = cutRequestLine(line)
	switch {
	case !ok:
		h.problem("RFC 9112 §3", "the request does not start with a request line: %s", quote(line))
	case h.Method != "GET":
		h.problem("RFC 6455 §4.1", "the method must be GET, not %s", quote(h.Method))
	}
	if ok && !atLeastHTTP11(h.Proto) {
		h.problem("RFC 6455 §4.1", "the protocol must be HTTP/1.1 or later, not %s", quote(h.Proto))
	}
	h.checkUpgrade("request", fields)
	if _, n := single(fields, "Host"); n != 1 {
		h.problem("RFC 6455 §4.1", "the request must have one Host field, not %d", n)
	}
	if v, n := single(fields, "Sec-WebSocket-Version"); n != 1 || v != "13" {
		h.problem("RFC 6455 §4.1", "Sec-WebSocket-Version must be 13 and stand once; it is %s, %d times", quote(v), n)
	}
	h.checkKey()
	h.SubprotocolsOffered = h.parseSubprotocols(fields)
	h.ExtensionsOffered = h.parseExtensions("request", fields)
}

func (h *Handshake) checkKey() {
	key, n := single(h.Request, "Sec-WebSocket-Key")
	h.Key = key
	if n != 1 {
		h.problem("RFC 6455 §4.1", "the request must have one Sec-WebSocket-Key field, not %d", n)
	}
	if n == 0 {
		return
	}
	h.AcceptExpected = AcceptKey(key)
	if raw, err := base64.StdEncoding.DecodeString(key); err != nil || len(raw) != 16 {
		h.problem("RFC 6455 §4.1", "Sec-WebSocket-Key must be 16 bytes in base64, not %s", quote(key))
	}
}

func (h *Handshake) parseResponse(head []byte) {
	if isHTTP2(head) {
		h.parseResponse2(head)
		return
	}
	line, fields, problems := parseHead(head)
	h.Response = fields
	h.Problems = append(h.Problems, problems...)
	var ok bool
	h.StatusProto, h.Status, h.Reason, ok = cutStatusLine(line)
	if !ok {
		h.problem("RFC 9112 §4", "the response does not start with a status line: %s", quote(line))
	}
	if !h.Upgraded() {
		return // refused: the rules below are for a 101
	}
	if !atLeastHTTP11(h.StatusProto) {
		h.problem("RFC 6455 §4.2.2", "the response to an upgrade must be HTTP/1.1, not %s", quote(h.StatusProto))
	}
	h.checkUpgrade("response", fields)
	h.checkAccept()
	h.checkSubprotocol()
	h.Extensions = h.parseExtensions("response", fields)
	h.checkExtensions()
}

// checkUpgrade checks the two fields that request and confirm the change of protocol.
func (h *Handshake) checkUpgrade(where string, fields []Field) {
	if !hasToken(fields, "Upgrade", "websocket") {
		h.problem("RFC 6455 §4.1", "the %s must have the field Upgrade: websocket", where)
	}
	if !hasToken(fields, "Connection", "upgrade") {
		h.problem("RFC 6455 §4.1", "the %s must have the field Connection: Upgrade", where)
	}
}

func (h *Handshake) checkAccept() {
	accept, n := single(h.Response, "Sec-WebSocket-Accept")
	h.Accept = accept
	h.AcceptOK = n == 1 && h.Key != "" && accept == h.AcceptExpected
	switch {
	case n != 1:
		h.problem("RFC 6455 §4.1", "the response must have one Sec-WebSocket-Accept field, not %d", n)
	case !h.AcceptOK:
		h.problem("RFC 6455 §4.1", "Sec-WebSocket-Accept is %s and must be %s for this key", quote(accept), quote(h.AcceptExpected))
	}
}
