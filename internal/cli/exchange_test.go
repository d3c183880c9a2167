package cli_test

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/tetherscope/tetherscope/internal/frame"
	"github.com/tetherscope/tetherscope/internal/rawws"
	"github.com/tetherscope/tetherscope/internal/test/await"
)

// collector is a server that keeps the messages it receives. greet is called before it reads.
func collector(t *testing.T, greet func(context.Context, *websocket.Conn)) (url string, received func() []string) {
	t.Helper()
	var mu sync.Mutex
	var list []string
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, err := websocket.Accept(w, r, nil)
		if err != nil {
			return
		}
		defer c.CloseNow()
		c.SetReadLimit(8 << 20)
		greet(r.Context(), c)
		for {
			_, b, err := c.Read(r.Context())
			if err != nil {
				return
			}
			mu.Lock()
			list = append(list, string(b))
			mu.Unlock()
		}
	}))
	t.Cleanup(s.Close)
	return "ws" + strings.TrimPrefix(s.URL, "http"), func() []string {
		mu.Lock()
		defer mu.Unlock()
		return append([]string(nil), list...)
	}
}

// TestSentIsReceived: when send exits with 0 its message has reached the server, also when the server's greeting is all that
// -count asked for.
func TestSentIsReceived(t *testing.T) {
	dir := t.TempDir()
	url, received := collector(t, func(ctx context.Context, c *websocket.Conn) {
		_ = c.Write(ctx, websocket.MessageText, []byte("welcome"))
	})
	const runs = 30
	for i := range runs {
		got := run(t, dir, "", "send", "-url", url, "-count", "1", fmt.Sprint("message ", i))
		if got.code != 0 || !strings.Contains(got.out, `"welcome"`) || got.err != "" {
			t.Fatalf("%+v", got)
		}
		if list := received(); len(list) != i+1 {
			t.Fatalf("exit code 0 after message %d, and the server has received %d", i, len(list))
		}
	}
}

// TestLongMessageIsWhole: three megabytes pass whole to a server that talks before it reads; -wait begins
// behind the last byte.
func TestLongMessageIsWhole(t *testing.T) {
	dir := t.TempDir()
	long := strings.Repeat("0123456789abcdef", 3<<20/16)
	url, received := collector(t, func(ctx context.Context, c *websocket.Conn) {
		for range 64 {
			_ = c.Write(ctx, websocket.MessageBinary, make([]byte, 16<<10))
		}
	})
	for _, args := range [][]string{{"-wait", "10ms"}, {"-count", "1"}} {
		got := run(t, dir, long, append([]string{"send", "-url", url, "-"}, args...)...)
		if list := received(); got.code != 0 || len(list) == 0 || list[len(list)-1] != long {
			t.Errorf("%v: exit code %d, %d messages, %s", args, got.code, len(list), got.err)
		}
	}
}

// rawServer accepts one connection after another as a peer and calls talk for each.
func rawServer(t *testing.T, talk func(*rawws.Peer)) (url string) {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p, err := rawws.Accept(w, r, rawws.Choice{})
		if err != nil {
			return
		}
		defer p.Close()
		talk(p)
	}))
	t.Cleanup(s.Close)
	return "ws" + strings.TrimPrefix(s.URL, "http")
}

// TestSendReportsACutMessage: a server that resets the connection instead of answering makes send fail.
func TestSendReportsACutMessage(t *testing.T) {
	dir := t.TempDir()
	url := rawServer(t, func(p *rawws.Peer) {
		_ = p.SetReadDeadline(time.Now().Add(time.Minute))
		_, _ = p.NetConn().Read(make([]byte, 1))
		_ = p.Reset()
	})
	for _, text := range []string{"short", strings.Repeat("x", 3<<20)} {
		got := run(t, dir, text, "send", "-url", url, "-wait", "20s", "-")
		if got.code != 4 || got.err == "" {
			t.Errorf("%d bytes: exit code %d, %q", len(text), got.code, got.err)
		}
	}
}

// TestSendAnswersAClose: the server's close frame ends the wait at once, and is answered with its code.
func TestSendAnswersAClose(t *testing.T) {
	dir := t.TempDir()
	codes := make(chan uint16, 1)
	url := rawServer(t, func(p *rawws.Peer) {
		_ = p.SetReadDeadline(time.Now().Add(time.Minute))
		_ = p.ReadFrames(frame.NewDecoder(frame.Config{FromClient: true, Snap: 1 << 10}), func(f *frame.Frame) error {
			if f.Opcode == frame.Close {
				code, _, _ := frame.ParseClose(f.Payload)
				codes <- code
				return nil
			}
			return p.CloseWith(4001, "who are you")
		})
	})
	got := run(t, dir, "", "send", "-url", url, "-wait", "2m", "hello")
	if got.code != 0 || !strings.Contains(got.out, `4001 "who are you"`) {
		t.Errorf("%+v", got)
	}
	if code := await.Receive(t, codes); code != 4001 {
		t.Errorf("the answer has the code %d", code)
	}
}

