package forward

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/coder/websocket"

	"github.com/tetherscope/tetherscope/internal/test/await"
)

// greets sends one message on each WebSocket and ends; its other paths are pages.
var greets http.HandlerFunc = func(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path != "/ws" {
		_, _ = w.Write([]byte("a page"))
		return
	}
	c, err := websocket.Accept(w, r, nil)
	if err != nil {
		return
	}
	_ = c.Write(r.Context(), websocket.MessageText, []byte("hello from the server"))
	_ = c.CloseNow() // curl ends with the connection
}

// TestCurlBySOCKS5: a program that has its own SOCKS5 client, with and without credentials, with names and addresses, gets pages and
// WebSockets, and the messages are seen, those over TLS too.
func TestCurlBySOCKS5(t *testing.T) {
	curl, err := exec.LookPath("curl")
	if err != nil {
		t.Skip(err)
	}
	for name, server := range map[string]*httptest.Server{"plain": httptest.NewServer(greets), "TLS": httptest.NewTLSServer(greets)} {
		defer server.Close()
		s := stand(t, server, func(o *Options) { o.User, o.Password = "me", "secret" })
		ca := filepath.Join(t.TempDir(), "ca.pem")
		if err := os.WriteFile(ca, s.o.Authority.PEM(), 0o600); err != nil {
			t.Fatal(err)
		}
		ask := func(proxy, path string, more ...string) (string, error) {
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			defer cancel()
			args := append([]string{"-sSN", "--http1.1", "--noproxy", "", "--cacert", ca, "--proxy", proxy + s.addr, server.URL + path}, more...)
			out, err := exec.CommandContext(ctx, curl, args...).CombinedOutput()
			return string(out), err
		}
		for _, proxy := range []string{"socks5://me:secret@", "socks5h://me:secret@"} {
			if out, err := ask(proxy, "/page"); err != nil || out != "a page" {
				t.Errorf("%s by %s: %v, %q", name, proxy, err, out)
			}
			out, _ := ask(proxy, "/ws?by="+proxy[:6], "-H", "Connection: Upgrade", "-H", "Upgrade: websocket",
				"-H", "Sec-WebSocket-Version: 13", "-H", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==") // how it ends is no clean end for curl
			if !strings.Contains(out, "hello from the server") {
				t.Errorf("%s by %s: the WebSocket gave %q", name, proxy, out)
			}
		}
		await.Until(t, name+": both WebSockets are recorded", func() bool {
			return strings.Count(s.seen.text(), "hello from the server") == 2
		})
		if out, err := ask("socks5://", "/page"); err == nil {
			t.Errorf("%s without credentials: %q", name, out)
		}
	}
}
