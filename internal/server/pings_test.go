package server

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/internal/frame"
)

// TestPingsAreBounded: of a flood of pings the burst and then the rate are recorded, whether they are ordinary, violate a rule, or are touched by
// fault rules, and records say how many are missing, so that with them all are accounted for. Those that are marked or wrong are not crowded out by
// ordinary ones; other frames and other connections are never left out.
func TestPingsAreBounded(t *testing.T) {
	for name, flood := range map[string]record.Record{"ordinary": {}, "wrong": {Violations: frame.ZeroKey}, "marked": {Marks: record.Altered}} {
		t.Run(name, func(t *testing.T) { testPingsAreBounded(t, flood) })
	}
}

func testPingsAreBounded(t *testing.T, flood record.Record) {
	now := time.Unix(1000, 0)
	l := newPingLimit(func() time.Time { return now })
	kept, missing := map[string]int{}, 0
	put := func(r *record.Record) {
		before, ok := l.keep(r)
		for _, b := range before {
			var n int
			if _, err := fmt.Sscan(b.Reason, &n); err != nil || b.Kind != record.KindBroken || b.Conn != r.Conn || !strings.Contains(b.Reason, "pings and pongs were not recorded") {
				t.Fatalf("%+v", b)
			}
			missing += n
		}
		if ok {
			kept[fmt.Sprint(r.Conn, r.Kind, r.Header.Opcode)]++
		}
	}
	of := func(conn uint32, op frame.Opcode) *record.Record {
		return &record.Record{Conn: conn, Kind: record.KindFrame, Header: frame.Header{Opcode: op}}
	}
	const total = 100_000
	for i := range total {
		if i%100 == 0 {
			now = now.Add(time.Millisecond * 10) // 10,000 per second, for ten seconds
		}
		r := of(1, frame.Ping)
		r.Marks, r.Violations = flood.Marks, flood.Violations
		put(r)
	}
	put(of(2, frame.Ping))
	put(of(1, frame.Text))
	for range 2 {
		other := of(1, frame.Pong)
		if flood.Marks == 0 && flood.Violations == 0 {
			other.Violations = frame.ZeroKey
		}
		put(other)
	}
	put(&record.Record{Conn: 1, Kind: record.KindEnd})
	pings := kept["1 frame ping"]
	if pings+missing != total || pings > pingsBurst+11*pingsPerSecond || pings < pingsBurst {
		t.Errorf("%d recorded and %d missing of %d", pings, missing, total)
	}
	if kept["2 frame ping"] != 1 || kept["1 frame text"] != 1 || kept["1 frame pong"] != 2 || kept["1 end continuation"] != 1 {
		t.Errorf("%v", kept)
	}
	put(&record.Record{Conn: 2, Kind: record.KindEnd})
	if n := l.conns.count(); n != 0 {
		t.Errorf("%d connections are remembered after their ends", n)
	}
}