// head returns the request head that send writes for a URL. The server answers with response.
func head(t *testing.T, dir, url, response string) (request string, got result) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	heads := make(chan string, 1)
	go func() {
		c, err := l.Accept()
		if err != nil {
			return
		}
		defer c.Close()
		_ = c.SetDeadline(time.Now().Add(time.Minute))
		var b []byte
		for buf := make([]byte, 4096); !bytes.Contains(b, []byte("\r\n\r\n")); {
			n, err := c.Read(buf)
			if b = append(b, buf[:n]...); err != nil {
				break
			}
		}
		_, _ = c.Write([]byte(response))
		heads <- string(b)
	}()
	got = run(t, dir, "", "send", "-url", strings.Replace(url, "HOST", l.Addr().String(), 1), "x")
	return await.Receive(t, heads), got
}

// TestSendURL: what a URL says goes out as it should: a user as Basic authentication, a query without bare spaces, a name in
// ASCII, an address without its zone; and a redirect says where it leads.
func TestSendURL(t *testing.T) {
	dir := t.TempDir()
	const refused = "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n"
	for _, c := range []struct{ url, response, request, err string }{
		{"ws://us%20er:p%40ss@HOST/", refused, "Authorization: Basic dXMgZXI6cEBzcw==\r\n", "us%20er:xxxxx@"},
		{"ws://HOST/a b?q=a b&ü=\"<1>\"&c=%20+", refused, "GET /a%20b?q=a%20b&%C3%BC=%22%3C1%3E%22&c=%20+ HTTP/1.1\r\n", "403 Forbidden"},
		{
			"ws://HOST/old", "HTTP/1.1 302 Found\r\nLocation: https://other.test/new?a=1\r\nContent-Length: 0\r\n\r\n", "GET /old ",
			"302 Found to \"https://other.test/new?a=1\" (redirects are not followed; it leads to wss://other.test/new?a=1)",
		},
		{"ws://HOST/a/old", "HTTP/1.1 308 Permanent Redirect\r\nLocation: ../b\r\nContent-Length: 0\r\n\r\n", "GET /a/old ", "/b)"},
	} {
		request, got := head(t, dir, c.url, c.response)
		if !strings.Contains(request, c.request) || got.code != 2 || !strings.Contains(got.err, c.err) {
			t.Errorf("%s: %s\n%+v", c.url, request, got)
		}
	}
}

// TestSendURLRefused: a URL that cannot be one is refused before a connection is tried, with the reason, and without its password.
func TestSendURLRefused(t *testing.T) {
	dir := t.TempDir()
	for url, want := range map[string]string{
		"ws://127.0.0.1:99999/":           "the port is 99999",
		"ws://127.0.0.1:0/":               "the port is 0",
		"ws://u:s3cret@127.0.0.1:99999/":  "u:xxxxx@127.0.0.1",
		"ws://u:s3cret@127.0.0.1:port/":   "u:xxxxx@127.0.0.1",
		"ws://:8080/":                     "it names no host",
		"ws://127.0.0.1/#part":            "a fragment (#) cannot be sent",
		"http://127.0.0.1/":               `its scheme is "http"`,
		"ws://" + strings.Repeat("ü", 70): "cannot be one of DNS",
	} {
		got := run(t, dir, "", "send", "-url", url, "x")
		if got.code != 2 || !strings.Contains(got.err, want) || strings.Contains(got.err, "s3cret") {
			t.Errorf("%s: %+v", url, got)
		}
	}
}

// TestMockURL: what mock prints can be called as it stands, whatever the capture has in place of a path.
func TestMockURL(t *testing.T) {
	dir := t.TempDir()
	for name, path := range map[string]string{"joined mid-stream": "/", "GET http://example.test/ws?token=1": "/ws", "GET /a%20b/ü": "/a%20b/%C3%BC"} {
		list := dialogue(true, "> ask", "< answer")
		list[0].Name, list[0].Head = name, nil
		if _, target, ok := strings.Cut(name, "GET "); ok {
			list[0].Head = []byte(strings.Replace(request, "/ws?token=s3cret", target, 1))
		}
		write(t, dir, "a.tscap", list)
		url, stop := listening(t, dir, "mock", "a.tscap")
		if !strings.HasSuffix(url, path) || strings.Count(url, "/") != 2+strings.Count(path, "/") {
			t.Errorf("%q: listening at %s", name, url)
		}
		if got := run(t, dir, "", "send", "-url", url, "-count", "1", "ask"); got.code != 0 || !strings.Contains(got.out, `"answer"`) {
			t.Errorf("%q: %+v", name, got)
		}
		stop()
	}
}
