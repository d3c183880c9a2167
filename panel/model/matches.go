package model

import "sort"

// matches is the run of row IDs that the view and the filter show, in order. It is extended at its end while the scan
// goes forward and loses its front when rows are evicted.
type matches struct {
	ids  []uint64
	head int // ids[:head] are gone
	from uint64
	next uint64
	gone int  // matches that were evicted since the scan began
	cut  bool // rows were passed over unasked: the scan was stopped
}

// restart forgets all and scans again from row from.
func (x *matches) restart(from uint64) { *x = matches{ids: x.ids[:0], from: from, next: from} }

// rewind asks rows from id on again.
func (x *matches) rewind(id uint64) {
	if id = max(id, x.from); id < x.next {
		x.ids, x.next = x.ids[:x.head+x.before(id)], id
	}
}

// stop leaves the rows up to end unasked.
func (x *matches) stop(end uint64) { x.cut, x.next = x.cut || x.next < end, end }

// progress says how far the scan is, in percent.
func (x *matches) progress(end uint64) int {
	from := min(x.from, x.next)
	if x.next >= end {
		return 100
	}
	return int(100 * (x.next - from) / (end - from))
}

// has reports whether row id is a match.
func (x *matches) has(id uint64) bool {
	i := x.before(id)
	return i < x.len() && x.at(i) == id
}

func (x *matches) len() int { return len(x.ids) - x.head }

func (x *matches) at(i int) uint64 { return x.ids[x.head+i] }

// number returns the number of match i, from 1 up: evicted ones keep theirs, so that those of the others stay.
func (x *matches) number(i int) int { return x.gone + i + 1 }

// before returns how many matches have an ID below id.
func (x *matches) before(id uint64) int {
	live := x.ids[x.head:]
	return sort.Search(len(live), func(i int) bool { return live[i] >= id })
}

// drop removes the matches below id: their rows were evicted.
func (x *matches) drop(id uint64) {
	for x.head < len(x.ids) && x.ids[x.head] < id {
		x.head++
		x.gone++
	}
	if x.head > len(x.ids)/2 && x.head > 4096 {
		n := copy(x.ids, x.ids[x.head:])
		x.ids, x.head = x.ids[:n], 0
	}
	x.next = max(x.next, id)
}

// scan asks t about rows from x.next on until it reached the end of the store or spent its budget: 1 for each row, and 1 for
// every 32 bytes searched.
func (x *matches) scan(end uint64, t *matcher, budget int) {
	for x.next < end && budget > 0 {
		var n, searched int
		x.ids, n, searched = t.push(x.ids, x.next, budget)
		budget -= n + searched/32
		x.next += uint64(n)
	}
}
