package frame

import (
	"strings"
	"testing"
)

// TestHandshakeOverHTTP2: pseudo-header fields are read in place of first lines, and what RFC 8441 asks for is checked, not what HTTP/1
// asks for.
func TestHandshakeOverHTTP2(t *testing.T) {
	const request = ":method: CONNECT\r\n:protocol: websocket\r\n:scheme: https\r\n:path: /chat?x=1\r\n:authority: example.test:8443\r\n" +
		"sec-websocket-version: 13\r\nsec-websocket-protocol: b, a\r\nsec-websocket-extensions: permessage-deflate\r\n\r\n"
	const response = ":status: 200\r\nsec-websocket-protocol: a\r\nsec-websocket-extensions: permessage-deflate\r\n\r\n"
	h := ParseHandshake([]byte(request), []byte(response))
	if !h.Upgraded() || h.Path() != "/chat" || h.Subprotocol != "a" || h.Deflate == nil || h.Proto != "HTTP/2" || h.Method != "CONNECT" {
		t.Errorf("%+v", h)
	}
	if len(h.Problems) > 0 {
		t.Errorf("%q", h.Problems)
	}
	for _, c := range []struct{ from, to, want string }{
		{"CONNECT", "GET", "RFC 8441 §5"},
		{"websocket\r\n", "connect-ip\r\n", "RFC 8441 §5"},
		{":scheme: https\r\n", "", ":scheme"},
		{"version: 13", "version: 12", "RFC 6455 §4.1"},
		{"sec-websocket-version", "upgrade: websocket\r\nsec-websocket-version", "RFC 9113 §8.2.2"},
		{":path: /chat?x=1", ":path: /chat?x=1\r\n:path: /other", "stand once"},
	} {
		h := ParseHandshake([]byte(strings.Replace(request, c.from, c.to, 1)), nil)
		if !strings.Contains(strings.Join(h.Problems, "\n"), c.want) {
			t.Errorf("%q for %q: %q", c.to, c.from, h.Problems)
		}
	}
	if h := ParseHandshake([]byte(request), []byte(":status: 403\r\n\r\n")); h.Upgraded() || h.Status != 403 {
		t.Errorf("%+v", h)
	}
	for _, head := range []string{":", ":\r\n", ":status: 200", ":status: 2\r\n\r\n", "::\r\n:\r\n\r\n"} {
		_ = ParseHandshake([]byte(head), []byte(head)) // what matters is that it returns
	}
}
