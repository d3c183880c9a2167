// These tests prove who is given the token by GET /api/session: programs of this machine with the user's key, browsers that were opened
// with a one-time key, and no other client.
package server

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/tetherscope/tetherscope/internal/capture/feed"
	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/internal/server/proxy"
)

// TestSessionOpensTheFeed: what the session says is enough to open the feed, and its record number is that of the last record.
func TestSessionOpensTheFeed(t *testing.T) {
	s := start(t, func(c *Config) { c.Targets = []proxy.Target{{Name: "a-target", Scheme: "http", Host: "192.0.2.1"}} })
	first := askSession(t, s)
	if first.Records != 0 || first.Version != "test" || first.Token != s.Token() || first.Feed != "ws://"+s.addr+"/api/tap" {
		t.Errorf("%+v", first)
	}
	want := []string{"/ws/bin", "/ws/chat", "/ws/demo", "/ws/echo", "/ws/resume", "a-target"}
	if !slices.Equal(first.Names, want) {
		t.Errorf("names %q, want %q", first.Names, want)
	}
	_ = s.open(t, "/ws/echo").Close()
	records := s.records(t, func(r *record.Record) bool { return r.Kind == record.KindEnd })
	if last := askSession(t, s).Records; last != records[len(records)-1].Seq {
		t.Errorf("the session names record %d as the last, the ring has %d", last, records[len(records)-1].Seq)
	}
	path := strings.TrimPrefix(first.Feed, "ws://"+s.addr)
	_, res := s.try(t, path, s.addr, "Sec-WebSocket-Protocol: "+first.Subprotocol+", token."+first.Token)
	if res.StatusCode != http.StatusSwitchingProtocols {
		t.Errorf("the feed answers %s", res.Status)
	}
}

func askSession(t *testing.T, s *running) (session feed.Session) {
	t.Helper()
	res, body := s.get(t, "GET", "/api/session", feed.KeyHeader+": "+s.ProgramKey())
	if err := json.Unmarshal([]byte(body), &session); err != nil || res.StatusCode != 200 {
		t.Fatalf("%s %s: %v", res.Status, body, err)
	}
	if cache := res.Header.Get("Cache-Control"); cache != "no-store" {
		t.Errorf("Cache-Control %q", cache)
	}
	if res.Header.Get("Access-Control-Allow-Origin") != "" || res.Header.Get("Cross-Origin-Resource-Policy") != "same-origin" {
		t.Errorf("other origins may read it: %v", res.Header)
	}
	return session
}

// TestSessionIsNotGivenToOthers: each promise of the endpoint is broken once, and none of the answers has the token.
func TestSessionIsNotGivenToOthers(t *testing.T) {
	s := start(t, func(c *Config) { c.AllowOrigins = []string{"https://friend.test"} })
	for fields, status := range map[string]int{
		"X-Nothing: 1":                200,
		"Origin: http://" + s.addr:    200,
		"Origin: https://friend.test": 200, // the user allowed it
		"Sec-Fetch-Site: same-origin": 200,
		"Sec-Fetch-Site: none":        200,
		"Host: evil.test":             421,
		"Host: 192.0.2.1":             421,
		"Origin: http://evil.test":    403,
		"Origin: null":                403,
		"Origin: http://localhost":    403,
		"Sec-Fetch-Site: cross-site":  403,
		"Sec-Fetch-Site: same-site":   403,
		"X-Forwarded-For: 127.0.0.1":  403,
		"X-Forwarded-Host: 127.0.0.1": 403,
		"X-Forwarded-Proto: http":     403,
		"X-Real-IP: 127.0.0.1":        403,
		"Forwarded: for=127.0.0.1":    403,
		"Via: 1.1 proxy":              403,
		"Origin: http://" + s.addr + "\r\nSec-Fetch-Site: cross-site": 403,
	} {
		res, body := s.get(t, "GET", "/api/session", fields, feed.KeyHeader+": "+s.ProgramKey())
		if res.StatusCode != status || strings.Contains(body, s.Token()) != (status == 200) {
			t.Errorf("with %q: %s, token %t", fields, res.Status, strings.Contains(body, s.Token()))
		}
		if res, body := s.get(t, "GET", "/api/session", fields); res.StatusCode < 400 || strings.Contains(body, s.Token()) {
			t.Errorf("with %q and no key: %s", fields, res.Status)
		}
	}
	for _, method := range []string{"POST", "PUT", "DELETE", "OPTIONS"} {
		if res, body := s.get(t, method, "/api/session", "Content-Length: 0"); res.StatusCode != 405 || strings.Contains(body, s.Token()) {
			t.Errorf("%s: %s", method, res.Status)
		}
	}
}
