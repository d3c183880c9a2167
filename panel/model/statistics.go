package model

import (
	"cmp"
	"slices"

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

// ConnLine is one connection in the statistics of all.
type ConnLine struct {
	ID         uint32
	Name       string
	State      ConnState
	Tally      Tally
	Duration   int64   // ns from its first frame to its newest
	RTT        int64   // ns, mean of its pings; 0 when none was answered
	Compressed uint64  // messages that were
	Ratio      float64 // of their bytes to what they took on the wire
}

// maxConnLines is how many connections the statistics list, those with the most bytes first.
const maxConnLines = 50

// Statistics is what the capture, or one connection, amounts to since the last Clear.
type Statistics struct {
	Conn       uint32 // 0 for all
	Name       string // of the connection
	Conns      []ConnLine
	MoreConns  int
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

// Statistics returns the numbers as they stand: of the one connection when the filter names one, else of all.
func (m *Model) Statistics() Statistics {
	n, tally := m.known, m.tally.minus(&m.cleared.tally)
	k := m.conns.byID[m.filter.Conn]
	if k != nil {
		base := m.cleared.conns[k.ID]
		n, tally = k.knows(), k.Tally.minus(&base)
	}
	s := m.statisticsOf(n, tally, k)
	if k != nil {
		s.Conn, s.Name = k.ID, k.Name
		return s
	}
	s.Conns, s.MoreConns = m.connLines()
	return s
}

// connLines returns the connections that had traffic since the last Clear.
func (m *Model) connLines() (out []ConnLine, more int) {
	for _, k := range m.conns.order {
		base := m.cleared.conns[k.ID]
		l := ConnLine{ID: k.ID, Name: k.Name, State: k.State, Tally: k.Tally.minus(&base)}
		if Total(l.Tally.Frames) == 0 {
			continue
		}
		n := k.knows()
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
	slices.SortStableFunc(out, func(a, b ConnLine) int { return cmp.Compare(Total(b.Tally.Wire), Total(a.Tally.Wire)) })
	more = max(0, len(out)-maxConnLines)
	return out[:len(out)-more], more
}

// statisticsOf returns the numbers of a connection, or of all when k is nil.
func (m *Model) statisticsOf(n *knowledge, tally Tally, k *Conn) Statistics {
	s := Statistics{
		Tally: tally, Headers: n.headers,
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
			s.RTTs = append(s.RTTs, RTT{"pings " + [...]string{"sent", "received"}[d] + k.legOf(d), r.count, r.least, r.sum / int64(r.count), r.most})
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
