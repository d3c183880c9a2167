// These tests prove that a foreign page can, by requests whose answers it cannot read, neither evict the capture nor use up a local
// user's limits.
package server

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/tetherscope/tetherscope/internal/app"
	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/internal/frame"
)

// noCors is what a browser sends for fetch(url, {mode: 'no-cors'}) on a page of another site.
var noCors = []string{"Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: no-cors", "Sec-Fetch-Dest: empty"}

// TestForeignGetsLeaveNoRecord: requests of foreign pages to each socket are refused and not recorded, with the fields of a
// handshake and without, whatever says that they are foreign; those with an allowed Origin are served.
func TestForeignGetsLeaveNoRecord(t *testing.T) {
	s := start(t, func(c *Config) { c.AllowOrigins = []string{"https://friend.test"} })
	for _, path := range []string{"/ws/echo", "/ws/demo", "/ws/resume", "/ws/chat", "/ws/bin"} {
		for _, fields := range [][]string{
			noCors,
			{"Sec-Fetch-Site: same-site", "Sec-Fetch-Mode: no-cors"},
			{"Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: iframe"},
			{"Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: document"},
			{"Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: websocket", "Origin: http://evil.test"},
			{"Sec-Fetch-Site: same-origin, cross-site"},
		} {
			if res, _ := s.get(t, "GET", path, fields...); res.StatusCode != http.StatusForbidden {
				t.Errorf("%s with %q: %s", path, fields, res.Status)
			}
			if _, res := s.try(t, path, s.addr, fields...); res.StatusCode != http.StatusForbidden {
				t.Errorf("handshake at %s with %q: %s", path, fields, res.Status)
			}
		}
	}
	if n := s.ring.Stats().Appended; n != 0 {
		t.Errorf("%d records were made", n)
	}
	s.open(t, "/ws/echo", "Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: websocket", "Origin: https://friend.test")
	s.open(t, "/ws/echo", "Sec-Fetch-Site: same-origin", "Sec-Fetch-Mode: websocket", "Origin: http://"+s.addr)
	if _, body := s.get(t, "GET", "/metrics"); !strings.Contains(body, "tetherscope_foreign_requests_refused_total 60") {
		t.Error("the refused requests were not counted")
	}
}

// TestRefusedHandshakesDoNotEvictTheCapture: of handshakes that are refused for their Host or Origin, and of plain requests, no more
// are recorded than the budget allows; the others are counted, and refused all the same. Admitted ones are always recorded.
func TestRefusedHandshakesDoNotEvictTheCapture(t *testing.T) {
	s := start(t, nil)
	first := s.open(t, "/ws/echo")
	first.send(frame.Header{Fin: true, Opcode: frame.Text}, "kept")
	first.want(frame.Text, "kept")
	long := "X-Long: " + strings.Repeat("a", 30<<10)
	for range 20 {
		if _, res := s.try(t, "/ws/echo", s.addr, "Origin: http://evil.test", long); res.StatusCode != http.StatusForbidden {
			t.Errorf("foreign Origin: %s", res.Status)
		}
		if _, res := s.try(t, "/ws/echo", "evil.test", long); res.StatusCode != http.StatusMisdirectedRequest {
			t.Errorf("foreign Host: %s", res.Status)
		}
		if res, _ := s.get(t, "GET", "/ws/echo", long); res.StatusCode != http.StatusUpgradeRequired {
			t.Errorf("no handshake: %s", res.Status)
		}
		if code, _ := s.open(t, "/ws/chat", "Origin: http://evil.test", long).closed(); code != 4000 {
			t.Errorf("foreign Origin at the chat: %d", code)
		}
	}
	s.open(t, "/ws/demo")
	var bytes int
	for _, r := range s.records(t, func(r *record.Record) bool { return r.Name == "/ws/demo" }) {
		bytes += len(r.Head)
	}
	if bytes > refusedBurst+64<<10 {
		t.Errorf("%d bytes of heads were recorded", bytes)
	}
	if s.stats.unrecorded.Get() == 0 {
		t.Error("nothing was counted as not recorded")
	}
}

// TestAForeignPageDoesNotLockOutTheUser: whatever a foreign page asks of the chat, in every way that a browser has, a client on the
// same address still gets in.
func TestAForeignPageDoesNotLockOutTheUser(t *testing.T) {
	s := start(t, func(c *Config) {
		devTokens(c)
		c.App.Limits = app.Limits{AddressDials: 2, AddressClients: 2}
	})
	for range 5 {
		s.get(t, "GET", "/ws/chat", noCors...)
		s.get(t, "GET", "/ws/chat") // of a browser without Fetch Metadata
		s.try(t, "/ws/chat", s.addr, "Origin: http://evil.test")
	}
	s.open(t, "/ws/chat?token="+s.devToken(t, "ada"), "Origin: http://"+s.addr).welcomed()
}

// TestAForeignPageMayOnlyLinkToATarget: of what a page of another site causes without an Origin, only the navigation of a whole
// tab reaches a target; pages of this machine with their Origin, the target's own and programs reach it as before.
func TestAForeignPageMayOnlyLinkToATarget(t *testing.T) {
	var reached atomic.Int64
	target := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached.Add(1) }))
	t.Cleanup(target.Close)
	addrs, _ := targetAddrs(t, nil, "site="+target.URL)
	for fields, want := range map[string]int{
		"X-Nothing: 1": 200,
		"Sec-Fetch-Site: none\r\nSec-Fetch-Mode: navigate\r\nSec-Fetch-Dest: document":       200,
		"Sec-Fetch-Site: same-origin\r\nSec-Fetch-Mode: no-cors\r\nSec-Fetch-Dest: image":    200,
		"Sec-Fetch-Site: same-site\r\nSec-Fetch-Mode: no-cors\r\nSec-Fetch-Dest: image":      403,
		"Sec-Fetch-Site: same-site\r\nSec-Fetch-Mode: navigate\r\nSec-Fetch-Dest: document":  200,
		"Sec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: navigate\r\nSec-Fetch-Dest: document": 200,
		"Sec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: cors\r\nOrigin: http://localhost:1":   200,
		"Sec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: cors\r\nOrigin: http://evil.test":     403,
		"Sec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: navigate\r\nSec-Fetch-Dest: iframe":   403,
		"Sec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: no-cors\r\nSec-Fetch-Dest: image":     403,
		"Sec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: no-cors\r\nSec-Fetch-Dest: script":    403,
		"Sec-Fetch-Site: cross-site": 403,
	} {
		before := reached.Load()
		res, _ := ask(t, addrs[0], "GET /x HTTP/1.1\r\nHost: site.localhost\r\nConnection: close\r\n"+fields+"\r\n\r\n")
		if res.StatusCode != want || reached.Load()-before != int64(map[bool]int{true: 1}[want == 200]) {
			t.Errorf("%q: %s, %d requests reached the target", fields, res.Status, reached.Load()-before)
		}
	}
}
