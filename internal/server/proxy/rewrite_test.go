package proxy

import (
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/coder/websocket"

	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/internal/tap"
	"github.com/tetherscope/tetherscope/internal/tap/fault"
	"github.com/tetherscope/tetherscope/internal/test/await"
)

// These tests prove that rewriting rules do through a proxy, between two real libraries, what they say.

// naming is a server on coder/websocket that says its name, the path and a header field, and then echoes.
func naming(t *testing.T, name string) string {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Server", name)
		c, err := websocket.Accept(w, r, &websocket.AcceptOptions{CompressionMode: websocket.CompressionContextTakeover, CompressionThreshold: 1})
		if err != nil {
			return
		}
		defer c.CloseNow()
		message := []byte(strings.Join([]string{name, r.URL.RequestURI(), r.Header.Get("X-Y"), r.Header.Get("Origin")}, " "))
		for kind := websocket.MessageText; err == nil; kind, message, err = c.Read(r.Context()) {
			if err = c.Write(r.Context(), kind, message); err != nil {
				return
			}
		}
	}))
	t.Cleanup(s.Close)
	return "ws" + strings.TrimPrefix(s.URL, "http")
}

func setRules(t *testing.T, to *tap.Tap, text string) {
	t.Helper()
	rules, err := fault.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	to.SetRules(rules)
}

// dialProxy connects to a proxy and returns the first message, too.
func dialProxy(t *testing.T, addr, path string) (*websocket.Conn, *http.Response, string) {
	t.Helper()
	ctx := await.Context(t)
	c, res, err := websocket.Dial(ctx, "ws://"+addr+path, &websocket.DialOptions{
		CompressionMode: websocket.CompressionContextTakeover, CompressionThreshold: 1, HTTPHeader: http.Header{"X-Y": {"of the client"}, "X-Z": {"1"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.CloseNow() })
	return c, res, readText(t, c)
}

func readText(t *testing.T, c *websocket.Conn) string {
	t.Helper()
	_, b, err := c.Read(await.Context(t))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// TestRulesRewriteHandshakes proves fields of both halves, and where a handshake goes: to a target of a name, and to a URL with a path.
func TestRulesRewriteHandshakes(t *testing.T) {
	one, two := naming(t, "one"), naming(t, "two")
	other, err := ParseTarget("other=" + two)
	if err != nil {
		t.Fatal(err)
	}
	p := stand(t, "x="+one, Options{Named: func(name string) (Target, bool) { return other, name == "other" }})
	for _, c := range []struct{ rules, server, first string }{
		{"", "one", "one /a?b=1 of the client "},
		{"handshake out => header X-Y z", "one", "one /a?b=1 z "},
		{"handshake => header x-y", "one", "one /a?b=1  "},
		{"handshake in => header X-Server \"of a rule\"", "of a rule", "one /a?b=1 of the client "},
		{"handshake => redirect other", "two", "two /a?b=1 of the client "},
		{"handshake => redirect " + two + "/c", "two", "two /c?b=1 of the client "},
	} {
		setRules(t, p.tap, c.rules)
		_, res, first := dialProxy(t, p.addr, "/a?b=1")
		if res.Header.Get("X-Server") != c.server || first != c.first {
			t.Errorf("%s: %q, %q", c.rules, res.Header.Get("X-Server"), first)
		}
	}
	for target, want := range map[string]string{"missing": "no target of this name", "http://127.0.0.1:1/x": "has a path"} {
		setRules(t, p.tap, "handshake => redirect "+target)
		if res, body := say(t, p.addr, upgrade("/", p.addr)); res.StatusCode != 502 || !strings.Contains(body, want) {
			t.Errorf("%s: %d %s", target, res.StatusCode, body)
		}
	}
}

// TestARedirectDoesNotReachTheProgramItself proves that no rule leads to this program's own ports.
func TestARedirectDoesNotReachTheProgramItself(t *testing.T) {
	own := listen(t)
	p := stand(t, "x="+naming(t, "one"), Options{OwnPorts: map[uint16]bool{uint16(own.Addr().(*net.TCPAddr).Port): true}})
	setRules(t, p.tap, "handshake => redirect ws://"+own.Addr().String())
	if res, body := say(t, p.addr, upgrade("/", p.addr)); res.StatusCode != 502 || !strings.Contains(body, ErrOwnPort.Error()) {
		t.Errorf("%d %s", res.StatusCode, body)
	}
}

// TestRulesRewriteMessages proves that rewritten and answered messages read right on both sides of a compressed connection, and their marks.
func TestRulesRewriteMessages(t *testing.T) {
	p := stand(t, "x="+naming(t, "one"), Options{})
	setRules(t, p.tap, `dir:out "ping" => answer "pong of a rule"
dir:in $.price => set $.price 0
dir:out => replace /client/server/`)
	c, _, _ := dialProxy(t, p.addr, "/")
	for _, m := range []struct{ send, want string }{
		{`{"price":12,"of":"the client"}`, `{"price":0,"of":"the server"}`},
		{"ping", "pong of a rule"},
		{`{"price":12,"of":"the client"}`, `{"price":0,"of":"the server"}`},
		{"untouched", "untouched"},
	} {
		if err := c.Write(await.Context(t), websocket.MessageText, []byte(m.send)); err != nil {
			t.Fatal(err)
		}
		if got := readText(t, c); got != m.want {
			t.Fatalf("%s: %q, want %q", m.send, got, m.want)
		}
	}
	await.Until(t, "the marks", func() bool {
		var marks []record.Marks
		for _, r := range p.seen.of(record.KindFrame) {
			marks = append(marks, r.Marks)
		}
		return slices.Contains(marks, record.Dropped|record.Rewritten) && slices.Contains(marks, record.Injected|record.Rewritten)
	})
}
