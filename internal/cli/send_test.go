package cli_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/coder/websocket"
)

// These tests prove that send says what it was asked to, to real servers, and reports the result.

// library is a server on coder/websocket, which takes only what RFC 6455 allows.
func library(t *testing.T, talk func(context.Context, *websocket.Conn) error) (url string) {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, err := websocket.Accept(w, r, &websocket.AcceptOptions{Subprotocols: []string{"chat.v1"}})
		if err != nil {
			return
		}
		defer c.CloseNow()
		for err == nil {
			err = talk(r.Context(), c)
		}
	}))
	t.Cleanup(s.Close)
	return "ws" + strings.TrimPrefix(s.URL, "http") + "/ws"
}

func echo(ctx context.Context, c *websocket.Conn) error {
	kind, message, err := c.Read(ctx)
	if err != nil {
		return err
	}
	return c.Write(ctx, kind, message)
}

func TestSendOnAConnectionOfItsOwn(t *testing.T) {
	dir, url := t.TempDir(), library(t, echo)
	for _, c := range []struct{ args, in, want string }{
		{"-count 1 héllo", "", "↓ Text FIN:1 MASK:0 LEN:6 \"héllo\"\n"},
		{"-count 1 -fragments 3 abcdef", "", "↓ Text FIN:1 MASK:0 LEN:6 \"abcdef\"\n"},
		{"-count 1 -op binary -hex 00ff", "", "↓ Binary FIN:1 MASK:0 LEN:2 00ff\n"},
		{"-count 1 -", "of a pipe\x1b[31m", `"of a pipe\x1b[31m"` + "\n"},
		{"-count 1 -json hi", "", `"text":"hi"`},
		{"-op close -code 4001 -reason bye -wait 20s", "", "↓ Close FIN:1 MASK:0 LEN:5 4001 \"bye\"\n"},
	} {
		args := append([]string{"send", "-url", url}, strings.Fields(c.args)...)
		got := run(t, dir, c.in, args...)
		if got.code != 0 || got.err != "" || !strings.Contains(got.out, c.want) || strings.Count(got.out, "\n") != 1 {
			t.Errorf("%s: %+v", c.args, got)
		}
	}
}

// TestSendOwnRefusesToBreakRules: unless forced; then the server's complaint is printed.
func TestSendOwnRefusesToBreakRules(t *testing.T) {
	dir, url := t.TempDir(), library(t, echo)
	got := run(t, dir, "", "send", "-url", url, "-op", "0x3", "x")
	if got.code != 2 || !strings.Contains(got.err, "reserved opcode (RFC 6455 §5.2)") {
		t.Errorf("%+v", got)
	}
	got = run(t, dir, "", "send", "-url", url, "-op", "0x3", "-force", "-wait", "20s", "x")
	if got.code != 0 || !strings.Contains(got.out, "↓ Close FIN:1 MASK:0") || !strings.Contains(got.out, "1002") {
		t.Errorf("%+v", got)
	}
}

func TestSendOwnSaysWhatWentWrong(t *testing.T) {
	dir := t.TempDir()
	silent := library(t, func(ctx context.Context, c *websocket.Conn) error { _, _, err := c.Read(ctx); return err })
	page := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(page.Close)
	for _, c := range []struct {
		args string
		code int
		want string
	}{
		{"-url " + silent + " -count 1 -wait 100ms x", 4, "0 of 1 messages came"},
		{"-url ws" + strings.TrimPrefix(page.URL, "http") + " x", 2, "refuses the handshake: 404 Not Found"},
		{"-url ws://127.0.0.1:1 x", 2, "no connection to ws://127.0.0.1:1"},
		{"-url http://127.0.0.1:1 x", 2, "is no WebSocket URL"},
		{"-url ws://127.0.0.1:1 -conn 1 x", 2, "it stands without -server, -conn and -match"},
		{"-url ws://127.0.0.1:1 -to client x", 2, "only the server to send to"},
		{"-url ws://127.0.0.1:1 -hex 0g", 2, "want two hexadecimal digits"},
		{"-server http://127.0.0.1:1 x", 2, "no tetherscope server answers"},
		{"x y", 2, "want one text, not 2"},
		{"-rsv 8 x", 2, "-rsv 8: at most 7"},
		{"-code 65536", 2, "-code 65536: at most 65535"},
		{"-op nonsense x", 2, "-op is no opcode"}, // said before a server is asked
		{"-to nobody x", 2, "-to is neither"},
		{"-hex zz", 2, `the text has "zz" at byte 0`},
		{"-op close -code 1005 x", 2, "-reason is for one"},
	} {
		got := run(t, dir, "", append([]string{"send"}, strings.Fields(c.args)...)...)
		if got.code != c.code || !strings.Contains(got.err, c.want) {
			t.Errorf("%s: %+v", c.args, got)
		}
	}
}

// TestSendIntoATappedConnection: through the control API of the running server, to either end.
func TestSendIntoATappedConnection(t *testing.T) {
	dir, server := t.TempDir(), serve(t)
	c, _, err := websocket.Dial(t.Context(), server+"/ws/echo", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer c.CloseNow()
	hears := func(want string) {
		t.Helper()
		if _, message, err := c.Read(t.Context()); err != nil || string(message) != want {
			t.Errorf("%q, %v: want %q", message, err, want)
		}
	}
	got := run(t, dir, "", "send", "-server", server, "-to", "client", "news")
	if got.code != 0 || !strings.HasPrefix(got.out, "6 bytes (frames: 1) to the client of #") {
		t.Errorf("%+v", got)
	}
	hears("news")
	got = run(t, dir, "", "send", "-server", server, "-match", "path:/ws/echo", "-fragments", "2", "-json", "asked")
	if got.code != 0 || !strings.Contains(got.out, `"to":"server","bytes":17,"frames":2`) {
		t.Errorf("%+v", got)
	}
	hears("asked")
	for args, want := range map[string]string{
		"-match path:/ws/other x": "none of the 1 open connections is the one: #",
		"-conn 999 x":             "none of the 1 open connections is the one: #",
		"-match dri:in x":         "did you mean dir",
		"-op 0xb x":               "reserved opcode",
		"-to nobody x":            `neither "client" nor "server"`,
	} {
		got := run(t, dir, "", append([]string{"send", "-server", server}, strings.Fields(args)...)...)
		if got.code != 2 || !strings.Contains(got.err, want) {
			t.Errorf("%s: %+v", args, got)
		}
	}
	second, _, err := websocket.Dial(t.Context(), server+"/ws/echo", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer second.CloseNow()
	if got := run(t, dir, "", "send", "-server", server, "x"); got.code != 2 || !strings.Contains(got.err, "2 open connections may be meant") {
		t.Errorf("%+v", got)
	}
}
