// These tests prove what a browser gets: the right type, the best encoding it takes, 304 for what it has, and headers that
// keep other pages out.
package server

import (
	"net/http"
	"strings"
	"testing"
	"testing/fstest"
	"time"
)

func TestPagesAndFiles(t *testing.T) {
	s := start(t, nil)
	for _, c := range []struct {
		path, mime, body string
		status           int
	}{
		{"/", "text/html; charset=utf-8", "<!doctype html><title>console</title>", 200},
		{"/panel/", "text/html; charset=utf-8", `<!doctype html><title>panel</title>`, 200},
		{"/panel", "", "", 301},
		{"/bridge.js", "text/javascript; charset=utf-8", "// bridge", 200},
		{"/wasm_exec.js", "text/javascript; charset=utf-8", "// exec", 200},
		{"/tether.wasm", "application/wasm", "\x00asm plain", 200},
		{"/tether.d.ts", "text/plain; charset=utf-8", "export {};", 200},
		{"/console.css", "text/css; charset=utf-8", "body{}", 200},
		{"/icons/deep/circle.svg", "image/svg+xml", "<svg/>", 200},
		{"/app-worker.js", "text/javascript; charset=utf-8", workerScript, 200},
		{"/favicon.ico", "", "", 301},
		{"/robots.txt", "text/plain; charset=utf-8", robotsText, 200},
		{"/dev.js", "text/javascript; charset=utf-8", "", 200}, // silent outside development
		{"/healthz", "text/plain; charset=utf-8", "ok\n", 200},
		{"/panel.wasm", "text/plain; charset=utf-8", "make build", 404},
		{"/static.go", "", "", 404},
		{"/dist/tether.wasm.br", "", "", 404},
		{"/../secret.js", "", "", 404},
		{"/%2e%2e/secret.js", "", "", 404},
		{"/icons/deep", "", "", 404},
		{"/missing.css", "", "", 404},
	} {
		res, body := s.get(t, "GET", c.path)
		if res.StatusCode != c.status && (c.status != 404 || res.StatusCode/100 != 3) {
			t.Errorf("%s: %s", c.path, res.Status)
		}
		if c.mime != "" && (res.Header.Get("Content-Type") != c.mime || !strings.Contains(body, c.body)) {
			t.Errorf("%s: %s %q", c.path, res.Header.Get("Content-Type"), body)
		}
		if strings.Contains(body, s.Token()) {
			t.Errorf("%s: the token belongs into no page", c.path)
		}
	}
	for _, method := range []string{"POST", "PUT", "DELETE", "OPTIONS"} {
		if res, _ := s.get(t, method, "/", "Content-Length: 0"); res.StatusCode != 405 || res.Header.Get("Allow") != "GET, HEAD" {
			t.Errorf("%s: %s", method, res.Status)
		}
	}
	if res, body := s.get(t, "HEAD", "/bridge.js"); body != "" || res.Header.Get("Content-Length") != "9" {
		t.Errorf("HEAD: %q, %s bytes", body, res.Header.Get("Content-Length"))
	}
}

func TestEncodings(t *testing.T) {
	s := start(t, nil)
	for accept, want := range map[string]string{
		"":                          "",
		"identity":                  "",
		"gzip":                      "gzip",
		"x-gzip":                    "gzip",
		"br":                        "br",
		"gzip, deflate, br, zstd":   "br",
		"GZIP;q=1.0, BR;q=0.5":      "gzip",
		"br;q=0, gzip":              "gzip",
		"br;q=0":                    "",
		"*":                         "br",
		"*;q=0":                     "",
		"br;q=0, *":                 "gzip",
		"identity, gzip;q=0.5":      "",
		"br;q=nonsense, gzip;q=0.1": "gzip",
		"br;q=2":                    "",
		", ,,":                      "",
	} {
		res, body := s.get(t, "GET", "/tether.wasm", "Accept-Encoding: "+accept)
		wantBody := map[string]string{"": "\x00asm plain", "br": "brotli", "gzip": "gzip"}[want]
		if got := res.Header.Get("Content-Encoding"); got != want || body != wantBody {
			t.Errorf("%q: %q %q", accept, got, body)
		}
		if res.Header.Get("Vary") != "Accept-Encoding" || res.Header.Get("X-Wasm-Length") != "10" {
			t.Errorf("%q: Vary %q, X-Wasm-Length %q", accept, res.Header.Get("Vary"), res.Header.Get("X-Wasm-Length"))
		}
	}
	if res, _ := s.get(t, "GET", "/tether.mjs", "Accept-Encoding: gzip"); res.Header.Get("Content-Encoding") != "gzip" {
		t.Error("a large script is not compressed")
	}
}

