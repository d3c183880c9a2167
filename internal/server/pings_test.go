package server

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/internal/frame"
)

// TestPingsAreBounded: of a flood of pings the burst and then the rate are recorded, and records say how many are missing, so that with
// them all are accounted for; other frames, what is marked or violates a rule, and other connections are never left out.
func TestPingsAreBounded(t *testing.T) {
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
		put(of(1, frame.Ping))
	}
	put(of(2, frame.Ping))
	put(of(1, frame.Text))
	marked, wrong := of(1, frame.Pong), of(1, frame.Pong)
	marked.Marks, wrong.Violations = record.Injected, frame.ZeroKey
	put(marked)
	put(wrong)
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
