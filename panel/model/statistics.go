package model

import (
	"cmp"
	"slices"

	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/internal/frame"
	"github.com/tetherscope/tetherscope/panel/model/format"
	"github.com/tetherscope/tetherscope/panel/model/rows"
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

// ConnLine is one connection in the statistics of all.
type ConnLine struct {
	ID         uint32
	Name       string
	State      ConnState
	Tally      rows.Tally
	Duration   int64   // ns from its first frame to its newest
	RTT        int64   // ns, mean of its pings; 0 when none was answered
	Compressed uint64  // messages that were
	Ratio      float64 // of their bytes to what they took on the wire
}

// maxConnLines is how many connections the statistics list, those with the most bytes first.
const maxConnLines = 50

// Percentiles are how long answers took that pass the filter: responses and pongs, in ns from what they answer.
type Percentiles struct {
	Count         int // of answers; 0 when there are none
	P50, P95, P99 int64
	Max           int64
	Newest        bool // there are more: these are the newest
}

// Statistics is what the capture, or one connection, amounts to since the last Clear.
type Statistics struct {
	Conn       uint32 // 0 for all
	Name       string // of the connection
	Conns      []ConnLine
	MoreConns  int
	Tally      rows.Tally
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
	Shown      Percentiles
}

// statisticsOf returns the numbers of a connection, or of all when k is nil.
func statisticsOf(c *counts, k *Conn) Statistics {
	if k != nil {
		s := messageStatistics(c, k.messageStats(), k)
		s.Conn, s.Name = k.ID, k.FullName()
		return s
	}
	s := messageStatistics(c, c.stats, nil)
	s.Conns, s.MoreConns = connLines(c)
	return s
}

// connLines returns the connections that had traffic since the last Clear.
func connLines(c *counts) (out []ConnLine, more int) {
	for _, k := range c.conns.order {
		l := ConnLine{ID: k.ID, Name: k.FullName(), State: k.State, Tally: c.tallyOf(k)}
		if rows.Total(l.Tally.Frames) == 0 {
			continue
		}
		n := k.messageStats()
		l.Duration, l.Compressed = n.last-n.first, n.compressed
		var all spread
		all.join(&n.rtts[0])
		all.join(&n.rtts[1])
		if all.count > 0 {
			l.RTT = all.sum / int64(all.count)
		}
		if n.after > 0 {
			l.Ratio = float64(n.before) / float64(n.after)
		}
		out = append(out, l)
	}
	slices.SortStableFunc(out, func(a, b ConnLine) int {
		return cmp.Compare(rows.Total(b.Tally.Wire), rows.Total(a.Tally.Wire))
	})
	more = max(0, len(out)-maxConnLines)
	return out[:len(out)-more], more
}

// messageStatistics returns the numbers of a connection, or of all when k is nil.
func messageStatistics(c *counts, n *messageStats, k *Conn) Statistics {
	s := Statistics{
		Tally: c.tallyOf(k), Headers: n.headers,
		Compressed: n.compressed, Before: n.before, After: n.after, Bigger: n.bigger,
		Kinds: n.top(), OtherKinds: n.other, Unread: n.unread,
	}
	if n.first != 0 {
		s.Duration = n.last - n.first
	}
	s.Latencies = bars(n.latencies[:], func(i int) string { return "under " + format.Duration(1000<<i) })
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
			s.RTTs = append(s.RTTs, RTT{"pings " + [...]string{"sent", "received"}[d] + legOf(k, d), r.count, r.min, r.sum / int64(r.count), r.max})
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
	return "under " + format.Uint(1<<(i%10)) + " " + [...]string{"B", "KiB", "MiB", "GiB"}[i/10]
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
