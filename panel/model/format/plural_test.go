package format_test

import (
	"testing"

	"github.com/tetherscope/tetherscope/panel/model/format"
)

// TestBytes: one byte is singular, and a size with a binary unit is not followed by another one.
func TestBytes(t *testing.T) {
	for n, want := range map[uint64]string{0: "0 bytes", 1: "1 byte", 9_999: "9,999 bytes", 10_000: "9.77 KiB", 5 << 20: "5.00 MiB"} {
		if got := format.Bytes(n); got != want {
			t.Errorf("%d: got %q, want %q", n, got, want)
		}
	}
}

// TestPlural: one is singular, in every noun that takes an s.
func TestPlural(t *testing.T) {
	for n, want := range map[uint64]string{0: "0 frames", 1: "1 frame", 2: "2 frames", 1_234: "1,234 frames"} {
		if got := format.Plural(n, "frame"); got != want {
			t.Errorf("%d: got %q, want %q", n, got, want)
		}
	}
}
