package app

import (
	"testing"

	"github.com/tetherscope/tetherscope/internal/apart"
)

// TestMessagesAreTakenTogetherUpToOneWrite: as many as fit, and at least one.
func TestMessagesAreTakenTogetherUpToOneWrite(t *testing.T) {
	of := func(sizes ...int) (batch []outgoing) {
		for _, n := range sizes {
			batch = append(batch, outgoing{data: make([]byte, n)})
		}
		return batch
	}
	for _, c := range []struct {
		batch []outgoing
		want  int
	}{
		{of(10), 1},
		{of(10, 20, 30), 3},
		{of(apart.MaxBatch+1, 1), 1},
		{of(apart.MaxBatch-1, 1, 1), 2},
		{of(1, apart.MaxBatch), 1},
	} {
		if got := batchLength(c.batch); got != c.want {
			t.Errorf("%d messages, the first of %d bytes: %d together, want %d", len(c.batch), len(c.batch[0].data), got, c.want)
		}
	}
}
