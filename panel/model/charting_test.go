package model

import (
	"testing"

	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/internal/frame"
	"github.com/tetherscope/tetherscope/panel/model/charts"
	"github.com/tetherscope/tetherscope/panel/model/rows"
)

// sums adds up what the charts have.
func sums(v charts.View) (rows, bytes [2]uint64, answers uint64) {
	for _, b := range v.Bins {
		for d := range rows {
			rows[d] += b.Rows[d]
			bytes[d] += b.Bytes[d]
		}
		answers += b.Answers
	}
	return rows, bytes, answers
}

// TestChartsFollowTheFilter proves that charts have what is shown and nothing else: under a filter, under a brush, as rows come, after a Clear, when
// other messages become pairs, and nothing while they are off.
func TestChartsFollowTheFilter(t *testing.T) {
	m := New(Options{})
	at := int64(1_767_323_045_000_000_000)
	seq := uint64(1)
	talk := func(n int64) {
		for ms := int64(1); ms <= n; ms++ {
			ask, answer := text(record.Out, `{"key":1}`), text(record.In, `{"key":1,"x":2}`)
			ping, pong := control(record.Out, frame.Ping, "x"), control(record.In, frame.Pong, "x")
			ask.Time, ping.Time, pong.Time, answer.Time = at, at, at+ms*1e6, at+ms*1e6
			at += 1e9
			feed(m, seq, ask, ping, pong, answer)
			seq += 4
		}
	}
	want := func(what string, out, in, bytesOut, bytesIn, answers uint64) {
		t.Helper()
		settle(m)
		if r, b, n := sums(m.Charts()); r[record.Out] != out || r[record.In] != in || b[record.Out] != bytesOut || b[record.In] != bytesIn || n != answers {
			t.Errorf("%s: rows %v, bytes %v, %d answers; want %d, %d, %d, %d, %d", what, r, b, n, out, in, bytesOut, bytesIn, answers)
		}
	}
	talk(10)
	want("off", 0, 0, 0, 0, 0)
	m.Update(ShowCharts{true})
	want("all", 20, 20, 100, 160, 10)
	m.Update(SetFilter{rows.Filter{Text: "op:pong"}})
	want("pongs", 0, 10, 0, 10, 10)
	talk(5)
	want("more pongs", 0, 15, 0, 15, 15)
	start := m.Charts().Start
	m.Update(Brush{start, start + 5e9})
	want("the pongs of five seconds", 0, 5, 0, 5, 5)
	if v := m.Charts(); v.End()-v.Start > 6e9 {
		t.Errorf("under the brush the charts are %d ns long", v.End()-v.Start)
	}
	m.Update(SetFilter{rows.Filter{Text: "op:text"}})
	want("texts", 15, 15, 15*9, 15*15, 0)
	m.Update(SetPairing{Request: "$.key"})
	want("texts by a key path", 15, 15, 15*9, 15*15, 15)
	m.Update(SetView{rows.Frames})
	want("frames", 15, 15, 15*9, 15*15, 15)
	m.Update(Clear{})
	want("cleared", 0, 0, 0, 0, 0)
	m.Update(Undo{})
	want("not cleared", 15, 15, 15*9, 15*15, 15)
	if m.Update(ShowCharts{false}); len(m.Charts().Bins) != 0 {
		t.Error("charts that are off have bins")
	}
}

// TestChartsKeepWhatIsEvicted proves that rows which leave the store are neither counted twice nor taken from the charts while the filter is the same.
func TestChartsKeepWhatIsEvicted(t *testing.T) {
	m := New(Options{Rows: 2 * rows.ChunkRows})
	m.Update(ShowCharts{true})
	n := uint64(0)
	for range 40 {
		list := make([]record.Record, rows.ChunkRows/4)
		for i := range list {
			list[i] = text(record.In, "x")
			list[i].Time += int64(n) * 1e6
			n++
		}
		feed(m, n-uint64(len(list))+1, list...)
	}
	if m.Status().Evicted == 0 {
		t.Fatal("no row was evicted")
	}
	if r, _, _ := sums(m.Charts()); r[record.In] != n {
		t.Errorf("%d rows of %d", r[record.In], n)
	}
}

// TestPercentilesWaitForPairs proves that the percentiles of the statistics have answers whose pairs are found after the rows are.
func TestPercentilesWaitForPairs(t *testing.T) {
	m := New(Options{})
	answer := text(record.In, `{"jsonrpc":"2.0","id":1,"result":1}`)
	answer.Time += 5e6
	m.Update(Batch{batchOf(1, text(record.Out, `{"jsonrpc":"2.0","id":1,"method":"a"}`), answer)})
	for m.search.scanning() {
		m.search.scan(1 << 20)
	}
	if n := m.Statistics().Shown.Count; n != 0 {
		t.Fatalf("%d answers before they are looked for", n)
	}
	settle(m)
	if n := m.Statistics().Shown.Count; n != 1 {
		t.Errorf("%d answers", n)
	}
}
