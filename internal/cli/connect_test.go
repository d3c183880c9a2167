package cli_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/coder/websocket"
)

// TestConnectInAPipe proves what a pipe gets: a line for a message, and the exit code.
func TestConnectInAPipe(t *testing.T) {
	dir, url := t.TempDir(), library(t, echo)
	if err := os.WriteFile(filepath.Join(dir, "f.bin"), []byte{0, 0xff}, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ args, in, out, err string }{
		{"-count 2", "one\ntwo\n", "one\ntwo\n", ""},
		{"-count 1", "/ping", "/ping\n", ""},
		{"-count 1 -commands", "/send x", "x\n", ""},
		{"-count 1 -commands", "//x", "/x\n", ""},
		{"-count 1 -commands", "/binary @f.bin", "00ff\n", ""},
		{"-count 1 -commands", "/fragment 2 {\"a\":1}", "{\"a\":1}\n", ""},
		{"-count 1 -hex", "61 ff", "61ff\n", ""},
		{"-count 1 -compress", "{\"a\":1}", "{\"a\":1}\n", ""},
		{"-count 1", "a\x1b[31m", "a\\u001b[31m\n", ""},
		{"-count 1 -json", "hi", `"text":"hi"`, ""},
		{"-count 1 -subprotocol chat.v1,other", "hi", "hi\n", ""},
		{"-count 1 -subprotocol none", "hi", "hi\n", "chose none of the subprotocols none"},
		{"-commands", "/close 4000 bye", "", ""},
		{"-wait 0", "", "", ""},
	} {
		got := run(t, dir, c.in, append([]string{"connect", url}, strings.Fields(c.args)...)...)
		if got.code != 0 || c.err == "" && got.err != "" || !strings.Contains(got.err, c.err) ||
			got.out != c.out && (!strings.Contains(c.args, "-json") || !strings.Contains(got.out, c.out)) {
			t.Errorf("%s: %+v", c.args, got)
		}
	}
}

// TestJSONOfSeveralLinesIsOneLine proves that line ends of a peer are no lines of the output.
func TestJSONOfSeveralLinesIsOneLine(t *testing.T) {
	url := library(t, func(ctx context.Context, c *websocket.Conn) error {
		_ = c.Write(ctx, websocket.MessageText, []byte("{\n \"a\": 1\n}"))
		_ = c.Write(ctx, websocket.MessageText, []byte("a\nb"))
		return c.Close(4001, "no\nmore")
	})
	got := run(t, t.TempDir(), "", "connect", url, "-wait", "1m")
	if got.code != 4 || got.out != "{\"a\":1}\na\\nb\n" || !strings.Contains(got.err, `the server closed the connection: 4001 "no\nmore"`) {
		t.Errorf("%+v", got)
	}
}

func TestConnectSaysWhatWentWrong(t *testing.T) {
	dir, url := t.TempDir(), library(t, echo)
	page := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(page.Close)
	odd := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Sec-WebSocket-Protocol", "other")
		if c, err := websocket.Accept(w, r, nil); err == nil {
			_, _, _ = c.Read(r.Context())
			_ = c.CloseNow()
		}
	}))
	t.Cleanup(odd.Close)
	for _, c := range []struct {
		args, in string
		code     int
		want     string
	}{
		{"", "", 2, "want one URL, not 0"},
		{"http://127.0.0.1:1", "", 2, "is no WebSocket URL"},
		{"ws://127.0.0.1:1", "", 2, "no connection to ws://127.0.0.1:1"},
		{"ws" + strings.TrimPrefix(page.URL, "http"), "", 2, "refuses the handshake: 404"},
		{"ws" + strings.TrimPrefix(odd.URL, "http"), "", 2, `chose the subprotocol "other", which was not offered`},
		{url + " -subprotocol a:b", "", 2, "is no name"},
		{url + " -count 2 -wait 100ms", "x", 4, "1 of 2 messages came"},
		{url + " -commands", "/nothing", 2, "there is no command"},
		{url + " -commands", "/close 1005", 2, "breaks the protocol"},
		{url + " -commands", "/send @none", 2, "no such file"},
		{url + " -hex", "0g", 2, "want two hexadecimal digits"},
		{url + " -commands -force", "/close 1005", 0, ""},
		{"wss://127.0.0.1:1 -cert none.pem", "", 2, "-cert none.pem"},
		{"wss://127.0.0.1:1 -cert-key none.pem", "", 2, "-cert names it"},
	} {
		got := run(t, dir, c.in, append([]string{"connect"}, strings.Fields(c.args)...)...)
		if got.code != c.code || !strings.Contains(got.err, c.want) {
			t.Errorf("%s: %+v", c.args, got)
		}
	}
}

