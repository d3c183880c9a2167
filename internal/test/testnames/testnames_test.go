package testnames_test

import (
	"maps"
	"slices"
	"testing"

	"github.com/tetherscope/tetherscope/internal/test/testnames"
)

func TestTestsAreFoundByName(t *testing.T) {
	got := slices.Sorted(maps.Keys(testnames.In(t, ".")))
	if want := []string{"TestTestsAreFoundByName"}; !slices.Equal(got, want) {
		t.Errorf("found %q, want %q", got, want)
	}
}
