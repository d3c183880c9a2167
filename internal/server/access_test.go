// These tests prove who gets in: no foreign Host anywhere, no foreign Origin at /ws and /api, no client without the token at
// /api; and that what gets in can neither fill the memory nor hold a connection without limit.
package server

import (
	"fmt"
	"io"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/tetherscope/tetherscope/internal/capture/feed"
	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/internal/capture/redact"
	"github.com/tetherscope/tetherscope/internal/frame"
	"github.com/tetherscope/tetherscope/internal/test/await"
)

// everyPath is one path of every endpoint.
var everyPath = []string{
	"/", "/panel", "/panel/", "/bridge.js", "/tether.wasm", "/app-worker.js", "/dev.js", "/dev/events",
	"/healthz", "/metrics", "/ws/echo", "/ws/demo", "/api/tap", "/api/session", "/api/demo", "/api/conns", "/api/conns/1/send", "/nothing", "//twice",
}

// TestForeignHostGetsNothing is DNS rebinding: an attacker's name that points at this machine arrives in Host, with an
// Origin that matches it.
func TestForeignHostGetsNothing(t *testing.T) {
	s := start(t, nil)
	for _, host := range []string{"evil.test", "evil.test:7316", "localhost.evil.test", "127.0.0.1.evil.test", "169.254.169.254", "[fe80::1]", "xlocalhost", "0.0.0.0"} {
		for _, path := range everyPath {
			for _, method := range []string{"GET", "POST"} {
				res, body := s.get(t, method, path, "Host: "+host, "Origin: http://"+host, feed.TokenHeader+": "+s.Token())
				if res.StatusCode != http.StatusMisdirectedRequest || strings.Contains(body, s.Token()) {
					t.Errorf("%s %s of Host %s: %s", method, path, host, res.Status)
				}
			}
		}
		for _, path := range []string{"/ws/echo", "/ws/demo", "/api/tap"} {
			if _, res := s.try(t, path, host, "Origin: http://"+host, "Sec-WebSocket-Protocol: "+feed.Protocol+", token."+s.Token()); res.StatusCode != http.StatusMisdirectedRequest {
				t.Errorf("handshake at %s of Host %s: %s", path, host, res.Status)
			}
		}
	}
}

func TestOwnHostsGetIn(t *testing.T) {
	s := start(t, func(c *Config) { c.AllowHosts = []string{"Box.LAN"} })
	for _, host := range []string{"localhost", "LOCALHOST:1", "app.localhost:7316", "127.0.0.1", "127.8.9.1:80", "[::1]:7316", "box.lan", "box.lan:99"} {
		if res, _ := s.get(t, "GET", "/healthz", "Host: "+host); res.StatusCode != 200 {
			t.Errorf("Host %s: %s", host, res.Status)
		}
	}
}

// TestOrigins: cross-site WebSocket hijacking, in the variants that others let through.
func TestOrigins(t *testing.T) {
	s := start(t, func(c *Config) { c.AllowOrigins = []string{"https://friend.test:8443"} })
	port := s.addr[strings.LastIndex(s.addr, ":"):]
	for origin, allowed := range map[string]bool{
		"":                                        true, // no browser
		"Origin: http://" + s.addr:                true,
		"Origin: HTTP://" + s.addr:                true,
		"Origin: https://friend.test:8443":        true,
		"Origin: http://friend.test:8443":         false,
		"Origin: https://friend.test":             false,
		"Origin: https://" + s.addr:               false, // another scheme
		"Origin: http://127.0.0.1":                false, // another port
		"Origin: http://127.0.0.1:1":              false,
		"Origin: http://127.0.0.2" + port:         false, // another address
		"Origin: http://localhost" + port:         false, // another name of the same
		"Origin: http://" + s.addr + ".evil.test": false,
		"Origin: http://evil" + s.addr:            false,
		"Origin: http://" + s.addr + "@evil.test": false,
		"Origin: http://evil.test":                false,
		"Origin: null":                            false,
		"Origin:":                                 false,
		"Origin: file://":                         false,
		"Origin: http://" + s.addr + "\r\nOrigin: http://evil.test": false,
	} {
		want := 403
		if allowed {
			want = 101
		}
		for _, path := range []string{"/ws/echo", "/ws/demo", "/api/tap"} {
			fields := []string{"Sec-WebSocket-Protocol: " + feed.Protocol + ", token." + s.Token()}
			if origin != "" {
				fields = append(fields, origin)
			}
			if _, res := s.try(t, path, s.addr, fields...); res.StatusCode != want {
				t.Errorf("%s with %q: %s", path, origin, res.Status)
			}
		}
	}
}

