// These tests prove that the buffers of a connection follow what passes through it.
package wire

import (
	"bytes"
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

// readAll reads n messages of r.
func readAll(t *testing.T, r *Reader, n int) {
	t.Helper()
	for range n {
		if _, _, err := r.Next(); err != nil {
			t.Fatal(err)
		}
	}
}

// TestTheReadBufferFollowsWhatArrives: it grows while small messages fill it, not for large ones, and shrinks when few arrive.
func TestTheReadBufferFollowsWhatArrives(t *testing.T) {
	small, large := raw(binaryF, strings.Repeat("x", 100)), raw(binaryF, strings.Repeat("x", 100_000))
	r := NewReader(strings.NewReader(strings.Repeat(large, 20)), 1<<20)
	if readAll(t, r, 20); len(r.in.buf) > 2*leastBuffer {
		t.Errorf("large messages made a buffer of %d bytes", len(r.in.buf))
	}
	r.in.r = strings.NewReader(strings.Repeat(small, 5000))
	if readAll(t, r, 5000); len(r.in.buf) != mostBuffer {
		t.Errorf("a stream of small messages made a buffer of %d bytes", len(r.in.buf))
	}
	r.in.r = &oneMessage{small: small}
	if readAll(t, r, 20*calmReads); len(r.in.buf) != leastBuffer {
		t.Errorf("few messages left a buffer of %d bytes", len(r.in.buf))
	}
}

// oneMessage returns a message with each read.
type oneMessage struct{ small string }

func (o *oneMessage) Read(p []byte) (int, error) { return copy(p, o.small), nil }

// TestMessagesOfEverySizeArriveAsSent: whatever the buffer holds when a message begins, for reads of every kind.
func TestMessagesOfEverySizeArriveAsSent(t *testing.T) {
	var stream strings.Builder
	var want []string
	for _, n := range []int{0, 1, 125, 126, leastBuffer - 2, leastBuffer, leastBuffer + 1, 5000, mostBuffer, 70_000, 3, 3, 3, 2000, 40_000} {
		p := strings.Repeat(string(rune('a'+n%26)), n)
		want = append(want, p)
		stream.WriteString(raw(binaryF, p))
		stream.WriteString(raw(ping, "p"))
	}
	for name, from := range map[string]io.Reader{
		"whole": strings.NewReader(stream.String()), "bytes": iotest.OneByteReader(strings.NewReader(stream.String())),
		"halves": iotest.HalfReader(strings.NewReader(stream.String())),
	} {
		r := NewReader(from, 1<<20)
		r.Control = func(bool, []byte) {}
		for i, p := range want {
			if _, got, err := r.Next(); err != nil || string(got) != p {
				t.Fatalf("%s: message %d has %d bytes, want %d; %v", name, i, len(got), len(p), err)
			}
		}
		if _, _, err := r.Next(); err != io.EOF { //nolint:errorlint // as it is
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestRoomsAreUsedAgain: the memory of a message serves the next of its size, and holds what that is, not what it was.
func TestRoomsAreUsedAgain(t *testing.T) {
	for _, n := range []int{0, 1, 511, 512, 513, 64 << 10, 1 << 20, 1<<20 + 1} {
		p := bytes.Repeat([]byte{7}, n)
		r := NewRoom(p)
		if r.Len() != n || !bytes.Equal(r.Bytes()[Headroom:], p) {
			t.Fatalf("a room of %d bytes for %d", r.Len(), n)
		}
		r.Free()
	}
	p := make([]byte, 64<<10)
	if raceEnabled {
		t.Skip("the race detector lets pools forget")
	}
	if got := testing.AllocsPerRun(100, func() { NewRoom(p).Free() }); got >= 1 {
		t.Errorf("%v allocations for a message", got)
	}
}

// TestAnIdleWriterHoldsNothing: what frames are collected in goes back when they have left.
func TestAnIdleWriterHoldsNothing(t *testing.T) {
	var sent bytes.Buffer
	w := NewWriter(&sent, 1<<16)
	if err := w.Message(false, NewRoom([]byte("abc")).Bytes()); err != nil || w.buf == nil {
		t.Fatal("nothing is collected", err)
	}
	if err := w.Flush(); err != nil || w.buf != nil || sent.Len() != 9 {
		t.Errorf("%d bytes left, %v, and %d are kept", sent.Len(), err, cap(w.buf))
	}
}