// TestConnectWithTLS proves which certificates are trusted, that the client's own is shown, and that fields of the handshake arrive.
func TestConnectWithTLS(t *testing.T) {
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, err := websocket.Accept(w, r, &websocket.AcceptOptions{InsecureSkipVerify: true})
		if err != nil {
			return
		}
		defer c.CloseNow()
		_ = c.Write(r.Context(), websocket.MessageText, []byte(strings.Join([]string{
			r.Header.Get("X-Y"), r.Header.Get("Origin"), r.TLS.PeerCertificates[0].Subject.Organization[0],
		}, " ")))
		_, _, _ = c.Read(r.Context())
	}))
	s.TLS = &tls.Config{ClientAuth: tls.RequireAnyClientCert}
	s.StartTLS()
	t.Cleanup(s.Close)
	dir, url := t.TempDir(), "wss"+strings.TrimPrefix(s.URL, "https")
	ca, own := filepath.Join(dir, "ca.pem"), filepath.Join(dir, "own.pem")
	cert := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw})
	key, err := x509.MarshalPKCS8PrivateKey(s.TLS.Certificates[0].PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	both := append(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key}), cert...)
	if os.WriteFile(ca, cert, 0o600) != nil || os.WriteFile(own, both, 0o600) != nil {
		t.Fatal("the certificates cannot be written")
	}
	for _, trust := range []string{"-ca ca.pem", "-insecure"} {
		got := run(t, dir, "", append([]string{"connect", url, "-count", "1", "-cert", "own.pem", "-H", "X-Y: z", "-origin", "https://o.test"}, strings.Fields(trust)...)...)
		if got.code != 0 || got.out != "z https://o.test Acme Co\n" {
			t.Errorf("%s: %+v", trust, got)
		}
	}
	if got := run(t, dir, "", "connect", url, "-cert", "own.pem"); got.code != 2 || !strings.Contains(got.err, "-ca FILE trusts it; -insecure does without") {
		t.Errorf("%+v", got)
	}
}

// TestSendLines proves that each line is a message: on a connection of its own and on a tapped one.
func TestSendLines(t *testing.T) {
	dir := t.TempDir()
	got := run(t, dir, "one\ntwo", "send", "-url", library(t, echo), "-lines", "-", "-count", "2")
	if got.code != 0 || !strings.Contains(got.out, `"one"`) || !strings.Contains(got.out, `"two"`) || strings.Count(got.out, "\n") != 2 {
		t.Errorf("%+v", got)
	}
	server := serve(t)
	c, _, err := websocket.Dial(t.Context(), server+"/ws/echo", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer c.CloseNow()
	got = run(t, dir, "one\ntwo\n", "send", "-server", server, "-to", "client", "-lines", "-")
	if got.code != 0 || strings.Count(got.out, "5 bytes (frames: 1) to the client") != 2 {
		t.Errorf("%+v", got)
	}
	for _, want := range []string{"one", "two"} {
		if _, message, err := c.Read(t.Context()); err != nil || string(message) != want {
			t.Errorf("%q, %v: want %q", message, err, want)
		}
	}
	for args, want := range map[string]string{"-lines - x": "it stands without one", "-lines none -url ws://127.0.0.1:1": "no such file", "-lines - -url http://x": "is no WebSocket URL"} {
		if got := run(t, dir, "", append([]string{"send"}, strings.Fields(args)...)...); got.code != 2 || !strings.Contains(got.err, want) {
			t.Errorf("%s: %+v", args, got)
		}
	}
}
