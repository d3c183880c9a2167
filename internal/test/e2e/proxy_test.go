package e2e

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/coder/websocket"

	"github.com/tetherscope/tetherscope/internal/server"
	"github.com/tetherscope/tetherscope/internal/server/proxy"
	"github.com/tetherscope/tetherscope/internal/test/await"
	"github.com/tetherscope/tetherscope/internal/test/chrome"
	"github.com/tetherscope/tetherscope/static"
)

// foreignApp is a web app of a third party: a page, its script, a cookie, and a WebSocket that coder/websocket
// accepts, compressed, and only from pages of its own origin.
func foreignApp() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		http.SetCookie(w, &http.Cookie{Name: "sid", Value: "s3cret", HttpOnly: true})
		w.Header().Set("Content-Type", "text/html")
		_, _ = io.WriteString(w, `<!doctype html><title>an app</title><script src="/js/app.js"></script>`)
	})
	mux.HandleFunc("GET /js/app.js", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/javascript")
		_, _ = io.WriteString(w, `globalThis.said = new Promise((resolve) => {
			const ws = new WebSocket("ws://" + location.host + "/live?room=1", ["v1"]), got = [];
			ws.onopen = () => ws.send("x".repeat(5000));
			ws.onmessage = (e) => { got.push(e.data.length + e.data.slice(-4)); if (got.length == 2) ws.close(4321, "enough"); };
			ws.onclose = (e) => resolve([ws.protocol, ws.extensions, ...got, e.code, e.reason].join("|"));
		});`)
	})
	mux.HandleFunc("GET /live", func(w http.ResponseWriter, r *http.Request) {
		c, err := websocket.Accept(w, r, &websocket.AcceptOptions{Subprotocols: []string{"v1"}, CompressionMode: websocket.CompressionContextTakeover})
		if err != nil {
			return
		}
		defer func() { _ = c.CloseNow() }()
		sid, _ := r.Cookie("sid")
		_, b, err := c.Read(r.Context())
		if err != nil {
			return
		}
		_ = c.Write(r.Context(), websocket.MessageText, b)
		_ = c.Write(r.Context(), websocket.MessageText, fmt.Appendf(b, "%v", sid)[:len(b)+4])
		_, _, _ = c.Read(r.Context()) // the close
	})
	return mux
}

// frameLog is a frame log that can be read while it is written.
type frameLog struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *frameLog) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *frameLog) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// TestAWebAppBehindTheProxy: Chromium loads a third party's app through the listener of a target; page, script, cookie, subprotocol,
// compression and close work as without it, and the capture shows the frames. An app that insists on its own origin needs
// -target-origin, and without it says so itself.
func TestAWebAppBehindTheProxy(t *testing.T) {
	app := httptest.NewServer(foreignApp())
	defer app.Close()
	browser := chrome.New(t)
	for _, rewrite := range []bool{true, false} {
		target, err := proxy.ParseTarget("app=" + app.URL)
		if err != nil {
			t.Fatal(err)
		}
		var printed, frames frameLog
		cfg := server.Config{
			Addr: "127.0.0.1:0", Assets: static.Files, Targets: []proxy.Target{target}, TargetOrigin: rewrite, FrameLog: &frames,
		}
		ctx, cancel := context.WithCancel(context.Background())
		ready, done := make(chan struct{}), make(chan error, 1)
		go func() { done <- server.Run(ctx, cfg, &printed, func(string) { close(ready) }) }()
		await.Closed(t, ready)
		door := regexp.MustCompile(`(http://\S+)  for its pages`).FindStringSubmatch(printed.String())
		if door == nil {
			t.Fatalf("no URL for the pages in\n%s", printed.String())
		}
		page := chrome.Open(t, browser, door[1])
		said := chrome.Get[string](t, page, "said")
		cancel()
		if err := await.Receive(t, done); err != nil {
			t.Error(err)
		}
		want, logged := "v1|permessage-deflate|5000xxxx|5004sid=|4321|enough", []string{"request /live?room=1 (app)", "101 Switching", "RSV:4", "close 4321"}
		if !rewrite {
			want, logged = "||1006|", []string{"request /live?room=1 (app)", "403 Forbidden"}
		}
		if said != want {
			t.Errorf("-target-origin=%t: the page says %q, want %q", rewrite, said, want)
		}
		for _, text := range logged {
			if !strings.Contains(frames.String(), text) {
				t.Errorf("-target-origin=%t: no %q in the frame log\n%s", rewrite, text, frames.String())
			}
		}
	}
}