func TestControlNeedsTheToken(t *testing.T) {
	s := start(t, nil)
	token := s.Token()
	for name, field := range map[string]string{
		"none":         "X-Nothing: 1",
		"wrong":        "Sec-WebSocket-Protocol: " + feed.Protocol + ", token." + strings.ToLower(token),
		"a part":       "Sec-WebSocket-Protocol: token." + token[:len(token)-1],
		"longer":       "Sec-WebSocket-Protocol: token." + token + "A",
		"empty":        "Sec-WebSocket-Protocol: token.",
		"other place":  "Authorization: Bearer " + token,
		"as a cookie":  "Cookie: token=" + token,
		"empty header": feed.TokenHeader + ": ",
	} {
		if _, res := s.try(t, "/api/tap", s.addr, field); res.StatusCode != 403 {
			t.Errorf("/api/tap with %s: %s", name, res.Status)
		}
		if res, _ := s.get(t, "POST", "/api/demo", field, "Content-Length: 0"); res.StatusCode != 403 {
			t.Errorf("/api/demo with %s: %s", name, res.Status)
		}
	}
	if _, res := s.try(t, "/api/tap?token="+token, s.addr); res.StatusCode != 403 {
		t.Errorf("the token counts in a query, where logs and histories keep it: %s", res.Status)
	}
	_, res := s.try(t, "/api/tap", s.addr, "Sec-WebSocket-Protocol: "+feed.Protocol+", token."+token)
	if res.StatusCode != 101 || res.Header.Get("Sec-WebSocket-Protocol") != feed.Protocol {
		t.Errorf("with the token: %s, protocol %q", res.Status, res.Header.Get("Sec-WebSocket-Protocol"))
	}
}

// TestNoSecretIsRecordedOrCounted sends credentials everywhere that they may stand in a handshake and looks for them in
// the ring and the metrics.
func TestNoSecretIsRecordedOrCounted(t *testing.T) {
	s := start(t, nil)
	c := s.open(t, "/ws/echo?token=S3CRET&access_token=S3CRET", "Authorization: Bearer S3CRET", "Cookie: sid=S3CRET",
		"X-Tetherscope-Token: S3CRET", "X-Api-Key: S3CRET", "Sec-WebSocket-Protocol: chat, token.S3CRET, bearer.S3CRET",
		"Referer: http://"+s.addr+"/?token=S3CRET", "Sec-WebSocket-Protocol: bearer, S3CRET")
	_ = c.Close()
	s.records(t, func(r *record.Record) bool { return r.Kind == record.KindEnd })
	s.ring.Snapshot(func(b []byte) bool {
		if strings.Contains(string(b), "S3CRET") || strings.Contains(string(b), s.Token()) {
			t.Errorf("the ring holds a secret: %q", b)
		}
		return true
	})
	if _, body := s.get(t, "GET", "/metrics"); strings.Contains(body, "S3CRET") || strings.Contains(body, s.Token()) {
		t.Error("the metrics hold a secret")
	}
}

// TestNamesOfAProjectAreNotRecorded: what -redact names is hidden as credentials are.
func TestNamesOfAProjectAreNotRecorded(t *testing.T) {
	t.Cleanup(func() { _ = redact.AlsoHide() })
	s := start(t, func(c *Config) { c.Redact = []string{"x-patient"} })
	c := s.open(t, "/ws/echo?xPatient=S3CRET", "X-Patient: S3CRET", "Cookie: x_patient=S3CRET", "X-Patients: 3")
	_ = c.Close()
	text := everything(s.records(t, func(r *record.Record) bool { return r.Kind == record.KindEnd }))
	if strings.Contains(text, "S3CRET") || !strings.Contains(text, "X-Patients: 3") {
		t.Errorf("recorded: %q", text)
	}
}

