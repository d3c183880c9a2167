package file

import (
	"slices"
	"testing"

	"github.com/tetherscope/tetherscope/internal/capture/record"
)

// TestSeries: the files of one recording keep their numbers, another file follows with connections of its own.
func TestSeries(t *testing.T) {
	type numbers struct {
		seq  uint64
		conn uint32
	}
	var s Series
	var got []numbers
	for _, list := range [][]numbers{{{1, 1}, {2, 2}}, {{5, 2}, {6, 3}}, {{1, 1}, {2, 1}}, {{1, 0}, {9, 2}}, {}} {
		s.Begin()
		for _, n := range list {
			r := record.Record{Seq: n.seq, Conn: n.conn}
			s.Number(&r)
			got = append(got, numbers{r.Seq, r.Conn})
		}
	}
	want := []numbers{{1, 1}, {2, 2}, {5, 2}, {6, 3}, {7, 4}, {8, 4}, {9, 0}, {17, 6}}
	if !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

// TestCompareNames: as people count, HAR files first.
func TestCompareNames(t *testing.T) {
	want := []string{"z.har", "today.tscap", "today-2.tscap", "today-010.tscap", "today-11.tscap", "tomorrow.tscap"}
	got := slices.Clone(want)
	slices.Reverse(got)
	if slices.SortFunc(got, CompareNames); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
