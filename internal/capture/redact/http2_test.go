package redact

import "testing"

// TestHTTP2Head: the target of a handshake over HTTP/2 stands in a field, and its credentials are hidden there.
func TestHTTP2Head(t *testing.T) {
	const head = ":method: CONNECT\r\n:protocol: websocket\r\n:scheme: https\r\n:path: /ws?room=7&token=abcdef123&x=1\r\n:authority: example.test:443\r\n" +
		"authorization: Bearer s3cret\r\nsec-websocket-version: 13\r\n\r\n"
	const want = ":method: CONNECT\r\n:protocol: websocket\r\n:scheme: https\r\n:path: /ws?room=7&token=[hidden]&x=1\r\n:authority: example.test:443\r\n" +
		"authorization: [hidden]\r\nsec-websocket-version: 13\r\n\r\n"
	if got := string(Head([]byte(head))); got != want {
		t.Errorf("%q", got)
	}
	const path = ":path: /ws?token=abcdef123\r\n:method: CONNECT\r\n\r\n"
	if got := string(Head([]byte(path))); got != ":path: /ws?token=[hidden]\r\n:method: CONNECT\r\n\r\n" {
		t.Errorf("%q", got)
	}
}
