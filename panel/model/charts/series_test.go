package charts

import (
	"math"
	"testing"
	"testing/quick"

	"github.com/tetherscope/tetherscope/internal/capture/record"
)

// TestBinsKeepEverything proves that however the bins fold, nothing that was counted is lost, and each bin has what happened in its time.
func TestBinsKeepEverything(t *testing.T) {
	var s Series
	const start, step, n = int64(1_767_323_045_000_000_000), int64(7_000_000), 5000
	for i := range int64(n) {
		s.Row(start+i*step, record.Dir(i&1), 10)
		s.Answer(start+i*step, 1e6)
	}
	v := s.View()
	if len(v.Bins) > Bins || len(v.Bins) < Bins/2 || v.Start > start || v.End() <= start+(n-1)*step {
		t.Fatalf("%d bins of %d ns from %d to %d", len(v.Bins), v.Width, v.Start, v.End())
	}
	var rows, bytes [2]uint64
	answers := uint64(0)
	for i, b := range v.Bins {
		from := v.Start + int64(i)*v.Width
		want := (min(from+v.Width, start+n*step)-start+step-1)/step - (max(from, start)-start+step-1)/step
		if got := b.Rows[0] + b.Rows[1]; got != uint64(want) || b.Answers != uint64(want) {
			t.Errorf("bin %d has %d rows and %d answers, want %d", i, got, b.Answers, want)
		}
		for d := range rows {
			rows[d] += b.Rows[d]
			bytes[d] += b.Bytes[d]
		}
		answers += b.Answers
	}
	if rows != [2]uint64{n / 2, n / 2} || bytes != [2]uint64{5 * n, 5 * n} || answers != n {
		t.Errorf("rows %v, bytes %v, answers %d", rows, bytes, answers)
	}
	if s.Row(start-1e9, record.In, 1); s.View().Bins[0].Rows[record.In] == v.Bins[0].Rows[record.In] {
		t.Error("a row before the start is lost")
	}
	if s.Reset(); s.View().Width != 0 || len(s.View().Bins) != 0 {
		t.Errorf("after a reset: %+v", s.View())
	}
}

// TestPercentiles proves that percentiles are those of the nearest rank to 4 percent, and the longest time exact.
func TestPercentiles(t *testing.T) {
	var s Series
	for ms := range int64(100) {
		s.Answer(5e9, (ms+1)*1e6)
	}
	b := s.View().Bins[0]
	for _, c := range []struct{ got, want int64 }{{b.P50, 50e6}, {b.P95, 95e6}, {b.P99, 99e6}} {
		if math.Abs(float64(c.got-c.want)) > 0.04*float64(c.want) {
			t.Errorf("%d, want %d", c.got, c.want)
		}
	}
	if b.Max != 100e6 || b.Answers != 100 {
		t.Errorf("%d answers up to %d", b.Answers, b.Max)
	}
	near := func(ns uint32) bool {
		var h histogram
		h.add(int64(ns))
		got := h.percentile(50)
		return h.max == int64(ns) && got <= int64(ns) && (ns < 1<<firstBit || math.Abs(float64(got)-float64(ns)) <= 0.04*float64(ns))
	}
	if err := quick.Check(near, nil); err != nil {
		t.Error(err)
	}
	for _, ns := range []int64{0, 1<<firstBit - 1, 1 << firstBit, 1<<lastBit - 1, 1 << lastBit, math.MaxInt64} {
		if b := bucketOf(ns); b < 0 || b >= buckets || ns >= 1<<firstBit && ns < 1<<lastBit && b != bucketOf(middleOf(b)) {
			t.Errorf("%d is in bucket %d, whose middle is %d", ns, b, middleOf(b))
		}
	}
}
