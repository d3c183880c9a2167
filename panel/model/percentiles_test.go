package model

import (
	"testing"

	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/internal/frame"
	"github.com/tetherscope/tetherscope/panel/model/rows"
)

// TestPercentilesFollowTheFilter: a hundred pings take 1 to 100 ms, those sent by the client the odd ones.
func TestPercentilesFollowTheFilter(t *testing.T) {
	m := New(Options{})
	if got := m.Statistics().Shown; got != (Percentiles{}) {
		t.Errorf("without rows: %+v", got)
	}
	at, seq := int64(1e9), uint64(1)
	for ms := int64(1); ms <= 100; ms++ {
		dir := record.Dir(ms & 1)
		ping, pong := control(dir, frame.Ping, "x"), control(1-dir, frame.Pong, "x")
		ping.Time, pong.Time = at, at+ms*1e6
		at += 1e9
		feed(m, seq, ping, pong)
		seq += 2
	}
	if got, want := m.Statistics().Shown, (Percentiles{100, 50e6, 95e6, 99e6, 100e6, false}); got != want {
		t.Errorf("of all: %+v, want %+v", got, want)
	}
	m.Update(SetFilter{rows.Filter{Text: "op:pong dir:out"}})
	settle(m)
	got := m.Statistics().Shown
	if got.Count != 50 || got.P50 != 49e6 && got.P50 != 50e6 || got.Max < 99e6 {
		t.Errorf("of the pongs of one side: %+v", got)
	}
}
