package server

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/coder/websocket"

	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/internal/test/await"
	"github.com/tetherscope/tetherscope/internal/test/npm"
)

// scriptFile writes a script.
func scriptFile(t *testing.T, source string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "a.star")
	if err := os.WriteFile(name, []byte(source), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

const dollars = `
def message(m):
    if m.dir == "in" and m.text:
        x = json.decode(m.text)
        if x["n"] == 3:
            return drop
        x["price"] = "$%d" % (x["n"] * 10)
        return json.encode(x)
`

// compressing answers each message with texts, compressed with context takeover.
func compressing(t *testing.T) string {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, err := websocket.Accept(w, r, &websocket.AcceptOptions{InsecureSkipVerify: true, CompressionMode: websocket.CompressionContextTakeover, CompressionThreshold: 1})
		if err != nil {
			return
		}
		defer func() { _ = c.CloseNow() }()
		if _, _, err := c.Read(r.Context()); err != nil {
			return
		}
		for n := range byte(6) {
			if c.Write(r.Context(), websocket.MessageText, append([]byte(`{"n":`), '0'+n, '}')) != nil {
				return
			}
		}
		_ = c.Close(websocket.StatusNormalClosure, "")
	}))
	t.Cleanup(s.Close)
	return "ws" + strings.TrimPrefix(s.URL, "http")
}

const wantDollars = `{"n":0,"price":"$0"} {"n":1,"price":"$10"} {"n":2,"price":"$20"} {"n":4,"price":"$40"} {"n":5,"price":"$50"}`

// TestAScriptBetweenRealPeers proves that clients of two libraries, compression with context takeover included, read what a script makes of what
// a server of one of them sends.
func TestAScriptBetweenRealPeers(t *testing.T) {
	file := scriptFile(t, dollars)
	addrs, printed := targetAddrs(t, func(c *Config) { c.Script.File = file }, "api="+compressing(t))
	if !strings.Contains(printed, file+" decides about each message") {
		t.Errorf("printed: %s", printed)
	}
	t.Run("coder/websocket", func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), await.Limit)
		defer cancel()
		c, _, err := websocket.Dial(ctx, "ws://"+addrs[0]+"/", &websocket.DialOptions{CompressionMode: websocket.CompressionContextTakeover, CompressionThreshold: 1})
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = c.CloseNow() }()
		if err := c.Write(ctx, websocket.MessageText, []byte(`{"go": true}`)); err != nil {
			t.Fatal(err)
		}
		var got []string
		for {
			_, m, err := c.Read(ctx)
			if err != nil {
				if websocket.CloseStatus(err) != websocket.StatusNormalClosure {
					t.Error(err)
				}
				break
			}
			got = append(got, string(m))
		}
		if strings.Join(got, " ") != wantDollars {
			t.Errorf("read %q", got)
		}
	})
	t.Run("ws", func(t *testing.T) {
		program := `import WebSocket from "ws";
			const all = [], s = new WebSocket(process.argv[1]);
			s.onopen = () => s.send('{"go": true}');
			s.onmessage = (e) => all.push(e.data);
			s.onclose = (e) => console.log(s.extensions, e.code, all.join(" "));`
		out := npm.Run(t, npm.Install(t, "../bench/peers/ws"), "node", "--input-type=module", "-e", program, "ws://"+addrs[0]+"/")
		if out != "permessage-deflate 1000 "+wantDollars {
			t.Errorf("%s", out)
		}
	})
}

