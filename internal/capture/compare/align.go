package compare

import "slices"

// MaxEdits bounds the exact search for an alignment: of two runs of messages between which more must be left out, the alignment is found by
// going forward, and is approximate.
const MaxEdits = 1000

// match is a message of A and one of B that belong together, by their places in their lists.
type match struct{ a, b int }

// tokens are the messages of a side at each level, the strictest first. Messages of equal tokens are alike at that level.
type tokens [][]int

// aligner finds what belongs together.
type aligner struct {
	a, b        tokens
	matches     []match
	approximate bool
}

// align returns what belongs together of two lists of messages, in order, no pair crossing another one. Of two ways the better is
// taken: from the strictest level down, or by shape at once. approximate reports that the search was cut short.
func align(a, b []*Message) (list []match, approximate bool) {
	levels := []func(*Message) string{
		func(m *Message) string { return m.stable },
		func(m *Message) string { return m.shape },
		func(m *Message) string { return m.kind },
	}
	ta, tb := make(tokens, len(levels)), make(tokens, len(levels))
	for i, level := range levels {
		number := map[string]int{}
		ta[i], tb[i] = numbered(a, level, number), numbered(b, level, number)
	}
	best := &aligner{a: ta, b: tb}
	best.level(0, match{}, match{len(a), len(b)})
	byShape := &aligner{a: ta, b: tb}
	byShape.level(1, match{}, match{len(a), len(b)})
	if byShape.cost(len(a), len(b)) < best.cost(len(a), len(b)) {
		best = byShape
	}
	return best.matches, best.approximate
}

func numbered(list []*Message, key func(*Message) string, number map[string]int) []int {
	out := make([]int, len(list))
	for i, m := range list {
		k := key(m)
		n, ok := number[k]
		if !ok {
			n = len(number)
			number[k] = n
		}
		out[i] = n
	}
	return out
}

// cost is how much an alignment leaves to report: each message alone, and each pair that differs.
func (x *aligner) cost(a, b int) int {
	cost := a + b - 2*len(x.matches)
	for _, m := range x.matches {
		if x.a[0][m.a] != x.b[0][m.b] {
			cost++
		}
	}
	return cost
}

// level aligns the messages from one place up to another, and what is left between them at the next level.
func (x *aligner) level(n int, from, to match) {
	if n == len(x.a) || from.a == to.a || from.b == to.b {
		return
	}
	s := sequence{a: x.a[n][from.a:to.a], b: x.b[n][from.b:to.b]}
	s.find(match{}, match{len(s.a), len(s.b)}, 0)
	x.approximate = x.approximate || s.approximate
	at := from
	for _, m := range s.matches {
		m.a, m.b = m.a+from.a, m.b+from.b
		x.level(n+1, at, m)
		x.matches = append(x.matches, m)
		at = match{m.a + 1, m.b + 1}
	}
	x.level(n+1, at, to)
}

// sequence is two runs of tokens, and what is common to them in order.
type sequence struct {
	a, b        []int
	matches     []match
	approximate bool
}

// maxDepth bounds how often what occurs once on both sides divides a run.
const maxDepth = 40

// find appends the matches between two places: what both begin and end with; between that, what occurs once on both sides, in the longest
// order that they share (patience); and between that, the fewest edits.
func (s *sequence) find(from, to match, depth int) {
	for from.a < to.a && from.b < to.b && s.a[from.a] == s.b[from.b] {
		s.matches = append(s.matches, from)
		from.a, from.b = from.a+1, from.b+1
	}
	end := to
	for from.a < to.a && from.b < to.b && s.a[to.a-1] == s.b[to.b-1] {
		to.a, to.b = to.a-1, to.b-1
	}
	if from.a < to.a && from.b < to.b {
		s.between(from, to, depth)
	}
	for ; to.a < end.a; to.a, to.b = to.a+1, to.b+1 {
		s.matches = append(s.matches, to)
	}
}

func (s *sequence) between(from, to match, depth int) {
	anchors := s.anchors(from, to)
	if len(anchors) == 0 || depth == maxDepth {
		s.edits(from, to)
		return
	}
	for _, m := range anchors {
		s.find(from, m, depth+1)
		s.matches = append(s.matches, m)
		from = match{m.a + 1, m.b + 1}
	}
	s.find(from, to, depth+1)
}

// anchors returns the tokens that occur once on both sides, in the longest order that both share.
func (s *sequence) anchors(from, to match) []match {
	onceA, onceB := once(s.a, from.a, to.a), once(s.b, from.b, to.b)
	var list []match
	for i := from.a; i < to.a; i++ {
		if at, ok := onceA[s.a[i]]; !ok || at < 0 {
			continue
		}
		if j, ok := onceB[s.a[i]]; ok && j >= 0 {
			list = append(list, match{i, j})
		}
	}
	return rising(list)
}

// once returns the place of each token that occurs once, and -1 for the others.
func once(list []int, from, to int) map[int]int {
	at := make(map[int]int, to-from)
	for i := from; i < to; i++ {
		if _, again := at[list[i]]; again {
			at[list[i]] = -1
			continue
		}
		at[list[i]] = i
	}
	return at
}

// rising returns the longest part of a list, ordered by a, in which b rises too.
func rising(list []match) []match {
	var tails []int // for each length, the place of the match with the lowest b that ends such a part
	before := make([]int, len(list))
	for i, m := range list {
		n, _ := slices.BinarySearchFunc(tails, m.b, func(at, b int) int { return list[at].b - b })
		before[i] = -1
		if n > 0 {
			before[i] = tails[n-1]
		}
		if n == len(tails) {
			tails = append(tails, i)
		} else {
			tails[n] = i
		}
	}
	out := make([]match, len(tails))
	if len(tails) == 0 {
		return nil
	}
	for n, at := len(tails)-1, tails[len(tails)-1]; n >= 0; n-- {
		out[n] = list[at]
		at = before[at]
	}
	return out
}
