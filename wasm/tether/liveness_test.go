// These tests prove what counts as a pong, what a failed attempt means, and which options are refused.
package tether

import (
	"strings"
	"testing"
	"time"

	"github.com/tetherscope/tetherscope/wasm/codec"
	"github.com/tetherscope/tetherscope/wasm/internal/engine"
)

func TestPongsAreRecognised(t *testing.T) {
	for text, want := range map[string]struct {
		nonce uint32
		ok    bool
	}{
		`{"type":"pong","nonce":4294967295}`:                             {4294967295, true},
		` { "nonce" : 7 , "type" : "pong" } `:                            {0, false}, // begins with a space: no server writes that
		`{ "nonce" : 7 , "type" : "pong" }`:                              {7, true},
		`{"type":"pong","timestamp":1700000000000}`:                      {0, true},
		`{"type":"pong"}`:                                                {0, true},
		`{"type":"pong","nonce":-1}`:                                     {0, false},
		`{"type":"pong","nonce":4294967296}`:                             {0, false},
		`{"type":"pong","nonce":{}}`:                                     {0, false},
		`{"type":"ping","nonce":7}`:                                      {7, false},
		`{"type":"chat","message":"pong"}`:                               {0, false},
		`{"type":"pong","x":"` + strings.Repeat("x", longestPong) + `"}`: {0, false},
		`{`: {0, false}, `{}`: {0, false}, ``: {0, false}, `"pong"`: {0, false}, `{"type":"pong",}`: {0, false},
	} {
		nonce, ok := pongJSON(codec.Message{Type: codec.Text, Data: []byte(text)})
		if ok != want.ok || ok && nonce != want.nonce {
			t.Errorf("%s: %d, %v", text, nonce, ok)
		}
	}
	if _, ok := pongJSON(codec.Message{Type: codec.Binary, Data: []byte(`{"type":"pong"}`)}); ok {
		t.Error("a binary message is a pong")
	}
	h := &heartbeat{Heartbeat: Heartbeat{Ping: pingJSON, Pong: pongJSON}, plain: true}
	ping := h.ping(9)
	if got, _ := h.classify(ping); got != engine.AnswerEcho {
		t.Error("our own ping, come back, is", got)
	}
	ping.Data = []byte(strings.Replace(string(ping.Data), "ping", "pong", 1))
	if got, nonce := h.classify(ping); got != engine.AnswerPong || nonce != 9 {
		t.Error("the answer is", got, nonce)
	}
}

// TestVerdicts is the whole table of diagnosis: what a request shows, what it means, and what follows.
func TestVerdicts(t *testing.T) {
	for _, test := range []struct {
		name  string
		shows symptoms
		want  Verdict
		rule  Decision
	}{
		{"nothing answers", symptoms{}, VerdictUnreachable, Decision{}},
		{"nothing answers and the device says why", symptoms{offline: true}, VerdictOffline, Decision{}},
		{"a certificate", symptoms{untrusted: true}, VerdictUntrusted, Decision{After: 30 * time.Second, Spread: time.Minute}},
		{"something answers that may not be read", symptoms{reached: true, offline: true}, VerdictUnknown, Decision{}},
		{"a hotel", symptoms{reached: true, redirected: true}, VerdictRedirected, Decision{}},
		{"302", symptoms{status: 302}, VerdictRedirected, Decision{}},
		{"200", symptoms{status: 200}, VerdictUnknown, Decision{}},
		{"400: want an upgrade", symptoms{status: 400}, VerdictUnknown, Decision{}},
		{"426: want an upgrade", symptoms{status: 426}, VerdictUnknown, Decision{}},
		{"401", symptoms{handshake: true, status: 401}, VerdictDenied, Decision{Stop: true}},
		{"403", symptoms{handshake: true, status: 403, retryAfter: time.Second}, VerdictDenied, Decision{Stop: true}},
		{"407", symptoms{handshake: true, status: 407}, VerdictDenied, Decision{Stop: true}},
		{"404", symptoms{handshake: true, status: 404}, VerdictNotFound, Decision{Stop: true}},
		{"410", symptoms{handshake: true, status: 410}, VerdictNotFound, Decision{Stop: true}},
		{"401 for a request", symptoms{status: 401, retryAfter: time.Hour}, VerdictDenied, Decision{}},
		{"403 for a request", symptoms{status: 403, retryAfter: time.Hour}, VerdictDenied, Decision{}},
		{"407 for a request", symptoms{status: 407, retryAfter: time.Hour}, VerdictDenied, Decision{}},
		{"404 for a request", symptoms{status: 404, retryAfter: time.Hour}, VerdictNotFound, Decision{}},
		{"410 for a request", symptoms{status: 410, retryAfter: time.Hour}, VerdictNotFound, Decision{}},
		{"429", symptoms{status: 429}, VerdictBusy, Decision{After: 10 * time.Second, Spread: 20 * time.Second}},
		{"429 with Retry-After", symptoms{status: 429, retryAfter: time.Minute}, VerdictBusy, Decision{After: time.Minute, Spread: 20 * time.Second}},
		{"502", symptoms{status: 502}, VerdictFailing, Decision{}},
		{"503 with Retry-After", symptoms{status: 503, retryAfter: time.Minute}, VerdictFailing, Decision{After: time.Minute}},
		{"503 with an absurd Retry-After", symptoms{status: 503, retryAfter: 1 << 60}, VerdictFailing, Decision{After: longestRetryHint}},
	} {
		d := test.shows.verdict()
		got := DefaultDecide(CloseInfo{Code: CodeAbnormalClosure, Err: d})
		got.Rule = ""
		if d.Verdict != test.want || got != test.rule {
			t.Errorf("%s: %v, %+v; want %v, %+v", test.name, d.Verdict, got, test.want, test.rule)
		}
	}
}

func TestLivenessOptionsAreChecked(t *testing.T) {
	ping := func(uint32) codec.Message { return codec.Message{} }
	for want, option := range map[string]Option{
		"WithHeartbeat: negative": WithHeartbeat(Heartbeat{Interval: -1}),
		"WithHeartbeat: Ping":     WithHeartbeat(Heartbeat{Ping: ping}),
		"WithPage: unknown":       WithPage(Page{Hidden: 9}),
		"WithPage: CloseAfter":    WithPage(Page{CloseAfter: -1}),
		"WithDiagnosis: must be":  WithDiagnosis(0),
	} {
		if _, err := New("ws://x", codec.Raw(), option); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
}