// TestAScriptIsSaidOnTheTerminal proves that a server does not start with a script that has an error, that what a script prints cannot act on a
// terminal, and that a strict script closes the connection.
func TestAScriptIsSaidOnTheTerminal(t *testing.T) {
	cfg := Config{Addr: "127.0.0.1:0", Assets: testAssets, Script: Scripting{File: scriptFile(t, "def message(m):\n    return x")}}
	if err := Run(t.Context(), cfg, &bytes.Buffer{}, nil); err == nil || err.Error() != "-script: a.star:2:12: undefined: x" {
		t.Errorf("a wrong script: %v", err)
	}
	cfg.Script = Scripting{File: scriptFile(t, "def message(m):\n    print(m.text)\n    return 1 // 0"), Strict: true}
	ctx, cancel := context.WithCancel(t.Context())
	var out lockedBuffer
	ready, done := make(chan string, 1), make(chan error, 1)
	go func() { done <- Run(ctx, cfg, &out, func(url string) { ready <- url }) }()
	defer func() {
		cancel()
		if err := await.Receive(t, done); err != nil {
			t.Error(err)
		}
	}()
	url := await.Receive(t, ready)
	limited, stop := context.WithTimeout(t.Context(), await.Limit)
	defer stop()
	c, _, err := websocket.Dial(limited, "ws"+strings.TrimPrefix(url, "http")+"ws/echo", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.CloseNow() }()
	if err := c.Write(limited, websocket.MessageText, []byte("\x1b[2J\nscript error: none")); err != nil {
		t.Fatal(err)
	}
	if _, _, err := c.Read(limited); err == nil {
		t.Error("the message passed")
	}
	want := `script print: "\x1b[2J\nscript error: none"` + "\nscript error: a.star:3:14: floored division by zero\n"
	await.Until(t, "what the script printed", func() bool { return strings.Contains(out.String(), want) })
}

// TestWhatAScriptSaysIsRecorded proves that what a script prints and its errors are events of the connection of the message, before its frame, which
// is marked.
func TestWhatAScriptSaysIsRecorded(t *testing.T) {
	scripting := Scripting{File: scriptFile(t, "def message(m):\n    print(m.text)\n    if m.dir == \"in\":\n        return 1 // 0\n    return \"changed\"")}
	if err := scripting.Open(t.Context(), io.Discard); err != nil {
		t.Fatal(err)
	}
	s := start(t, func(c *Config) { c.Script = scripting })
	t.Cleanup(scripting.Close)
	ctx, cancel := context.WithTimeout(t.Context(), await.Limit)
	defer cancel()
	c, _, err := websocket.Dial(ctx, "ws://"+s.addr+"/ws/echo", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.CloseNow() }()
	if err := c.Write(ctx, websocket.MessageText, []byte("a\nb")); err != nil {
		t.Fatal(err)
	}
	_, got, err := c.Read(ctx)
	if err != nil || string(got) != "changed" {
		t.Errorf("read %q, %v", got, err)
	}
	_ = c.Close(websocket.StatusNormalClosure, "")
	var said []string
	for _, r := range s.records(t, func(r *record.Record) bool { return r.Kind == record.KindEnd }) {
		switch {
		case r.Kind == record.KindNote:
			said = append(said, r.Name+" "+r.Reason)
		case r.Kind == record.KindFrame && !r.Header.Opcode.IsControl():
			said = append(said, fmt.Sprintf("%s %s [%s]", r.Dir, r.Payload, r.Marks))
		}
	}
	want := []string{
		`script print: "a\nb"`, "out a\nb [rewritten]", "out changed [injected rewritten]",
		`script print: "changed"`, "script error: a.star:4:18: floored division by zero", "in changed [exempt]",
	}
	if !slices.Equal(said, want) {
		t.Errorf("recorded %q, want %q", said, want)
	}
}

// TestScriptFlags proves what is refused, and where a configuration file may name a script.
func TestScriptFlags(t *testing.T) {
	none := func(string) (string, bool) { return "", false }
	for args, want := range map[string]string{
		"-script-strict": "-script-strict needs -script FILE", "-script none.star": "-script: stat none.star: no such file",
	} {
		if _, err := ParseFlags(strings.Fields(args), none, nil); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", args, err)
		}
	}
	script := scriptFile(t, dollars)
	config := filepath.Join(filepath.Dir(script), ConfigName)
	for text, want := range map[string]string{"script = 'a.star'\nscript-strict = true": "", "script = '../a.star'": "want a file in the folder of this one", "script = '/a.star'": "want a file"} {
		if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		o, err := ParseFlags([]string{"-config", config}, none, nil)
		if want != "" {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %v", text, err)
			}
			continue
		}
		if err != nil || o.Script.File != script || !o.Script.Strict {
			t.Errorf("%s: %v", text, err)
		}
	}
}
