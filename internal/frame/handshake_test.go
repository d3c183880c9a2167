package frame

import (
	"reflect"
	"slices"
	"strings"
	"testing"
)

// These tests prove that a handshake is read as RFC 6455 §4 and RFC 7692 §7 say, that every broken rule is named with
// its section, and that garbage does no harm.

const (
	goodRequest = "GET /chat?x=1 HTTP/1.1\r\nHost: server.example.com\r\nUpgrade: websocket\r\nConnection: keep-alive, Upgrade\r\n" +
		"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nOrigin: http://example.com\r\n" +
		"Sec-WebSocket-Protocol: chat, superchat\r\nSec-WebSocket-Version: 13\r\n" +
		"Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n\r\n"
	goodResponse = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
		"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\nSec-WebSocket-Protocol: chat\r\n" +
		"Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover; client_max_window_bits=12\r\n\r\n"
)

func TestAcceptKey(t *testing.T) {
	if got, want := AcceptKey("dGhlIHNhbXBsZSBub25jZQ=="), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestHandshakeOfRFC6455(t *testing.T) {
	h := ParseHandshake([]byte(goodRequest), []byte(goodResponse))
	if len(h.Problems) > 0 {
		t.Fatalf("problems: %q", h.Problems)
	}
	switch {
	case h.Method != "GET" || h.Target != "/chat?x=1" || h.Proto != "HTTP/1.1":
		t.Errorf("request line %q %q %q", h.Method, h.Target, h.Proto)
	case h.Status != 101 || h.Reason != "Switching Protocols" || h.StatusProto != "HTTP/1.1" || !h.Upgraded():
		t.Errorf("status line %q %d %q", h.StatusProto, h.Status, h.Reason)
	case len(h.Request) != 8 || h.Request[2] != Field{"Connection", "keep-alive, Upgrade"} || len(h.Response) != 5:
		t.Errorf("fields %q, %q", h.Request, h.Response)
	case h.Key != "dGhlIHNhbXBsZSBub25jZQ==" || h.Accept != h.AcceptExpected || !h.AcceptOK:
		t.Errorf("key %q, accept %q, expected %q", h.Key, h.Accept, h.AcceptExpected)
	case !slices.Equal(h.SubprotocolsOffered, []string{"chat", "superchat"}) || h.Subprotocol != "chat":
		t.Errorf("subprotocols %q, %q", h.SubprotocolsOffered, h.Subprotocol)
	}
	want := &DeflateParams{ServerNoContextTakeover: true, ClientMaxWindowBits: 12}
	if !reflect.DeepEqual(h.Deflate, want) {
		t.Errorf("deflate %+v", h.Deflate)
	}
	for _, e := range append(h.ExtensionsOffered, h.Extensions...) {
		if e.Name != "permessage-deflate" || e.Explanation == "" || slices.ContainsFunc(e.Params, func(p Param) bool { return p.Explanation == "" }) {
			t.Errorf("extension %+v", e)
		}
	}
	if p := h.Extensions[0].Params[1]; p.Explanation != "The client looks back at most 4096 bytes when it compresses." {
		t.Errorf("got %q", p.Explanation)
	}
}

// TestHandshakeProblems replaces one piece of a good handshake and expects exactly the problems named.
func TestHandshakeProblems(t *testing.T) {
	const section41 = "(RFC 6455 §4.1)"
	for _, c := range []struct {
		old, new string
		want     []string // a piece of each problem
	}{
		{"GET ", "POST ", []string{`the method must be GET, not "POST" ` + section41}},
		{"HTTP/1.1\r\nHost", "HTTP/1.0\r\nHost", []string{`HTTP/1.1 or later, not "HTTP/1.0" ` + section41}},
		{"HTTP/1.1\r\nHost", "HTTP/2\r\nHost", nil},
		{"GET /chat?x=1 HTTP/1.1", "garbage", []string{`a request line: "garbage" (RFC 9112 §3)`}},
		{"Host: server.example.com\r\n", "", []string{"one Host field, not 0"}},
		{"Host: server.example.com\r\n", "Host: a\r\nhost: b\r\n", []string{"one Host field, not 2"}},
		{"Upgrade: websocket\r\nConnection: keep", "Upgrade: h2c\r\nConnection: keep", []string{"the request must have the field Upgrade: websocket " + section41}},
		{"keep-alive, Upgrade", "keep-alive", []string{"the request must have the field Connection: Upgrade"}},
		{"keep-alive, Upgrade", "UPGRADE", nil},
		{"Upgrade: websocket\r\nConnection: keep", "upgrade: WebSocket\r\nConnection: keep", nil},
		{"Version: 13", "Version: 8", []string{`must be 13 and stand once; it is "8", 1 times`}},
		{"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n", "", []string{"one Sec-WebSocket-Key field, not 0", `Sec-WebSocket-Accept is "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" and must be ""`}},
		{"Key: dGhlIHNhbXBsZSBub25jZQ==", "Key: short", []string{"16 bytes in base64", "Sec-WebSocket-Accept is"}},
		{"Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", "Accept: wrong", []string{`Sec-WebSocket-Accept is "wrong" and must be "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="`}},
		{"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n", "", []string{"one Sec-WebSocket-Accept field, not 0"}},
		{"HTTP/1.1 101", "HTTP/1.0 101", []string{"must be HTTP/1.1"}},
		{"HTTP/1.1 101", "HTTP/1.1 xyz", []string{"a status line"}},
		{"HTTP/1.1 101 Switching Protocols", "HTTP/1.1 403 Forbidden", nil},
		{"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-A", "Sec-WebSocket-A", []string{"the response must have the field Upgrade", "the response must have the field Connection"}},
		{"Protocol: chat\r\n", "Protocol: other\r\n", []string{`the subprotocol "other", which the client did not offer ` + section41}},
		{"Protocol: chat\r\n", "Protocol: chat\r\nSec-WebSocket-Protocol: chat\r\n", []string{"at most one Sec-WebSocket-Protocol field, not 2 (RFC 6455 §4.2.2)"}},
		{"chat, superchat", "chat, chat", []string{`"chat" is offered twice`}},
		{"chat, superchat", "chat, a b", []string{`"a b" is not a token`}},
		{"Protocol: chat, superchat\r\n", "Protocol: superchat\r\nSec-WebSocket-Protocol: chat\r\n", nil},
		{"permessage-deflate; server", "x-other; server", []string{`the extension "x-other", which the client did not offer`}},
		{"permessage-deflate; server", "permessage-deflate, permessage-deflate; server", []string{`"permessage-deflate" twice`}},
		{"Extensions: permessage-deflate; client_max_window_bits\r", "Extensions: foo; bar=\"b,\\\"z\"\r", []string{`not a token: "bar=\"b,\\\"z\""`, "did not offer"}},
		{"Extensions: permessage-deflate; client_max_window_bits\r", "Extensions: permessage-deflate\r", []string{"answers none of the client's offers (RFC 7692 §7.1)"}},
		{"Extensions: permessage-deflate; client_max_window_bits\r", "Extensions: permessage-deflate; client_max_window_bits=\"12\"\r", nil},
		{"Extensions: permessage-deflate; client_max_window_bits\r", "Extensions: permessage-deflate; client_max_window_bits=11\r", []string{"answers none"}},
		{"Extensions: permessage-deflate; client_max_window_bits\r", "Extensions: permessage-deflate; server_max_window_bits=10; client_max_window_bits\r", []string{"answers none"}},
		{"Extensions: permessage-deflate; client_max_window_bits\r", "Extensions: permessage-deflate; client_max_window_bits=7\r", []string{"answers none"}},
		{"Extensions: permessage-deflate; client_max_window_bits\r", "Extensions: permessage-deflate; client_max_window_bits=7, permessage-deflate; client_max_window_bits\r", nil},
		{"client_max_window_bits=12", "client_max_window_bits", []string{`client_max_window_bits must be 8–15, not "" (RFC 7692 §7.1.2)`}},
		{"client_max_window_bits=12", "client_max_window_bits=16", []string{`8–15, not "16"`}},
		{"client_max_window_bits=12", "client_max_window_bits=08", []string{`8–15, not "08"`}},
		{"client_max_window_bits=12", "server_max_window_bits=x", []string{`8–15, not "x"`}},
		{"client_max_window_bits=12", "server_no_context_takeover", []string{`"server_no_context_takeover" stands twice`}},
		{"client_max_window_bits=12", "client_no_context_takeover=1", []string{"must not have a value (RFC 7692 §7.1.1)"}},
		{"client_max_window_bits=12", "level=9", []string{`no parameter "level"`}},
		{"client_max_window_bits=12", "server_max_window_bits=9", nil},
		{"\r\nOrigin", "\r\n folded\r\nOrigin", []string{`line 6 of the head is folded (RFC 9112 §5.2): " folded"`}},
		{"\r\nOrigin", "\r\nno colon\r\nOrigin", []string{"line 6 of the head has no colon"}},
		{"\r\nOrigin", "\r\nbad name: x\r\nOrigin", []string{"a name that is not a token"}},
		{"\r\nOrigin", "\r\nx: a\x00b\r\nOrigin", []string{`has a control character (RFC 9110 §5.5): "x: a\x00b"`}},
		{"Extensions: permessage-deflate; client_max_window_bits\r\n\r\n", "Extensions: permessage-deflate; client_max_window_bits\r\n", []string{"the head ends at line"}},
	} {
		request, response := strings.Replace(goodRequest, c.old, c.new, 1), goodResponse
		if request == goodRequest {
			response = strings.Replace(goodResponse, c.old, c.new, 1)
			if response == goodResponse {
				t.Fatalf("%q is not in the handshake", c.old)
			}
		}
		h := ParseHandshake([]byte(request), []byte(response))
		if len(h.Problems) != len(c.want) {
			t.Errorf("%q for %q: got %q, want %q", c.new, c.old, h.Problems, c.want)
			continue
		}
		for i, want := range c.want {
			if !strings.Contains(h.Problems[i], want) || !strings.Contains(h.Problems[i], "(RFC ") {
				t.Errorf("%q for %q: got %q, want %q", c.new, c.old, h.Problems[i], want)
			}
		}
	}
}

func TestRequestAloneIsNotJudgedForItsResponse(t *testing.T) {
	h := ParseHandshake([]byte(goodRequest), nil)
	if len(h.Problems) > 0 || h.Status != 0 || h.Deflate != nil || h.AcceptOK {
		t.Errorf("%+v", h)
	}
}

func TestHostileHeadsAreBounded(t *testing.T) {
	for name, head := range map[string]string{
		"2,000 fields":          "GET / HTTP/1.1\r\n" + strings.Repeat("a: b\r\n", 2000) + "\r\n",
		"2,000 broken fields":   "GET / HTTP/1.1\r\n" + strings.Repeat("ab\r\n", 2000) + "\r\n",
		"one field of 2 MB":     "GET / HTTP/1.1\r\na: " + strings.Repeat("b", 2<<20) + "\r\n\r\n",
		"30,000 subprotocols":   "GET / HTTP/1.1\r\nSec-WebSocket-Protocol: " + strings.Repeat("a,", 30_000) + "\r\n\r\n",
		"30,000 extensions":     "GET / HTTP/1.1\r\nSec-WebSocket-Extensions: " + strings.Repeat("a,", 30_000) + "\r\n\r\n",
		"30,000 parameters":     "GET / HTTP/1.1\r\nSec-WebSocket-Extensions: a" + strings.Repeat(";b", 30_000) + "\r\n\r\n",
		"quotes without an end": "GET / HTTP/1.1\r\nSec-WebSocket-Extensions: a; b=\"" + strings.Repeat("\\", 9_999) + "\r\n\r\n",
		"a frame, not a head":   "\x81\x05Hello",
		"a very long line":      strings.Repeat("x", 60_000),
	} {
		h := ParseHandshake([]byte(head), []byte(head))
		long := slices.ContainsFunc(h.Problems, func(p string) bool { return len(p) > 600 })
		if len(h.Problems) == 0 || len(h.Problems) > maxProblems || long || len(h.Request) > maxFields {
			t.Errorf("%s: %d problems (over-long: %t), %d fields", name, len(h.Problems), long, len(h.Request))
		}
		if len(h.SubprotocolsOffered) > maxSubprotocols || len(h.ExtensionsOffered) > maxExtensions {
			t.Errorf("%s: %d subprotocols, %d extensions", name, len(h.SubprotocolsOffered), len(h.ExtensionsOffered))
		}
	}
}

func FuzzHandshake(f *testing.F) {
	f.Add([]byte(goodRequest), []byte(goodResponse))
	f.Add([]byte("GET / HTTP/1.1\nSec-WebSocket-Extensions: permessage-deflate; a=\"b\\\"c\", x"), []byte("HTTP/1.1 101\n\n"))
	f.Add([]byte("\x00\xff"), []byte(" :\r\n"))
	f.Fuzz(func(t *testing.T, request, response []byte) {
		h := ParseHandshake(request, response)
		if len(h.Problems) > maxProblems || len(h.Request) > maxFields || len(h.Response) > maxFields {
			t.Fatalf("%d problems, %d and %d fields", len(h.Problems), len(h.Request), len(h.Response))
		}
		for _, p := range h.Problems {
			if !strings.Contains(p, "(RFC ") || strings.ContainsFunc(p, isControl) {
				t.Fatalf("%q", p)
			}
		}
		if h.AcceptOK && AcceptKey(h.Key) != h.Accept {
			t.Fatalf("accept %q for key %q", h.Accept, h.Key)
		}
		if d := h.Deflate; d != nil && (d.ClientMaxWindowBits > 15 || d.ServerMaxWindowBits > 15) {
			t.Fatalf("%+v", d)
		}
	})
}
