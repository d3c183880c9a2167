package model

import (
	mathbits "math/bits"
	"slices"
	"strings"

	"github.com/tetherscope/tetherscope/internal/capture/decode"
	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/panel/model/format"
	"github.com/tetherscope/tetherscope/panel/model/rows"
)

// Limits of statistics. Kinds over the limit are counted together.
const (
	maxKinds     = 200
	maxConnKinds = 40 // of one connection
	numLatencies = 32 // buckets: each holds twice the time of the one before; the first ends at 1 µs
	numSizes     = 32 // buckets: each holds twice the length of the one before; the first is 0
)

// Kind is what messages of one shape have in common.
type Kind struct {
	Decoder, Shape string
	Dir            record.Dir
	Count, Bytes   uint64
}

// messageStats is what was counted of frames and messages since the last Clear. What needs a decoder comes later than the
// counters of a [rows.Tally].
type messageStats struct {
	kinds     map[[2]string]*Kind
	limit     int    // kinds in the table at most
	other     uint64 // messages of kinds that are not in the table
	unread    uint64 // rows that came too quickly to be decoded
	latencies [numLatencies]uint64
	sizes     [2][numSizes]uint64
	rtts      [2]spread // by direction of the ping

	compressed, before, after, bigger uint64
	headers                           uint64
	lint                              [64]uint64 // by bit of frame.Violations
	first, last                       int64      // time of the first frame and the newest
}

// spread is how far measured times lie apart.
type spread struct {
	count         uint64
	sum, min, max int64
}

func (s *spread) add(t int64) {
	if s.count == 0 || t < s.min {
		s.min = t
	}
	s.count++
	s.sum += t
	s.max = max(s.max, t)
}

func (s *spread) join(o *spread) {
	if o.count == 0 {
		return
	}
	if s.count == 0 || o.min < s.min {
		s.min = o.min
	}
	s.count += o.count
	s.sum += o.sum
	s.max = max(s.max, o.max)
}

// frame counts what needs no decoder.
func (n *messageStats) frame(r rows.Row) {
	if n.first == 0 {
		n.first = r.Time()
	}
	n.last = r.Time()
	if !r.FromPage() {
		n.headers += uint64(r.HeaderSize())
	}
	for v := uint64(r.Violations()); v != 0; v &= v - 1 {
		n.lint[mathbits.TrailingZeros64(v)]++
	}
	if r.Final() && r.Compressed() {
		n.compressed++
		n.before += r.Inflated()
		n.after += r.Wire()
		if r.Wire() >= r.Inflated() {
			n.bigger++
		}
	}
}

func bitIndex(bit uint64) int { return mathbits.TrailingZeros64(bit) & 63 }

func newMessageStats(limit int) *messageStats {
	return &messageStats{kinds: map[[2]string]*Kind{}, limit: limit}
}

// note counts a message of a shape.
func (n *messageStats) note(v *decode.View, shape string, r rows.Row) {
	dir := r.Dir()
	n.sizes[dir][min(mathbits.Len64(r.Inflated()), numSizes-1)]++
	key := [2]string{dir.Arrow() + v.Decoder, shape}
	k := n.kinds[key]
	switch {
	case k == nil && len(n.kinds) >= n.limit:
		n.other++
		return
	case k == nil:
		k = &Kind{Decoder: v.Decoder, Shape: shape, Dir: dir}
		n.kinds[key] = k
	}
	k.Count++
	k.Bytes += r.Inflated()
}

func (n *messageStats) answered(ns int64) {
	n.latencies[min(mathbits.Len64(uint64(ns)/1000), numLatencies-1)]++
}

// add counts what another has counted too.
func (n *messageStats) add(o *messageStats) {
	for key, k := range o.kinds {
		if mine := n.kinds[key]; mine != nil {
			mine.Count += k.Count
			mine.Bytes += k.Bytes
		} else {
			n.kinds[key] = k
		}
	}
	n.compressed += o.compressed
	n.before += o.before
	n.after += o.after
	n.bigger += o.bigger
	n.headers += o.headers
	for i := range n.lint {
		n.lint[i] += o.lint[i]
	}
	for d := range n.rtts {
		n.rtts[d].join(&o.rtts[d])
	}
	if o.first != 0 {
		n.first, n.last = o.first, max(n.last, o.last)
	}
	n.other += o.other
	n.unread += o.unread
	for i := range n.latencies {
		n.latencies[i] += o.latencies[i]
	}
	for d := range n.sizes {
		for i := range n.sizes[d] {
			n.sizes[d][i] += o.sizes[d][i]
		}
	}
}

// shapeOf makes one shape of summaries that differ only in numbers: "call add id=7" becomes "call add id=#".
func shapeOf(summary string) string {
	var out strings.Builder
	digit := false
	for _, r := range format.Preview([]byte(summary), 80) {
		if '0' <= r && r <= '9' {
			if !digit {
				out.WriteByte('#')
			}
			digit = true
			continue
		}
		digit = false
		out.WriteRune(r)
	}
	return out.String()
}

// top returns the kinds, the most frequent first.
func (n *messageStats) top() []Kind {
	out := make([]Kind, 0, len(n.kinds))
	for _, k := range n.kinds {
		out = append(out, *k)
	}
	slices.SortFunc(out, func(a, b Kind) int {
		switch {
		case a.Count != b.Count:
			return int(min(b.Count, 1<<62)) - int(min(a.Count, 1<<62))
		case a.Dir != b.Dir:
			return int(a.Dir) - int(b.Dir)
		}
		return strings.Compare(a.Decoder+a.Shape, b.Decoder+b.Shape)
	})
	return out
}
