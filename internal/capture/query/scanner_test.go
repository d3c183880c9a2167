package query

import (
	"slices"
	"testing"
)

// TestRowsBeforeAMatchComeWhenItComes: what before and near show depends on rows that come later, so the list is mended
// at its end and nowhere else.
func TestRowsBeforeAMatchComeWhenItComes(t *testing.T) {
	q, err := Parse("before:2 close or first")
	if err != nil {
		t.Fatal(err)
	}
	s := q.Scanner()
	var ids []uint64
	for i, step := range []struct {
		payload string
		want    []uint64
	}{{"first", []uint64{0}}, {"a", []uint64{0}}, {"b", []uint64{0}}, {"close", []uint64{0, 1, 2}}, {"close", []uint64{0, 1, 2, 3}}} {
		if ids = s.Push(ids, uint64(i), frameRow(step.payload, nil)); !slices.Equal(ids, step.want) {
			t.Fatalf("after row %d: %v, want %v", i, ids, step.want)
		}
	}
}

// TestAGapStaysWhenTheListIsMended: what is shown whatever the query says is put back with the rest, and tests look at it.
func TestAGapStaysWhenTheListIsMended(t *testing.T) {
	gap := fakeRow{numbers: map[Field]int64{Kind: 0}}
	for query, want := range map[string][]uint64{"before:2 x": {0, 1}, "near:1 kind:gap": {0, 1, 2}, "nowhere": {1}, "kind:gap": {1}} {
		q, err := Parse(query)
		if err != nil {
			t.Fatal(err)
		}
		s := q.Scanner()
		var pass, always Bits
		pass.Set(0)
		pass.Set(2)
		always.Set(1)
		rows := fakeBlock{rows: []fakeRow{frameRow("a", nil), gap, frameRow("x", nil)}}
		if ids := s.PushBlock(nil, 0, &rows, 3, pass, always); !slices.Equal(ids, want) {
			t.Errorf("%s: %v, want %v", query, ids, want)
		}
	}
}

// TestForgottenRowsStayAway: rows that were evicted do not return to the list.
func TestForgottenRowsStayAway(t *testing.T) {
	q, err := Parse("near:9 x")
	if err != nil {
		t.Fatal(err)
	}
	s := q.Scanner()
	ids := s.Push(nil, 10, frameRow("a", nil))
	ids = s.Push(ids, 11, frameRow("b", nil))
	s.Forget(11)
	if ids = s.Push(ids, 12, frameRow("x", nil)); !slices.Equal(ids, []uint64{11, 12}) {
		t.Fatal(ids)
	}
}

// TestAScannerRemembersNoMoreThanItsContext: a million rows leave 1,000 behind.
func TestAScannerRemembersNoMoreThanItsContext(t *testing.T) {
	q, err := Parse("near:1000 x")
	if err != nil {
		t.Fatal(err)
	}
	s := q.Scanner()
	r := frameRow("a", nil)
	for i := range uint64(20_000) {
		s.Push(nil, i, r)
	}
	if len(s.recent) != 1000 || cap(s.recent) > 8192 {
		t.Fatal(len(s.recent), cap(s.recent))
	}
}
