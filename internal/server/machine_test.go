// These tests prove that the control API and every place with the token in it answer this machine only: not what a reverse
// proxy on it passes on, and not other machines, unless the user chose an address that they reach.
package server

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tetherscope/tetherscope/internal/app/cluster"
	"github.com/tetherscope/tetherscope/internal/capture/feed"
	"github.com/tetherscope/tetherscope/internal/server/control"
	"github.com/tetherscope/tetherscope/internal/test/await"
)

// guarded returns every request below /api/, that for the panel's page, and those with a one-time key, as patterns of [http.ServeMux].
func guarded() []string {
	return append(control.Patterns(), control.SessionPattern, control.TargetsPattern, control.AddTargetPattern, control.RemoveTargetPattern, "GET "+feed.Path, "POST /api/demo", "GET /api/", "GET /api/unknown", "GET /panel/", "GET /panel/?key=x", "GET /?key=x")
}

// request makes the request of a pattern, with everything that it needs from this machine.
func (s *running) request(t *testing.T, pattern string) *http.Request {
	t.Helper()
	method, path, _ := strings.Cut(pattern, " ")
	r := httptest.NewRequest(method, "http://127.0.0.1:7316"+strings.ReplaceAll(path, "{id}", "1"), strings.NewReader("{}"))
	r.RemoteAddr = "127.0.0.1:4711"
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set(feed.TokenHeader, s.Token())
	return r
}

// refused reports whether the server refuses r, and whether the token is in the answer.
func (s *running) refused(r *http.Request) (refused, leaks bool) {
	w := httptest.NewRecorder()
	s.Handler().ServeHTTP(w, r)
	return w.Code == http.StatusForbidden, strings.Contains(w.Body.String(), s.Token())
}

// TestNothingThroughAReverseProxy: any field of a proxy is enough for any of the requests, the right token beside it, whatever
// address the user chose; without it none is refused.
func TestNothingThroughAReverseProxy(t *testing.T) {
	fields := []string{
		"X-Forwarded-For: 127.0.0.1", "X-Forwarded-Host: localhost", "X-Forwarded-Proto: http", "X-Forwarded-Port: 80", "X-Forwarded-Server: x",
		"X-Forwarded-Prefix: /", "X-Real-Ip: 127.0.0.1", "Forwarded: for=127.0.0.1", "Via: 1.1 proxy", "Cf-Connecting-Ip: ::1", "Wl-Proxy-Client-Ip: ::1", "X-Scheme: http", "X-Original-Uri: /", "X-Forwarded-For: ",
	}
	for _, addr := range []string{"127.0.0.1:7316", "0.0.0.0:7316"} {
		s := start(t, func(c *Config) { c.Addr = addr })
		for _, pattern := range guarded() {
			if refused, _ := s.refused(s.request(t, pattern)); refused {
				t.Errorf("%s, %s: refused without a proxy", addr, pattern)
			}
			for _, field := range fields {
				r := s.request(t, pattern)
				name, value, _ := strings.Cut(field, ": ")
				r.Header.Set(name, value)
				if refused, leaks := s.refused(r); !refused || leaks {
					t.Errorf("%s, %s with %s: refused %t, token %t", addr, pattern, field, refused, leaks)
				}
			}
			r := s.request(t, pattern)
			r.Proto, r.ProtoMinor = "HTTP/1.0", 0
			if refused, leaks := s.refused(r); !refused || leaks {
				t.Errorf("%s, %s in HTTP/1.0: refused %t, token %t", addr, pattern, refused, leaks)
			}
		}
	}
}

// TestTheControlAPIIsNotForForeignPages proves that a request that a browser marks as another site's or another port's is refused with the right
// token, too, whether it has an Origin or not.
func TestTheControlAPIIsNotForForeignPages(t *testing.T) {
	s := start(t, func(c *Config) { c.Addr = "127.0.0.1:7316" })
	for _, pattern := range append(control.Patterns(), control.SessionPattern, control.TargetsPattern, control.AddTargetPattern, control.RemoveTargetPattern, "GET "+feed.Path, "POST /api/demo") {
		for _, site := range []string{"cross-site", "same-site", "unknown"} {
			for _, origin := range []string{"", "http://evil.test", "http://127.0.0.1:7317", "null"} {
				r := s.request(t, pattern)
				r.Header.Set("Sec-Fetch-Site", site)
				if origin != "" {
					r.Header.Set("Origin", origin)
				}
				if refused, leaks := s.refused(r); !refused || leaks {
					t.Errorf("%s, %s, Origin %q: refused %t, token %t", pattern, site, origin, refused, leaks)
				}
			}
		}
	}
}

