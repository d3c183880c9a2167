package charts

import "math/bits"

// Buckets of response times: times under the first bit count as one, those over the last as the last.
const (
	firstBit = 10 // 1,024 ns
	lastBit  = 42 // 73 minutes
	subBits  = 4
	buckets  = (lastBit-firstBit)<<subBits + 1
)

// histogram counts times. The zero value is empty.
type histogram struct {
	counts []uint32 // nil until there is one
	total  uint64
	max    int64
}

func (h *histogram) add(ns int64) {
	if h.counts == nil {
		h.counts = make([]uint32, buckets)
	}
	h.counts[bucketOf(ns)]++
	h.total++
	h.max = max(h.max, ns)
}

// join adds what another one counted.
func (h *histogram) join(o *histogram) {
	if h.counts == nil {
		h.counts = o.counts
	} else {
		for i, n := range o.counts {
			h.counts[i] += n
		}
	}
	h.total += o.total
	h.max = max(h.max, o.max)
}

// percentile returns the time that so many percent of the times do not exceed, by the nearest rank.
func (h *histogram) percentile(percent uint64) int64 {
	rank := (h.total*percent + 99) / 100
	seen := uint64(0)
	for i, n := range h.counts {
		if seen += uint64(n); n > 0 && seen >= rank {
			return min(middleOf(i), h.max)
		}
	}
	return h.max
}

// bucketOf returns the bucket of a time: 0 for short ones, then sixteen for each power of two.
func bucketOf(ns int64) int {
	if ns < 1<<firstBit {
		return 0
	}
	bit := bits.Len64(uint64(ns)) - 1
	if bit >= lastBit {
		return buckets - 1
	}
	return (bit-firstBit)<<subBits + int(ns>>(bit-subBits))&(1<<subBits-1) + 1
}

// middleOf returns the time in the middle of a bucket.
func middleOf(bucket int) int64 {
	if bucket == 0 {
		return 1 << (firstBit - 1)
	}
	bucket--
	unit := int64(1) << (bucket>>subBits + firstBit - subBits)
	return (1<<subBits+int64(bucket)&(1<<subBits-1))*unit + unit/2
}
