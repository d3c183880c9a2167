package compare

import "slices"

// edits appends the matches of the shortest edit script from a to b (E. Myers, "An O(ND) Difference Algorithm and Its Variations", 1986).
// Beyond [MaxEdits] edits it goes forward instead.
func (s *sequence) edits(from, to match) {
	a, b := s.a[from.a:to.a], s.b[from.b:to.b]
	found, ok := shortest(a, b, MaxEdits)
	if !ok {
		s.approximate = true
		found = forward(a, b)
	}
	for _, m := range found {
		s.matches = append(s.matches, match{from.a + m.a, from.b + m.b})
	}
}

// beyond is how far a diagonal reaches that has left the lists.
const beyond = -1 << 30

// shortest finds the matches that the shortest edit script leaves; ok is false when it has more edits than limit.
func shortest(a, b []int, limit int) (list []match, ok bool) {
	if limit = min(limit, len(a)+len(b)); max(len(a)-len(b), len(b)-len(a)) > limit {
		return nil, false
	}
	var trace [][]int32 // for each number of edits, how far each diagonal reached before it
	reach := make([]int32, 2*limit+3)
	zero := limit + 1
	for d := 0; d <= limit; d++ {
		trace = append(trace, slices.Clone(reach[zero-d:zero+d+1]))
		for k := -d; k <= d; k += 2 {
			x := int(reach[zero+k-1]) + 1
			if k == -d || k != d && reach[zero+k-1] < reach[zero+k+1] {
				x = int(reach[zero+k+1])
			}
			if d == 0 {
				x = 0
			}
			if x < 0 || x > len(a) || x-k > len(b) { // past an end: no way leads back
				reach[zero+k] = beyond
				continue
			}
			for x < len(a) && x-k < len(b) && a[x] == b[x-k] {
				x++
			}
			reach[zero+k] = int32(x)
			if x == len(a) && x-k == len(b) {
				return back(trace, a, b), true
			}
		}
	}
	return nil, false
}

// back follows the trace from the end and returns the matches on the way, in order.
func back(trace [][]int32, a, b []int) (list []match) {
	x, y := len(a), len(b)
	for d := len(trace) - 1; d > 0; d-- {
		row := trace[d] // of diagonals -d to d
		k := x - y
		at := func(k int) int {
			if k < -d || k > d {
				return -1
			}
			return int(row[k+d])
		}
		before := k - 1
		if k == -d || k != d && at(k-1) < at(k+1) {
			before = k + 1
		}
		bx := at(before)
		by := bx - before
		for x > bx && y > by && x > 0 && y > 0 && a[x-1] == b[y-1] {
			x, y = x-1, y-1
			list = append(list, match{x, y})
		}
		x, y = bx, by
	}
	for x > 0 && y > 0 {
		x, y = x-1, y-1
		list = append(list, match{x, y})
	}
	slices.Reverse(list)
	return list
}

// ahead is how far forward looks for the same token.
const ahead = 64

// forward matches each token of b with the next one of a that is equal, if that is near.
func forward(a, b []int) (list []match) {
	i := 0
	for j, token := range b {
		if n := slices.Index(a[i:min(len(a), i+ahead)], token); n >= 0 {
			list = append(list, match{i + n, j})
			i += n + 1
		}
	}
	return list
}
