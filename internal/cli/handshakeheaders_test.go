package cli_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/tetherscope/tetherscope/internal/test/await"
)

// TestAReplaySaysTheHandshakeAgain: path, query and fields are the captured ones unless options change them; credentials never are.
func TestAReplaySaysTheHandshakeAgain(t *testing.T) {
	dir := t.TempDir()
	list := dialogue(true, "> a")
	list[0].Head = []byte("GET /api/v2%2Fws?room=1&token=s3cret&x HTTP/1.1\r\nHost: example.test\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
		"Origin: https://example.test\r\nUser-Agent: Captured/1\r\nAuthorization: Bearer s3cret\r\nCookie: id=s3cret\r\nX-Twice: 1\r\nX-Twice: 2\r\n" +
		"Sec-WebSocket-Extensions: permessage-deflate\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
	write(t, dir, "a.tscap", list)
	asked := make(chan *http.Request, 1)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked <- r
		http.Error(w, "enough", http.StatusTeapot)
	}))
	t.Cleanup(s.Close)
	at := "ws" + strings.TrimPrefix(s.URL, "http")
	for name, c := range map[string]struct {
		args                  []string
		uri, agent, x, origin string
	}{
		"as captured":   {[]string{"-url", at}, "/api/v2%2Fws?room=1&x", "Captured/1", "1,2", "https://example.test"},
		"another path":  {[]string{"-url", at + "/other"}, "/other", "Captured/1", "1,2", "https://example.test"},
		"another query": {[]string{"-url", at + "/?q"}, "/?q", "Captured/1", "1,2", "https://example.test"},
		"other fields":  {[]string{"-url", at, "-header", "user-agent: me", "-header", "X-Twice: 3"}, "/api/v2%2Fws?room=1&x", "me", "3", "https://example.test"},
		"bare":          {[]string{"-url", at, "-bare"}, "/api/v2%2Fws?room=1&x", "Go-http-client/1.1", "", ""},
	} {
		got := run(t, dir, "", append([]string{"replay", "a.tscap"}, c.args...)...)
		r := await.Receive(t, asked)
		if r.RequestURI != c.uri || r.UserAgent() != c.agent || strings.Join(r.Header.Values("X-Twice"), ",") != c.x || r.Header.Get("Origin") != c.origin {
			t.Errorf("%s: %s %v", name, r.RequestURI, r.Header)
		}
		if r.Header.Get("Cookie")+r.Header.Get("Authorization")+r.Header.Get("Sec-Websocket-Extensions") != "" || strings.Contains(got.err, "s3cret") {
			t.Errorf("%s: %v %s", name, r.Header, got.err)
		}
		if listed := strings.Contains(got.err, "left out as credentials: ?token, Authorization, Cookie"); name == "as captured" && !listed {
			t.Errorf("%s: %s", name, got.err)
		}
	}
}

// TestMockAtThePaceOfTheCapture: each frame comes no sooner after the message that it answers than it did, and pings are
// answered meanwhile.
func TestMockAtThePaceOfTheCapture(t *testing.T) {
	dir := t.TempDir()
	list := dialogue(true, "< hello", "> ask", "< one", "< two", "> bye", "< last")
	for i := range list {
		list[i].Time = start + int64(i)*100e6 // the handshake is 0 and 1; "ask" is 3
	}
	write(t, dir, "a.tscap", list)
	for speed, least := range map[string]time.Duration{"1": 200 * time.Millisecond, "10": 20 * time.Millisecond, "max": 0} {
		url, stop := listening(t, dir, "mock", "a.tscap", "-speed", speed)
		c, _, err := websocket.Dial(t.Context(), url, nil)
		if err != nil {
			t.Fatal(err)
		}
		read := func(want string) {
			if _, b, err := c.Read(t.Context()); err != nil || string(b) != want {
				t.Errorf("-speed %s: %q, %v; want %q", speed, b, err, want)
			}
		}
		read("hello")
		asked := time.Now()
		_ = c.Write(t.Context(), websocket.MessageText, []byte("ask"))
		_ = c.Write(t.Context(), websocket.MessageText, []byte("bye"))
		read("one")
		read("two")
		if took := time.Since(asked); took < least {
			t.Errorf("-speed %s: two came after %v", speed, took)
		}
		read("last")
		_ = c.CloseNow()
		if end := stop(); end.code != 0 || !strings.Contains(end.err, "2 messages answered") {
			t.Errorf("%+v", end)
		}
	}
	if got := run(t, dir, "", "mock", "a.tscap", "-speed", "0"); got.code != 2 || !strings.Contains(got.err, "-speed") {
		t.Errorf("%+v", got)
	}
}

// TestClosedPipes: a peer that closes a standard stream early ends a command quietly, or gets an error; it never hangs.
func TestClosedPipes(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "a.tscap", dialogue(true, "> a", "< b", "< c"))
	url, stop := listening(t, dir, "mock", "a.tscap")
	defer stop()
	lib := library(t, echo)
	for name, c := range map[string]struct {
		script string
		code   string // 141 is SIGPIPE
		says   string
	}{
		"show":               {"show a.tscap", "141", ""},
		"convert":            {"convert a.tscap -", "141", ""},
		"replay":             {"replay a.tscap -wait -url " + url, "141", ""},
		"replay json":        {"replay a.tscap -json -wait -url " + url, "141", ""},
		"send":               {"send -url " + lib + " hello", "141", ""},
		"send json":          {"send -json -url " + lib + " hello", "141", ""},
		"mock":               {"mock a.tscap", "141", ""},
		"mock json":          {"mock -json a.tscap", "141", ""},
		"send, empty stdin":  {"send -url " + lib + " -count 1 - </dev/null", "141", ""},
		"replay, no stdin":   {"replay - -url " + url + " <&-", "2", "-: "},
		"mock, no stdin":     {"mock - <&-", "2", "-: "},
		"lint, empty stdin":  {"lint - </dev/null", "2", "-: it has no records"},
		"send, no stderr":    {"send -count 1 -url " + lib + " hello 2>&-", "141", ""},
		"send, no stdout":    {"send -count 1 -url " + lib + " hello >&-", "0", ""}, // the runtime gives it /dev/null
		"replay, no streams": {"replay a.tscap -wait -url " + url + " <&- >&- 2>&-", "0", ""},
	} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), 60*time.Second)
			defer cancel()
			reader, pipe, err := os.Pipe()
			if err != nil {
				t.Fatal(err)
			}
			defer pipe.Close()
			reader.Close() // before the command begins
			cmd := exec.CommandContext(ctx, "sh", "-c", "{ "+program+" "+c.script+"; echo $? >&3; } 3>code 2>said")
			cmd.Dir, cmd.Stdout = t.TempDir(), pipe
			write(t, cmd.Dir, "a.tscap", dialogue(true, "> a", "< b", "< c"))
			if err := cmd.Run(); err != nil {
				t.Fatal(err)
			}
			code, _ := os.ReadFile(filepath.Join(cmd.Dir, "code"))
			said, _ := os.ReadFile(filepath.Join(cmd.Dir, "said"))
			if strings.TrimSpace(string(code)) != c.code || !strings.Contains(string(said), c.says) {
				t.Errorf("exit code %s, want %s: %s", code, c.code, said)
			}
		})
	}
}
