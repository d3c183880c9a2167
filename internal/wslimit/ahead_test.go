package wslimit

import (
	"bytes"
	"errors"
	"io"
	"net"
	"testing"

	"pgregory.net/rapid"

	"github.com/tetherscope/tetherscope/internal/frame"
)

// pieces is a connection that gives its bytes in pieces, the last one together with an error.
type pieces struct {
	net.Conn
	list [][]byte
	last error
}

func (c *pieces) Read(p []byte) (int, error) {
	if len(c.list) == 0 {
		return 0, c.last
	}
	n := copy(p, c.list[0])
	if c.list[0] = c.list[0][n:]; len(c.list[0]) > 0 {
		return n, nil
	}
	if c.list = c.list[1:]; len(c.list) == 0 {
		return n, c.last
	}
	return n, nil
}

// TestReadingAheadChangesNoByte: messages of all sizes, in all pieces, read into buffers of all sizes, come whole and in order, then the error.
// Between two messages nothing is borrowed.
func TestReadingAheadChangesNoByte(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var want []byte
		ends := map[int]bool{} // offsets behind messages
		for range rapid.IntRange(1, 12).Draw(t, "messages") {
			size := rapid.OneOf(rapid.IntRange(0, 600), rapid.IntRange(0, 3*aheadSize), rapid.Just(restSize-8)).Draw(t, "size")
			want = append(want, f(true, 0, frame.Binary, string(bytes.Repeat([]byte("ab"), size)[:size]))...)
			ends[len(want)] = true
		}
		from := &pieces{last: io.ErrUnexpectedEOF}
		for rest := want; len(rest) > 0; {
			n := min(len(rest), rapid.OneOf(rapid.IntRange(1, 300), rapid.IntRange(1, 4*aheadSize)).Draw(t, "piece"))
			from.list, rest = append(from.list, rest[:n]), rest[n:]
		}
		c := &conn{Conn: from, check: checker{limits: Limits{Message: 1 << 20, Frames: 1000}, state: frame.State{FromClient: true}}}
		var got []byte
		for {
			p := make([]byte, rapid.OneOf(rapid.Just(restSize), rapid.IntRange(1, 2*aheadSize)).Draw(t, "room"))
			n, err := c.Read(p)
			got = append(got, p[:n]...)
			if len(c.ahead.rest) == 0 && c.ahead.buf != nil {
				t.Fatal("a buffer is borrowed for nothing")
			}
			if ends[len(got)] && c.check.inside() {
				t.Fatal("inside of a message behind its end")
			}
			if err != nil {
				if !errors.Is(err, io.ErrUnexpectedEOF) {
					t.Fatal(err)
				}
				break
			}
		}
		if !bytes.Equal(got, want) {
			t.Fatalf("%d bytes came, want %d", len(got), len(want))
		}
	})
}

// counted is a connection that counts its reads and how much room they have.
type counted struct {
	net.Conn
	reads, most int
}

func (c *counted) Read(p []byte) (int, error) {
	c.reads++
	c.most = max(c.most, len(p))
	for i := range p {
		p[i] = 0
	}
	return len(p), nil
}

// TestWhoWaitsForAMessageBorrowsNothing: only the rest of a message is read into a borrowed buffer.
func TestWhoWaitsForAMessageBorrowsNothing(t *testing.T) {
	var a ahead
	from, p := &counted{}, make([]byte, restSize)
	for _, inside := range []bool{false, false} { // reads that are full, at the end of a message
		if _, err := a.read(from, p, inside); err != nil || from.most != restSize || a.buf != nil {
			t.Fatalf("room for %d bytes, %v", from.most, err)
		}
	}
	if _, err := a.read(from, p, true); err != nil || from.most != aheadSize || a.buf == nil {
		t.Fatalf("inside of a message: room for %d bytes, %v", from.most, err)
	}
	for range aheadSize/restSize - 1 {
		if _, err := a.read(from, p, true); err != nil {
			t.Fatal(err)
		}
	}
	if from.reads != 3 || a.buf != nil {
		t.Errorf("%d reads; given back: %t", from.reads, a.buf == nil)
	}
}
