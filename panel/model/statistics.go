package model

import (
	"github.com/tetherscope/tetherscope/internal/frame"
	"github.com/tetherscope/tetherscope/internal/record"
)

// Bar is one bar of a histogram or one line of a table.
type Bar struct {
	Label string
	Count uint64
}

// LintCount is a broken rule and how many rows broke it.
type LintCount struct {
	frame.Violation
	Count uint64
}

// RTT is what pings of one direction measured.
type RTT struct {
	Label          string
	Count          uint64
	Min, Mean, Max int64 // ns
}

// Statistics is what the capture amounts to since the last Clear.
type Statistics struct {
	Tally      Tally
	Duration   int64  // ns from the first frame to the newest
	Headers    uint64 // bytes of frame headers
	Compressed uint64 // messages that were
	Before     uint64 // their bytes, inflated
	After      uint64 // their bytes on the wire
	Bigger     uint64 // of them, how many took no fewer bytes than without
	Latencies  []Bar
	Sizes      [2][]Bar // by record.Dir
	RTTs       []RTT
	Kinds      []Kind
	OtherKinds uint64 // messages of kinds beyond the limit
	Unread     uint64 // rows that came too quickly to be decoded
	Lint       []LintCount
	Pending    uint64 // rows not yet looked at
}

// Statistics returns the numbers as they stand.
func (m *Model) Statistics() Statistics {
	n := m.known
	s := Statistics{
		Tally: m.tally.minus(&m.cleared.tally), Headers: n.headers,
		Compressed: n.compressed, Before: n.before, After: n.after, Bigger: n.bigger,
		Kinds: n.top(), OtherKinds: n.other, Unread: n.unread, Pending: m.store.end - m.pairs.next,
	}
	if n.first != 0 {
		s.Duration = n.last - n.first
	}
	s.Latencies = bars(n.latencies[:], func(i int) string { return "under " + Duration(1000<<i) })
	for d := range n.sizes {
		s.Sizes[d] = bars(n.sizes[d][:], sizeLabel)
	}
	for v := range frame.Violations(1<<63 - 1).All() {
		if c := n.lint[bitIndex(uint64(v.Bit))]; c > 0 {
			s.Lint = append(s.Lint, LintCount{v, c})
		}
	}
	for _, d := range [...]record.Dir{record.Out, record.In} {
		if r := n.rtts[d]; r.count > 0 {
			s.RTTs = append(s.RTTs, RTT{"pings " + [...]string{"sent", "received"}[d], r.count, r.least, r.sum / int64(r.count), r.most})
		}
	}
	return s
}

func sizeLabel(i int) string {
	switch i {
	case 0:
		return "empty"
	case 1:
		return "1 B"
	}
	return "under " + utoa(1<<(i%10)) + " " + [...]string{"B", "KiB", "MiB", "GiB"}[i/10]
}

// bars returns the buckets from the first to the last that hold something.
func bars(counts []uint64, label func(int) string) (out []Bar) {
	first, last := len(counts), -1
	for i, c := range counts {
		if c > 0 {
			first, last = min(first, i), i
		}
	}
	for i := first; i <= last; i++ {
		out = append(out, Bar{label(i), counts[i]})
	}
	return out
}
