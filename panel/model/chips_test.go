package model

import (
	"testing"

	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/panel/model/rows"
)

// TestPressesOfAChip proves that the first press of a chip shows only its rows, the second hides them, the third shows all again, and
// that a press of another one adds to what is shown.
func TestPressesOfAChip(t *testing.T) {
	const all = uint16(1<<rows.NumTypes - 1)
	var f rows.Filter
	for i, want := range []uint16{all &^ 2, 2, 0, all &^ 2} {
		if f = f.Press(1); f.HideTypes != want {
			t.Errorf("press %d hides %b, want %b", i+1, f.HideTypes, want)
		}
	}
	if f = f.Press(2); f.HideTypes != all&^6 {
		t.Errorf("another chip: %b", f.HideTypes)
	}
	for i, want := range [][2]bool{{false, true}, {true, false}, {false, false}} {
		if f = f.PressDir(record.Out); f.HideDir != want {
			t.Errorf("press %d hides %v, want %v", i+1, f.HideDir, want)
		}
	}
}

// TestNarrowingReplaces proves that "only like this" takes the place of "hide like this" and the other way round, alone and behind
// another filter.
func TestNarrowingReplaces(t *testing.T) {
	for _, before := range []string{"", "price", "(a or b) op:text"} {
		only, hide := narrow(before, "op:ping", false), narrow(before, "op:ping", true)
		for _, c := range [][2]string{{narrow(hide, "op:ping", false), only}, {narrow(only, "op:ping", true), hide}, {narrow(only, "op:ping", false), only}, {narrow(hide, "op:ping", true), hide}} {
			if c[0] != c[1] {
				t.Errorf("behind %q: %q, want %q", before, c[0], c[1])
			}
		}
	}
}
