package model

import "sort"

// matches is the run of row IDs that the view and the filter show, in order. It is extended at its end while the scan
// goes forward and loses its front when rows are evicted.
type matches struct {
	ids  []uint64
	head int // ids[:head] are gone
	next uint64
}

// restart forgets all and scans again from row from.
func (x *matches) restart(from uint64) { x.ids, x.head, x.next = x.ids[:0], 0, from }

func (x *matches) len() int { return len(x.ids) - x.head }

func (x *matches) at(i int) uint64 { return x.ids[x.head+i] }

// before returns how many matches have an ID below id.
func (x *matches) before(id uint64) int {
	live := x.ids[x.head:]
	return sort.Search(len(live), func(i int) bool { return live[i] >= id })
}

// drop lets go of the matches below id: their rows were evicted.
func (x *matches) drop(id uint64) {
	for x.head < len(x.ids) && x.ids[x.head] < id {
		x.head++
	}
	if x.head > len(x.ids)/2 && x.head > 4096 {
		n := copy(x.ids, x.ids[x.head:])
		x.ids, x.head = x.ids[:n], 0
	}
	x.next = max(x.next, id)
}

// scan asks t about rows from x.next on until it reached the end or spent its budget: 1 for each row, and 1 for every 32
// bytes searched. It reports whether rows are left.
func (x *matches) scan(s *store, t *matcher, budget int) (more bool) {
	var pg *page
	for x.next < s.end && budget > 0 {
		i := int(x.next & pageMask)
		if pg == nil || i == 0 {
			pg, i = s.row(x.next)
		}
		shown, searched := t.match(s, pg, i)
		if shown {
			x.ids = append(x.ids, x.next)
		}
		budget -= 1 + searched/32
		x.next++
	}
	return x.next < s.end
}