// TestPanelIsNotTapped: what /api/tap carries must not become records of its own.
func TestPanelIsNotTapped(t *testing.T) {
	s := start(t, nil)
	s.open(t, "/api/tap", "Sec-WebSocket-Protocol: "+feed.Protocol+", token."+s.Token())
	s.open(t, "/ws/echo")
	for _, r := range s.records(t, func(r *record.Record) bool { return r.Kind == record.KindResponse }) {
		if r.Kind == record.KindRequest && r.Name != "/ws/echo" {
			t.Errorf("%s was tapped", r.Name)
		}
	}
}

func TestHeaderFloods(t *testing.T) {
	s := start(t, nil)
	var many strings.Builder
	for i := range 2000 {
		fmt.Fprintf(&many, "X-%d: 1\r\n", i)
	}
	for name, fields := range map[string]string{
		"2,000 fields":    strings.TrimSuffix(many.String(), "\r\n"),
		"one of 2 MB":     "X: " + strings.Repeat("a", 2<<20),
		"101 small ones":  strings.TrimSuffix(strings.Repeat("X: 1\r\n", 101), "\r\n"),
		"no header name":  ": x",
		"control in name": "X\x00: 1",
		"bare CR":         "X: a\rb",
	} {
		c := s.raw(t)
		go func() { _, _ = io.WriteString(c, handshake("/ws/echo", s.addr, fields)) }()
		res, err := http.ReadResponse(c.in, nil)
		if err != nil || res.StatusCode < 400 || res.StatusCode >= 500 {
			t.Errorf("%s: %v, %v", name, res, err)
		}
	}
}

// TestSlowlorisIsClosed: half a request, then silence.
func TestSlowlorisIsClosed(t *testing.T) {
	if testing.Short() {
		t.Skip("waits for the header timeout")
	}
	t.Parallel()
	s := start(t, nil)
	c := s.raw(t)
	_, _ = io.WriteString(c, "GET / HTTP/1.1\r\nHost: "+s.addr+"\r\n")
	if _, err := io.Copy(io.Discard, c.in); err != nil { // its deadline is a minute, the server's timeout seconds
		t.Errorf("it was not closed: %v", err)
	}
}

func TestSocketsAreLimited(t *testing.T) {
	s := start(t, func(c *Config) { c.MaxSockets = 2 })
	first := s.open(t, "/ws/echo")
	s.open(t, "/ws/demo")
	for _, path := range []string{"/ws/echo", "/ws/demo"} {
		if _, res := s.try(t, path, s.addr); res.StatusCode != 503 || res.Header.Get("Retry-After") == "" {
			t.Errorf("a third at %s: %s", path, res.Status)
		}
	}
	first.send(frame.Header{Fin: true, Opcode: frame.Close}, "\x03\xe8")
	first.closed()
	await.Until(t, "the place is given back", func() bool { return s.sockets.count() < 2 })
	s.open(t, "/ws/echo")
}

// TestHostileClientsDoNotFillTheMemory: 2 MB for each at most, beside the ring, which is bounded by itself.
func TestHostileClientsDoNotFillTheMemory(t *testing.T) {
	bomb := string(deflateBomb(256))
	pings := strings.Repeat(string(masked(frame.Header{Fin: true, Opcode: frame.Ping}, strings.Repeat("p", 100))), 80_000)
	for name, hostile := range map[string]func(c *client){
		"deflate bomb":        func(c *client) { c.send(frame.Header{Fin: true, Rsv: 4, Opcode: frame.Text}, bomb) },
		"pings, pongs unread": func(c *client) { _ = c.SetWriteDeadline(time.Now().Add(time.Second)); c.write([]byte(pings)) },
		"2^62": func(c *client) {
			c.write(frame.AppendHeader(nil, frame.Header{Fin: true, Opcode: frame.Binary, Masked: true, Length: 1 << 62}))
			c.write(make([]byte, 1<<20))
		},
		"empty fragments": func(c *client) {
			for range 100 {
				c.write([]byte(strings.Repeat(string(masked(frame.Header{Opcode: frame.Text}, "")), 10000)))
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := start(t, func(c *Config) { c.RingSize = 64 << 10 })
			for range 2 { // the first one warms up what is kept for good
				before := heap()
				c := s.open(t, "/ws/echo", offerDeflate)
				hostile(c)
				// A buffer on its way to the collector does not count.
				await.Until(t, "no more than 2 MiB are kept", func() bool { return heap()-before <= 2<<20 })
				_ = c.Close()
			}
		})
	}
}

// heap returns the live heap in bytes.
func heap() int64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
