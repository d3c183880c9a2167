//go:build !js

package tether

import (
	"errors"
	"log/slog"
	"strings"
	"testing"
)

// TestTheLogSaysWhy is the table of what a log has of an event beside its numbers.
func TestTheLogSaysWhy(t *testing.T) {
	why := errors.New("why")
	for _, test := range []struct {
		e     Event
		level slog.Level
		want  string
	}{
		{Lost{CloseInfo: CloseInfo{Code: 1006, Err: ErrHeartbeat}}, slog.LevelInfo, `code=1006 reason="" unflushed=0 err="tether: no answer to the heartbeat"`},
		{Opened{Attempt: 2, Resumed: true}, slog.LevelInfo, `attempt=2 subprotocol="" resumed=true`},
		{Gap{Inbound: -1, Outbound: 2, Cause: why}, slog.LevelWarn, "inbound=-1 outbound=2 exact=false cause=why"},
		{Diagnosed{Diagnosis{Verdict: VerdictBusy}}, slog.LevelWarn, "verdict=Busy"},
		{Skipped{3}, slog.LevelWarn, "events=3"},
	} {
		var b strings.Builder
		level, text, attrs := logged(test.e)
		slog.New(slog.NewTextHandler(&b, nil)).LogAttrs(t.Context(), level, text, attrs...)
		if level != test.level || !strings.Contains(b.String(), test.want) {
			t.Errorf("%T: %v %s\nwant %v %s", test.e, level, b.String(), test.level, test.want)
		}
	}
}
