// These tests prove that a ledger sees each fault it is there for: a proof that rests on it could fail.
package ledger

import (
	"slices"
	"testing"
)

func TestEveryFaultIsSeen(t *testing.T) {
	const breaks = -1 // stands for Break
	for _, tc := range []struct {
		name    string
		come    []int
		want    Balance
		missing []int // of the numbers up to 5
	}{
		{"whole", []int{1, 2, 3, 4, 5}, Balance{Arrived: 5}, nil},
		{"whole across a break", []int{1, 2, breaks, 3, 4, 5}, Balance{Arrived: 5}, nil},
		{"the end is missing", []int{1, 2, 3}, Balance{Arrived: 3}, []int{4, 5}},
		{"a gap", []int{1, 4, 5}, Balance{Arrived: 3, Undetected: 2}, []int{2, 3}},
		{"an announced gap", []int{1, breaks, 4, 5}, Balance{Arrived: 3}, []int{2, 3}},
		{"a gap after an announced one", []int{breaks, 2, 4, 5}, Balance{Arrived: 3, Undetected: 1}, []int{1, 3}},
		{"twice", []int{1, 2, 2, 3, 4, 5}, Balance{Arrived: 5, Duplicated: 1}, nil},
		{"twice across a break", []int{1, 2, breaks, 1, 2, 3, 4, 5}, Balance{Arrived: 5, Duplicated: 2}, nil},
		{"changed places", []int{1, 3, 2, 4, 5}, Balance{Arrived: 5, Reordered: 1, Undetected: 1}, nil},
		{"late and twice", []int{1, 3, 2, 2, 4, 5}, Balance{Arrived: 5, Reordered: 1, Undetected: 1, Duplicated: 1}, nil},
		{"no number", []int{1, 2, 0, 3, 4, 5}, Balance{Arrived: 5, Duplicated: 1}, nil},
	} {
		var l Ledger
		for _, n := range tc.come {
			if n == breaks {
				l.Break()
				continue
			}
			l.Arrived(n)
		}
		if got := l.Balance(); got != tc.want {
			t.Errorf("%s: %v, want %v", tc.name, got, tc.want)
		}
		if got := l.Missing(5); !slices.Equal(got, tc.missing) {
			t.Errorf("%s: missing %v, want %v", tc.name, got, tc.missing)
		}
	}
}

func TestNumbersAreGivenOutOnce(t *testing.T) {
	var l Ledger
	if a, b := l.Next(), l.Next(); a != 1 || b != 2 || l.Balance().Sent != 2 {
		t.Errorf("%d, %d, %v", a, b, l.Balance())
	}
}

func TestAnAnsweredMessageThatIsMissingIsSeen(t *testing.T) {
	s := Story{Sent: 5, Unanswered: []int{4, 2}}
	if got := s.Acknowledged([]int{2, 3, 4}); !slices.Equal(got, []int{3}) {
		t.Errorf("%v, want 3 alone", got)
	}
}
