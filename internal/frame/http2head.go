package frame

import (
	"strconv"
	"strings"
)

// protoHTTP2 is what a handshake over HTTP/2 has in place of a version: its head has none.
const protoHTTP2 = "HTTP/2"

// isHTTP2 reports whether a head is one of HTTP/2: pseudo-header fields in place of a first line (RFC 9113 §8.3).
func isHTTP2(head []byte) bool { return len(head) > 0 && head[0] == ':' }

// parseRequest2 reads the request that opens a WebSocket over HTTP/2 (RFC 8441 §4, §5).
func (h *Handshake) parseRequest2(head []byte) {
	pseudo, fields := h.parseHead2(head)
	h.Request, h.Proto = fields, protoHTTP2
	h.Method, h.Target = pseudo[":method"], pseudo[":path"]
	if h.Method != "CONNECT" || pseudo[":protocol"] != "websocket" {
		h.problem("RFC 8441 §5", ":method must be CONNECT and :protocol websocket, not %s and %s", quote(h.Method), quote(pseudo[":protocol"]))
	}
	for _, name := range []string{":scheme", ":path", ":authority"} {
		if pseudo[name] == "" {
			h.problem("RFC 8441 §4", "the request must have %s", name)
		}
	}
	if v, n := single(fields, "Sec-WebSocket-Version"); n != 1 || v != "13" {
		h.problem("RFC 6455 §4.1", "Sec-WebSocket-Version must be 13 and stand once; it is %s, %d times", quote(v), n)
	}
	h.checkHopFields("request", fields)
	h.SubprotocolsOffered = h.parseSubprotocols(fields)
	h.ExtensionsOffered = h.parseExtensions("request", fields)
}

// parseResponse2 reads the response to it.
func (h *Handshake) parseResponse2(head []byte) {
	pseudo, fields := h.parseHead2(head)
	h.Response, h.StatusProto = fields, protoHTTP2
	status, err := strconv.Atoi(pseudo[":status"])
	if err != nil || status < 100 || status > 999 {
		h.problem("RFC 9113 §8.3.2", ":status must be three digits, not %s", quote(pseudo[":status"]))
		return
	}
	if h.Status = status; !h.Upgraded() {
		return
	}
	h.checkHopFields("response", fields)
	h.checkSubprotocol()
	h.Extensions = h.parseExtensions("response", fields)
	h.checkExtensions()
}

// parseHead2 takes a head of HTTP/2 apart.
func (h *Handshake) parseHead2(head []byte) (pseudo map[string]string, fields []Field) {
	pseudo = map[string]string{}
	rest := string(head)
	for rest[0] == ':' {
		var line string
		line, rest = cutLine(rest)
		name, value, ok := strings.Cut(line[1:], ":")
		if !ok || pseudo[":"+name] != "" {
			h.problem("RFC 9113 §8.3", "a pseudo-header field must have a value and stand once: %s", quote(line))
		}
		pseudo[":"+name] = strings.TrimSpace(value)
		if rest == "" {
			h.problem("RFC 9113 §8.2", "the head ends before its end")
			return pseudo, nil
		}
	}
	_, fields, problems := parseHead([]byte("\r\n" + rest))
	h.Problems = append(h.Problems, problems...)
	return pseudo, fields
}

// checkHopFields reports fields that mean something for one HTTP/1 connection only.
func (h *Handshake) checkHopFields(where string, fields []Field) {
	for _, name := range []string{"Connection", "Upgrade", "Transfer-Encoding"} {
		if _, n := single(fields, name); n > 0 {
			h.problem("RFC 9113 §8.2.2", "the %s must not have the field %s over HTTP/2", where, name)
		}
	}
}
