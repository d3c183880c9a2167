// These tests prove that a batch writes the same bytes in the same order, in fewer writes, holds no more than
// its bound, and reports a write that failed.
package apart

import (
	"bytes"
	"errors"
	"net"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// recorded is a connection that remembers what was written to it.
type recorded struct {
	net.Conn
	writes [][]byte
	broken error
}

func (s *recorded) Write(p []byte) (int, error) {
	if s.broken != nil {
		return 0, s.broken
	}
	s.writes = append(s.writes, bytes.Clone(p))
	return len(p), nil
}

func TestABatchWritesTheSameBytesInOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		on := &recorded{}
		c := &Conn{Conn: on}
		var want []byte
		batching, since := false, 0 // writes when the batch began
		for range rapid.IntRange(0, 40).Draw(t, "steps") {
			switch step := rapid.IntRange(0, 9).Draw(t, "step"); {
			case step > 1:
				size := rapid.OneOf(rapid.IntRange(0, 300), rapid.IntRange(MaxBatch-300, MaxBatch+300)).Draw(t, "size")
				p := bytes.Repeat([]byte{byte(step)}, size)
				if n, err := c.Write(p); n != size || err != nil {
					t.Fatalf("%d bytes: %d, %v", size, n, err)
				}
				want = append(want, p...)
			case batching:
				if err := c.EndBatch(); err != nil {
					t.Fatal(err)
				}
				batching = false
			default:
				c.BeginBatch(2, 0)
				batching, since = true, len(on.writes)
			}
			if held := len(want) - len(slices.Concat(on.writes...)); held > MaxBatch || !batching && held != 0 {
				t.Fatalf("%d bytes are kept; batching: %t", held, batching)
			}
			if batching && len(want) <= MaxBatch && len(on.writes) > since {
				t.Fatalf("%d writes for %d bytes", len(on.writes)-since, len(want))
			}
		}
		if got := slices.Concat(on.writes...); !bytes.Equal(got, want[:len(got)]) {
			t.Fatal("other bytes were written")
		}
	})
}

func TestManySmallMessagesLeaveInOneWrite(t *testing.T) {
	on := &recorded{}
	c := &Conn{Conn: on}
	c.BeginBatch(100, 13_000)
	for range 100 {
		if _, err := c.Write(make([]byte, 130)); err != nil {
			t.Fatal(err)
		}
	}
	if err := c.EndBatch(); err != nil || len(on.writes) != 1 || len(on.writes[0]) != 13_000 {
		t.Errorf("%d writes, %v", len(on.writes), err)
	}
}

func TestEndBatchReturnsTheErrorOfAFailedWrite(t *testing.T) {
	broken := errors.New("broken")
	c := &Conn{Conn: &recorded{broken: broken}}
	c.BeginBatch(2, 0)
	if _, err := c.Write([]byte("x")); err != nil {
		t.Fatal("what is kept cannot have failed yet")
	}
	if err := c.EndBatch(); !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
	c.BeginBatch(2, 0)
	if err := c.EndBatch(); err != nil {
		t.Errorf("what failed was kept: %v", err)
	}
}

// TestASmallMessageNeedsNoBatch: it is written at once, and ending the batch writes nothing more.
func TestASmallMessageNeedsNoBatch(t *testing.T) {
	on := &recorded{}
	c := &Conn{Conn: on}
	c.BeginBatch(1, writeBuffer-maxHeader)
	if _, err := c.Write([]byte("x")); err != nil || len(on.writes) != 1 {
		t.Errorf("%d writes, %v", len(on.writes), err)
	}
	if err := c.EndBatch(); err != nil || len(on.writes) != 1 {
		t.Errorf("%d writes, %v", len(on.writes), err)
	}
}