func TestWhatABrowserHasIsNotSentAgain(t *testing.T) {
	s := start(t, nil)
	plain, _ := s.get(t, "GET", "/tether.wasm")
	br, _ := s.get(t, "GET", "/tether.wasm", "Accept-Encoding: br")
	etag := br.Header.Get("ETag")
	if etag == plain.Header.Get("ETag") || strings.HasPrefix(etag, "W/") || br.Header.Get("Cache-Control") != "no-cache" {
		t.Errorf("ETag %s and %s, Cache-Control %q", etag, plain.Header.Get("ETag"), br.Header.Get("Cache-Control"))
	}
	for have, want := range map[string]int{etag: 304, `"x", W/` + etag: 304, "*": 304, `"x"`: 200, "": 200} {
		res, body := s.get(t, "GET", "/tether.wasm", "Accept-Encoding: br", "If-None-Match: "+have)
		if res.StatusCode != want || (want == 304) != (body == "") {
			t.Errorf("with %s: %s %q", have, res.Status, body)
		}
	}
}

func TestSecurityHeaders(t *testing.T) {
	s := start(t, nil)
	for _, path := range []string{"/", "/panel/", "/tether.wasm", "/nothing", "/metrics"} {
		res, _ := s.get(t, "GET", path)
		h := res.Header
		csp := h.Get("Content-Security-Policy")
		for _, want := range []string{
			"default-src 'self'", "script-src 'self' 'wasm-unsafe-eval';", "style-src 'self';", "object-src 'none'", "base-uri 'none'",
			"frame-ancestors 'self'", "require-trusted-types-for 'script'", map[bool]string{true: "img-src 'self' data: blob:;", false: "img-src 'self' data:;"}[path == "/panel/"],
		} {
			if !strings.Contains(csp, want) {
				t.Errorf("%s: no %s in %q", path, want, csp)
			}
		}
		if strings.Contains(csp, "unsafe-inline") || strings.Contains(csp, "'unsafe-eval'") {
			t.Errorf("%s: %q", path, csp)
		}
		if wide := strings.Contains(csp, " ws: wss:"); wide != (path == "/") {
			t.Errorf("%s: connections to anywhere %t", path, wide)
		}
		if h.Get("X-Content-Type-Options") != "nosniff" || h.Get("Referrer-Policy") != "no-referrer" ||
			h.Get("Cross-Origin-Opener-Policy") != "same-origin" || h.Get("Cross-Origin-Resource-Policy") != "same-origin" ||
			h.Get("Access-Control-Allow-Origin") != "" {
			t.Errorf("%s: %v", path, h)
		}
	}
	if res, _ := s.get(t, "GET", "/panel/"); res.Header.Get("Cache-Control") != "no-store" {
		t.Error("the page of the panel may be stored")
	}
}

// TestLiveAssets: an edit is served at once, and compressed forms of an older build are not.
func TestLiveAssets(t *testing.T) {
	old, now := time.Now().Add(-time.Hour), time.Now()
	files := fstest.MapFS{
		"index.html":          {Data: []byte("one")},
		"dist/tether.wasm":    {Data: []byte("new"), ModTime: now},
		"dist/tether.wasm.br": {Data: []byte("old"), ModTime: old},
	}
	s := start(t, func(c *Config) { c.Assets, c.LiveAssets = files, true })
	if _, body := s.get(t, "GET", "/tether.wasm", "Accept-Encoding: br"); body != "new" {
		t.Errorf("served %q", body)
	}
	first, _ := s.get(t, "GET", "/")
	files["index.html"] = &fstest.MapFile{Data: []byte("two")}
	second, body := s.get(t, "GET", "/", "If-None-Match: "+first.Header.Get("ETag"))
	if body != "two" || second.StatusCode != http.StatusOK {
		t.Errorf("%s %q", second.Status, body)
	}
}
