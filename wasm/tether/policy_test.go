// These tests prove what follows which end of a connection.
package tether

import (
	"errors"
	"testing"
	"time"
)

func TestDefaultDecide(t *testing.T) {
	retry := Decision{Rule: "try again"}
	for _, test := range []struct {
		name   string
		in     CloseInfo
		stop   bool
		after  time.Duration
		spread time.Duration
	}{
		{"normal", CloseInfo{Code: 1000}, true, 0, 0},
		{"going away", CloseInfo{Code: 1001}, false, 0, 0},
		{"protocol error", CloseInfo{Code: 1002}, true, 0, 0},
		{"unsupported data", CloseInfo{Code: 1003}, true, 0, 0},
		{"no code", CloseInfo{Code: 1005}, false, 0, 0},
		{"abnormal", CloseInfo{Code: 1006}, false, 0, 0},
		{"invalid payload", CloseInfo{Code: 1007}, true, 0, 0},
		{"policy", CloseInfo{Code: 1008}, true, 0, 0},
		{"too big", CloseInfo{Code: 1009}, true, 0, 0},
		{"extension", CloseInfo{Code: 1010}, true, 0, 0},
		{"internal error", CloseInfo{Code: 1011}, false, 0, 0},
		{"restart", CloseInfo{Code: 1012}, false, 5 * time.Second, 25 * time.Second},
		{"try later", CloseInfo{Code: 1013}, false, 10 * time.Second, 50 * time.Second},
		{"bad gateway", CloseInfo{Code: 1014}, false, 0, 0},
		{"unauthorized", CloseInfo{Code: 3000}, true, 0, 0},
		{"forbidden", CloseInfo{Code: 3003}, true, 0, 0},
		{"registered", CloseInfo{Code: 3008}, false, 0, 0},
		{"invalid origin", CloseInfo{Code: 4000}, true, 0, 0},
		{"invalid token", CloseInfo{Code: 4002}, true, 0, 0},
		{"private", CloseInfo{Code: 4100}, false, 0, 0},
		{"like 401", CloseInfo{Code: 4401}, true, 0, 0},
		{"like 408", CloseInfo{Code: 4408}, false, 0, 0},
		{"like 429", CloseInfo{Code: 4429}, false, 10 * time.Second, 20 * time.Second},
		{"private for good", CloseInfo{Code: 4500}, true, 0, 0},
		{"P9: HTTP 401", refusal(401, 0), true, 0, 0},
		{"HTTP 200", refusal(200, 0), true, 0, 0},
		{"HTTP 404", refusal(404, 0), true, 0, 0},
		{"HTTP 408", refusal(408, 0), false, 0, 0},
		{"HTTP 429", refusal(429, 0), false, 10 * time.Second, 20 * time.Second},
		{"HTTP 500", refusal(500, 0), false, 0, 0},
		{"HTTP 503 with Retry-After", refusal(503, time.Minute), false, time.Minute, 15 * time.Second},
		{"HTTP 503 with an absurd Retry-After", refusal(503, 1000*time.Hour), false, longestRetryHint, longestRetryHint / 4},
		{"permanent", CloseInfo{Code: 1006, Err: Permanent(errors.New("x"))}, true, 0, 0},
		{"retry after", CloseInfo{Code: 1006, Err: RetryAfter(time.Hour, errors.New("x"))}, false, time.Hour, 0},
		{"retry hint to wait", CloseInfo{Code: 1008, Reason: `{"retry":1500}`}, false, 1500 * time.Millisecond, 375 * time.Millisecond},
		{"retry hint to stop", CloseInfo{Code: 1001, Reason: `{"reconnect":false,"retry":5}`}, true, 0, 0},
		{"retry hint to come back", CloseInfo{Code: 1000, Reason: `{"reconnect":true}`}, false, 0, 0},
		{"a reason that is no retry hint", CloseInfo{Code: 4001, Reason: `token expired`}, true, 0, 0},
	} {
		got := DefaultDecide(test.in)
		if got.Stop != test.stop || got.After != test.after || got.Spread != test.spread || got.Rule == "" {
			t.Errorf("%s: %+v", test.name, got)
		}
	}
	if got := DefaultDecide(CloseInfo{Code: 1006}); got != retry {
		t.Errorf("%+v", got)
	}
}

func refusal(status int, after time.Duration) CloseInfo {
	return CloseInfo{Code: 1006, Err: &HandshakeError{Status: status, RetryAfter: after}}
}

func TestOnlyARetryHintIsOne(t *testing.T) {
	for reason, want := range map[string]retryHint{
		`{"retry":0}`:   {retry: 0},
		`{"retry":250}`: {retry: 250 * time.Millisecond},
		` { "retry" : 250 , "to" : "wss://a/?x={}," } `: {retry: 250 * time.Millisecond},
		`{"to":"wss://a,b","retry":7}`:                  {retry: 7 * time.Millisecond},
		`{"retry":99999999999999}`:                      {retry: longestRetryHint},
		`{"reconnect":true}`:                            {retry: -1, reconnect: "true"},
	} {
		if got, ok := parseRetryHint(reason); got != want || !ok {
			t.Errorf("%s: %+v, %v", reason, got, ok)
		}
	}
	for _, reason := range []string{
		"", "{}", "{", "}", "null", `["retry",1]`, `{"retry":-1}`, `{"retry":1.5}`, `{"retry":"1"}`, `{"retry":}`,
		`{"retry":1,}`, `{"retry" 1}`, `{retry:1}`, `{"retry":1 "reconnect":true}`, `{"reconnect":"no"}`, `{"hello":"world"}`,
		`{"retry":1,"to":"\u0041"}`, // an escape: not understood, so no retry hint
	} {
		if a, ok := parseRetryHint(reason); ok {
			t.Errorf("%s is taken for a retry hint: %+v", reason, a)
		}
	}
}
