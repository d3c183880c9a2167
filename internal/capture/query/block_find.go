package query

import "math/bits"

// find leaves the rows of sel in whose payload the text stands.
func (r *run) find(f *finder, sel *Bits) {
	if len(f.text) == 0 || sel.none() {
		return
	}
	var found Bits
	for from := 0; from < r.n; {
		piece, n := r.b.Piece(from, r.start[:r.n], r.end[:r.n])
		if 8*sel.count(from, n) > n {
			r.findThrough(f, sel, &found, piece, from, n)
		} else {
			r.findInEach(f, sel, &found, piece, from, n)
		}
		from += n
	}
	*sel = found
}

// count says how many of n rows are set, but for a few too many at both ends.
func (b *Bits) count(from, n int) (sum int) {
	for w := from >> 6; w <= (from+n-1)>>6; w++ {
		sum += bits.OnesCount64(b[w])
	}
	return sum
}

// findThrough looks through a piece as if it were one text, which costs a few times less for each byte than to start again
// with each row. What it finds is one row's when all of it lies in that row.
func (r *run) findThrough(f *finder, sel, found *Bits, piece []byte, from, n int) {
	start, end := r.start[:n], r.end[:n]
	k, stop := 0, int(end[n-1])
	for at := int(start[0]); at < stop; {
		i := f.index(piece[at:stop])
		if i < 0 {
			return
		}
		for at += i; int(end[k]) <= at; {
			k++
		}
		switch {
		case at < int(start[k]): // before the row, in bytes that no row of this block shows
			at = int(start[k])
		case at+len(f.text) > int(end[k]):
			at++
		default:
			if sel.Has(from + k) {
				found.Set(from + k)
			}
			at = int(end[k])
		}
	}
}

func (r *run) findInEach(f *finder, sel, found *Bits, piece []byte, from, n int) {
	for k := range n {
		if sel.Has(from+k) && f.index(piece[r.start[k]:r.end[k]]) >= 0 {
			found.Set(from + k)
		}
	}
}

// worded leaves the rows of sel in whose words the text stands.
func (r *run) worded(f *finder, sel *Bits) {
	r.b.Worded(&r.more)
	if sel.And(&r.more); !sel.none() {
		sel.Keep(func(i int) bool { return f.inWords(r.b.Row(i).Text(Words)) })
	}
}
