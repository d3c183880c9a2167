// Package codectest is what the tests of all codecs have in common. It never decides what a format may hold.
package codectest

import (
	"errors"
	"runtime"
	"strings"
	"testing"

	"github.com/tetherscope/tetherscope/wasm/codec"
)

// Over encodes v after a prefix, which must stay as it is, decodes the message, and returns both.
func Over[In, Out any](t testing.TB, c codec.Codec[In, Out], v Out) (back In, message []byte) {
	t.Helper()
	b, kind, err := c.Append([]byte("prefix"), v)
	if err != nil {
		t.Fatal(err)
	}
	if string(b[:6]) != "prefix" {
		t.Fatalf("the prefix became %q", b[:6])
	}
	if err := c.Decode(b[6:], kind, &back); err != nil {
		t.Fatalf("%q: %v", b[6:], err)
	}
	return back, b[6:]
}

// Refuses returns a function that fails the test unless c refuses a message with a [codec.Error] whose Offset is at, which
// is, for errors.Is, reason unless that is nil, and whose Path contains path.
func Refuses[In, Out any](t *testing.T, c codec.Codec[In, Out], kind codec.MessageType) func(name, message string, at int, reason error, path string) {
	return func(name, message string, at int, reason error, path string) {
		t.Helper()
		var v In
		err := c.Decode([]byte(message), kind, &v)
		e, ok := errors.AsType[*codec.Error](err)
		if !ok || e.Offset != at || reason != nil && !errors.Is(err, reason) || !strings.Contains(e.Path, path) || e.Type == "" {
			t.Errorf("%s: %v, want byte %d, path %q, %v", name, err, at, path, reason)
		}
	}
}

// slack is what decoding may allocate whatever the message: errors, and what other goroutines do meanwhile.
const slack = 1 << 20

// Bounded decodes b and fails if that allocates more than times its size. A panic fails the test by itself.
func Bounded[In, Out any](t *testing.T, c codec.Codec[In, Out], b []byte, kind codec.MessageType, times int) (v In, err error) {
	t.Helper()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	err = c.Decode(b, kind, &v)
	runtime.ReadMemStats(&after)
	if got := after.TotalAlloc - before.TotalAlloc; got > slack+uint64(len(b)*times) {
		t.Fatalf("%d bytes of message took %d bytes of memory", len(b), got)
	}
	return v, err
}
