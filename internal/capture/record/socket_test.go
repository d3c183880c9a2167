package record

import "testing"

// TestSocket proves that a connection is called by path and query of its URL, and that what they do not say stands beside.
func TestSocket(t *testing.T) {
	for _, c := range []struct{ name, head, path, beside, words string }{
		{"/ws/echo", "GET /ws/echo?room=7 HTTP/1.1\r\nHost: x\r\n\r\n", "/ws/echo?room=7", "", "/ws/echo?room=7"},
		{"/ws/echo", "GET /ws/echo HTTP/1.1\r\n\r\n", "/ws/echo", "", "/ws/echo"},
		{"/ws/echo", "", "/ws/echo", "", "/ws/echo"},
		{"api", "GET /v1/prices?x=1 HTTP/1.1\r\n\r\n", "/v1/prices?x=1", "api", "/v1/prices?x=1\napi"},
		{"wss://a.example/v1?x=1#part", "GET /v1?x=1 HTTP/1.1\r\n\r\n", "/v1?x=1", "wss://a.example", "/v1?x=1\nwss://a.example/v1?x=1#part"},
		{"ws://a.example:81/v1?x=1", "", "/v1?x=1", "ws://a.example:81", "/v1?x=1\nws://a.example:81/v1?x=1"},
		{"ws://a.example", "", "/", "ws://a.example", "/\nws://a.example"},
		{"ws://a.example?x", "", "/?x", "ws://a.example", "/?x\nws://a.example?x"},
		{"wss://a.example:9", "GET /ws/dial/T1CK3T/wss/a.example:9/v1?x=1 HTTP/1.1\r\n\r\n", "/v1?x=1", "wss://a.example:9", "/v1?x=1\nwss://a.example:9"},
		{"wss://a.example", "GET /ws/dial/T1CK3T/wss/a.example?x HTTP/1.1\r\n\r\n", "/?x", "wss://a.example", "/?x\nwss://a.example"},
		{"wss://a.example", "GET /ws/dial/T1CK3T/wss/a.example.test/v1 HTTP/1.1\r\n\r\n", "/ws/dial/T1CK3T/wss/a.example.test/v1", "wss://a.example", "/ws/dial/T1CK3T/wss/a.example.test/v1\nwss://a.example"},
		{"odd name://", "GET", "odd name://", "", "odd name://"},
		{"", "", "", "", ""},
	} {
		path, beside := Socket(c.name, []byte(c.head))
		if words := WordsOf(&Record{Name: c.name, Head: []byte(c.head)}).Path; path != c.path || beside != c.beside || words != c.words {
			t.Errorf("%q with %q: %q, %q, %q; want %q, %q, %q", c.name, c.head, path, beside, words, c.path, c.beside, c.words)
		}
	}
	if got := SocketName("api", []byte("GET /v1 HTTP/1.1\r\n\r\n")); got != "/v1 (api)" {
		t.Errorf("in one text: %q", got)
	}
}

// TestWords: the host is the one that the client named, and the client is called by all that is known of it.
func TestWords(t *testing.T) {
	for _, c := range []struct {
		request   Record
		host, app string
	}{
		{Record{Name: "api", Head: []byte("GET /v1 HTTP/1.1\r\nHost:  A.example:81 \r\nOrigin: https://page.example\r\n\r\n"), Program: Program{7, "chromium"}}, "a.example:81", "chromium\n7\nhttps://page.example"},
		{Record{Name: "api", Head: []byte(":method: CONNECT\r\n:authority: b.example\r\n:path: /\r\n\r\n")}, "b.example", ""},
		{Record{Name: "wss://user@c.example:444/x", Source: SourcePage, Remote: "worker https://page.example/"}, "c.example:444", "worker https://page.example/"},
		{Record{Name: "/ws/echo", Head: []byte("GET / HTTP/1.1\r\nX-Host: no\r\n\r\n")}, "", ""},
	} {
		if w := WordsOf(&c.request); w.Host != c.host || w.App != c.app {
			t.Errorf("%+v: %q, %q; want %q, %q", c.request, w.Host, w.App, c.host, c.app)
		}
	}
	if Field([]byte(":"), "x") != "" || Field(nil, "x") != "" {
		t.Error("a head without fields has one")
	}
}
