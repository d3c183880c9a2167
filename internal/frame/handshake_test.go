package frame

import (
	"reflect"
	"slices"
	"strings"
	"testing"
)

// These tests prove that a handshake is read as RFC 6455 §4 and RFC 7692 §7 say, that every violated rule is reported with
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

// change is a good handshake with one piece replaced, and a piece of each problem that makes.
type change struct {
	old, new string
	want     []string
}

func TestHandshakeProblems(t *testing.T) {
	const section41 = "(RFC 6455 §4.1)"
	checkChanges(t, []change{
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
	})
}

// checkChanges makes each change to the good handshake, on whichever side has the piece, and expects exactly its problems.
func checkChanges(t *testing.T, changes []change) {
	t.Helper()
	for _, c := range changes {
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

func TestARequestAloneHasNoResponseProblems(t *testing.T) {
	h := ParseHandshake([]byte(goodRequest), nil)
	if len(h.Problems) > 0 || h.Status != 0 || h.Deflate != nil || h.AcceptOK {
		t.Errorf("%+v", h)
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
