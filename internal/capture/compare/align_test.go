package compare

import (
	"math/rand/v2"
	"testing"
	"time"
)

// common returns the length of the longest common subsequence, by the textbook table.
func common(a, b []int) int {
	before := make([]int, len(b)+1)
	for i := range a {
		row := make([]int, len(b)+1)
		for j := range b {
			row[j+1] = max(row[j], before[j+1])
			if a[i] == b[j] {
				row[j+1] = before[j] + 1
			}
		}
		before = row
	}
	return before[len(b)]
}

// valid reports what is wrong with matches: they are of equal tokens and rise on both sides.
func valid(t *testing.T, a, b []int, list []match) {
	t.Helper()
	last := match{-1, -1}
	for _, m := range list {
		if m.a <= last.a || m.b <= last.b || a[m.a] != b[m.b] {
			t.Fatalf("%v behind %v of %v and %v", m, last, a, b)
		}
		last = m
	}
}

// TestTheShortestScriptIsFound holds the search against the textbook's table on random lists.
func TestTheShortestScriptIsFound(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Log("seed", seed)
	random := rand.New(rand.NewPCG(seed, 1))
	for range 2000 {
		a, b := make([]int, random.IntN(30)), make([]int, random.IntN(30))
		kinds := 1 + random.IntN(12)
		for i := range a {
			a[i] = random.IntN(kinds)
		}
		for i := range b {
			b[i] = random.IntN(kinds)
		}
		list, ok := shortest(a, b, MaxEdits)
		if valid(t, a, b, list); !ok || len(list) != common(a, b) {
			t.Fatalf("%d of %d matches of %v and %v: %v", len(list), common(a, b), a, b, list)
		}
		s := sequence{a: a, b: b}
		s.find(match{}, match{len(a), len(b)}, 0)
		valid(t, a, b, s.matches)
		valid(t, a, b, forward(a, b))
	}
}

// TestTheSearchIsBounded proves that two long lists without likeness cost little, and that the result says that it is approximate.
func TestTheSearchIsBounded(t *testing.T) {
	const n = 100_000
	s := sequence{a: make([]int, n), b: make([]int, n)}
	for i := range n {
		s.a[i], s.b[i] = i%7, 7+i%5
	}
	s.a[500], s.b[510] = 99, 99
	s.a[n-1], s.b[n-1] = 99, 99
	s.find(match{}, match{n, n}, 0)
	if valid(t, s.a, s.b, s.matches); !s.approximate || len(s.matches) == 0 {
		t.Error(s.approximate, len(s.matches))
	}
}
