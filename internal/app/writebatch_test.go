// These tests prove that a batch writes the same bytes in the same order, in fewer writes, holds no more than
// its bound, and reports a write that failed.
package app

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
		c := &batchConn{Conn: on}
		var want []byte
		batching, since := false, 0 // writes when the batch began
		for range rapid.IntRange(0, 40).Draw(t, "steps") {
			switch step := rapid.IntRange(0, 9).Draw(t, "step"); {
			case step > 1:
				size := rapid.OneOf(rapid.IntRange(0, 300), rapid.IntRange(maxBatch-300, maxBatch+300)).Draw(t, "size")
				p := bytes.Repeat([]byte{byte(step)}, size)
				if n, err := c.Write(p); n != size || err != nil {
					t.Fatalf("%d bytes: %d, %v", size, n, err)
				}
				want = append(want, p...)
			case batching:
				if err := c.endBatch(); err != nil {
					t.Fatal(err)
				}
				batching = false
			default:
				c.beginBatch()
				batching, since = true, len(on.writes)
			}
			if held := len(want) - len(slices.Concat(on.writes...)); held > maxBatch || !batching && held != 0 {
				t.Fatalf("%d bytes are kept; batching: %t", held, batching)
			}
			if batching && len(want) <= maxBatch && len(on.writes) > since {
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
	c := &batchConn{Conn: on}
	c.beginBatch()
	for range 100 {
		if _, err := c.Write(make([]byte, 130)); err != nil {
			t.Fatal(err)
		}
	}
	if err := c.endBatch(); err != nil || len(on.writes) != 1 || len(on.writes[0]) != 13_000 {
		t.Errorf("%d writes, %v", len(on.writes), err)
	}
}

func TestEndBatchReturnsTheErrorOfAFailedWrite(t *testing.T) {
	broken := errors.New("broken")
	c := &batchConn{Conn: &recorded{broken: broken}}
	c.beginBatch()
	if _, err := c.Write([]byte("x")); err != nil {
		t.Fatal("what is kept cannot have failed yet")
	}
	if err := c.endBatch(); !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
	c.beginBatch()
	if err := c.endBatch(); err != nil {
		t.Errorf("what failed was kept: %v", err)
	}
}

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
		{of(maxBatch+1, 1), 1},
		{of(maxBatch-1, 1, 1), 2},
		{of(1, maxBatch), 1},
	} {
		if got := batchLength(c.batch); got != c.want {
			t.Errorf("%d messages, the first of %d bytes: %d together, want %d", len(c.batch), len(c.batch[0].data), got, c.want)
		}
	}
}
