package charts

import "github.com/tetherscope/tetherscope/internal/capture/record"

// Bins is how many bins a [Series] has at most.
const Bins = 128

// firstWidth is how many ns a bin is long at the beginning.
const firstWidth = 1_000_000

// Series counts rows over time. The zero value is empty.
type Series struct {
	start, width int64 // ns
	bins         [Bins]bin
	last         int // the newest bin with something in it
}

type bin struct {
	rows, bytes [2]uint64 // by record.Dir
	answers     histogram
}

// Row counts a row of so many bytes at a time, ns since 1970 UTC.
func (s *Series) Row(at int64, dir record.Dir, bytes uint64) {
	b := s.bin(at)
	b.rows[dir&1]++
	b.bytes[dir&1] += bytes
}

// Answer counts an answer at a time that came so many ns after what it answers.
func (s *Series) Answer(at, ns int64) { s.bin(at).answers.add(ns) }

// Reset forgets everything.
func (s *Series) Reset() { *s = Series{} }

// bin returns the bin of a time. What lies before the start counts as the start, when there is no room before it.
func (s *Series) bin(at int64) *bin {
	if s.width == 0 {
		s.width = firstWidth
		s.start = at - at%s.width
	}
	i := max(0, (at-s.start)/s.width)
	for ; i >= Bins; i /= 2 {
		s.fold()
	}
	s.last = max(s.last, int(i))
	return &s.bins[i]
}

// fold makes one bin of each two.
func (s *Series) fold() {
	for i := range Bins / 2 {
		a, b := s.bins[2*i], &s.bins[2*i+1]
		for d := range a.rows {
			a.rows[d] += b.rows[d]
			a.bytes[d] += b.bytes[d]
		}
		a.answers.join(&b.answers)
		s.bins[i] = a
	}
	clear(s.bins[Bins/2:])
	s.width *= 2
	s.last /= 2
}

// Bin is what happened in a span of time.
type Bin struct {
	Rows, Bytes        [2]uint64 // by record.Dir
	Answers            uint64
	P50, P95, P99, Max int64 // of the answers, ns
}

// View is what a series has: the bins from the first row to the newest.
type View struct {
	Start, Width int64 // ns since 1970 UTC of the first bin; ns of each
	Bins         []Bin
}

// End is when the last bin ends.
func (v *View) End() int64 { return v.Start + int64(len(v.Bins))*v.Width }

// View returns what the series has.
func (s *Series) View() View {
	out := View{Start: s.start, Width: s.width}
	if s.width == 0 {
		return out
	}
	out.Bins = make([]Bin, s.last+1)
	for i := range out.Bins {
		b := &s.bins[i]
		out.Bins[i] = Bin{Rows: b.rows, Bytes: b.bytes}
		if h := &b.answers; h.total > 0 {
			out.Bins[i].Answers, out.Bins[i].Max = h.total, h.max
			out.Bins[i].P50, out.Bins[i].P95, out.Bins[i].P99 = h.percentile(50), h.percentile(95), h.percentile(99)
		}
	}
	return out
}