// TestAnotherMachineGetsWhatTheUserChose: a server on loopback answers no other machine, whatever forwards to it. One on an
// address that other machines reach gives them the panel and the feed; its connections are acted on, and its targets managed, from this machine only.
func TestAnotherMachineGetsWhatTheUserChose(t *testing.T) {
	for addr, wide := range map[string]bool{"127.0.0.1:7316": false, "localhost:7316": false, "[::1]:7316": false, ":7316": true, "0.0.0.0:7316": true} {
		s := start(t, func(c *Config) { c.Addr = addr })
		acting := map[string]bool{}
		for _, pattern := range append(control.Patterns(), control.TargetsPattern, control.AddTargetPattern, control.RemoveTargetPattern) {
			acting[pattern] = true
		}
		for _, pattern := range guarded() {
			r := s.request(t, pattern)
			r.RemoteAddr = "192.0.2.7:4711"
			if refused, leaks := s.refused(r); refused == (wide && !acting[pattern]) || leaks != (wide && pattern == control.SessionPattern) {
				t.Errorf("listening on %s, %s: refused %t, token %t", addr, pattern, refused, leaks)
			}
		}
	}
}

// plainNginx passes everything on and sets nothing: what a short tutorial says.
const plainNginx = `daemon off;
worker_processes 1;
pid %[1]s/nginx.pid;
error_log %[1]s/nginx-error.log crit;
events { }
http {
  access_log off;
  client_body_temp_path %[1]s/body;
  proxy_temp_path %[1]s/proxy;
  fastcgi_temp_path %[1]s/fastcgi;
  uwsgi_temp_path %[1]s/uwsgi;
  scgi_temp_path %[1]s/scgi;
  server {
    listen %[2]s;
    location / { proxy_http_version 1.0; proxy_pass http://%[3]s; }
  }
}
`

// TestNothingThroughNginx: neither the template that this repository has for its example, nor an nginx with the least
// configuration, gives its clients the token or the control API; the example's page it does.
func TestNothingThroughNginx(t *testing.T) {
	binary := nginxBinary(t)
	s := start(t, nil)
	for name, front := range map[string]string{"the template": templateNginx(t, binary, s.addr), "the least": leastNginx(t, binary, s.addr)} {
		through := &running{Server: s.Server, addr: front, stop: s.stop}
		if res, _ := through.get(t, "GET", "/"); res.StatusCode != http.StatusOK {
			t.Errorf("%s: / answers %s: this proves nothing", name, res.Status)
		}
		for _, pattern := range guarded() {
			method, path, _ := strings.Cut(pattern, " ")
			res, body := through.get(t, method, strings.ReplaceAll(path, "{id}", "1"),
				feed.TokenHeader+": "+s.Token(), "Content-Type: application/json", "Content-Length: 0")
			if res.StatusCode != http.StatusForbidden || strings.Contains(body, s.Token()) {
				t.Errorf("%s, %s: %s, token %t", name, pattern, res.Status, strings.Contains(body, s.Token()))
			}
		}
		_, res := through.try(t, feed.Path, front, "Origin: http://"+front, "Sec-WebSocket-Protocol: "+feed.Protocol+", token."+s.Token())
		if res.StatusCode != http.StatusForbidden {
			t.Errorf("%s: the feed's handshake: %s", name, res.Status)
		}
	}
}

// nginxBinary finds nginx. Where it is not installed the test is skipped, or fails where TETHERSCOPE_REQUIRE_TOOLS is set.
func nginxBinary(t *testing.T) string {
	t.Helper()
	for _, name := range []string{"nginx", "/usr/sbin/nginx"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	if os.Getenv("TETHERSCOPE_REQUIRE_TOOLS") != "" {
		t.Fatal("nginx is not installed")
	}
	t.Skip("nginx is not installed")
	return ""
}

func templateNginx(t *testing.T, binary, node string) string {
	t.Helper()
	n, err := cluster.StartNginx(t.Context(), binary, t.TempDir(), closedAddr(t), []string{node}, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = n.Stop() })
	return n.Addr
}

func leastNginx(t *testing.T, binary, node string) string {
	t.Helper()
	dir, addr := t.TempDir(), closedAddr(t)
	conf := filepath.Join(dir, "nginx.conf")
	if err := os.WriteFile(conf, fmt.Appendf(nil, plainNginx, dir, addr, node), 0o600); err != nil {
		t.Fatal(err)
	}
	p, err := cluster.Start(dir, "nginx", exec.Command(binary, "-p", dir, "-c", conf, "-e", filepath.Join(dir, "nginx-error.log")))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.Stop() })
	await.Until(t, "nginx listens", func() bool {
		c, err := net.DialTimeout("tcp", addr, time.Second)
		if err == nil {
			_ = c.Close()
		}
		return err == nil
	})
	return addr
}

// closedAddr returns an address on loopback that had no listener a moment ago.
func closedAddr(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().String()
}
