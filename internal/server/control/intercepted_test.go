package control

import (
	"testing"

	"github.com/tetherscope/tetherscope/internal/tap"
)

// TestTheListOfInterceptedFramesIsBounded proves that large intercepted frames make no large answer, that the answer says how many are not in it,
// and that one frame is listed however large it is.
func TestTheListOfInterceptedFramesIsBounded(t *testing.T) {
	frames := func(n, size int) (all []tap.Intercepted) {
		for i := range n {
			all = append(all, tap.Intercepted{ID: uint64(i + 1), Bytes: make([]byte, size)})
		}
		return all
	}
	for _, c := range []struct{ n, size, listed, more int }{
		{0, 0, 0, 0}, {3, 10, 3, 0}, {6, 3 << 20, 2, 4}, {2, 20 << 20, 1, 1}, {8, 1 << 20, 8, 0}, {9, 1 << 20, 8, 1},
	} {
		if got := listed(frames(c.n, c.size), nil); len(got.Frames) != c.listed || got.More != c.more {
			t.Errorf("%d frames of %d bytes: %d listed, %d more", c.n, c.size, len(got.Frames), got.More)
		}
	}
}
