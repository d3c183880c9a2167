package wire

import "io"

// The sizes of the buffer of an input. A connection that gets a message now and then keeps the smallest.
const (
	leastBuffer = 512
	mostBuffer  = 32 << 10
	calmReads   = 16 // in a row that could do with half of the buffer, after which it is halved
)

// input reads from a connection through a buffer that grows while whole messages fill it and shrinks when they do not any more.
// What is longer than the buffer is read straight to where it belongs.
type input struct {
	r          io.Reader
	buf        []byte
	head, tail int // buf[head:tail] was read
	calm       int
	large      bool // the last message was longer than buf
}

// peek returns the next n bytes, at most leastBuffer, which stay to be read. With an error it returns what there is.
func (in *input) peek(n int) ([]byte, error) {
	for in.tail-in.head < n {
		if err := in.more(); err != nil {
			return in.buf[in.head:in.tail], err
		}
	}
	return in.buf[in.head : in.head+n], nil
}

// skip takes n bytes that were peeked.
func (in *input) skip(n int) { in.head += n }

// fill fills p, and returns how much of it was filled if that is not all.
func (in *input) fill(p []byte) (n int, err error) {
	n = copy(p, in.buf[in.head:in.tail])
	in.head += n
	in.large = len(p) > len(in.buf)
	for n < len(p) && err == nil {
		if len(p)-n >= len(in.buf) {
			var part int
			part, err = in.r.Read(p[n:])
			n += part
			continue
		}
		err = in.more()
		part := copy(p[n:], in.buf[in.head:in.tail])
		n, in.head = n+part, in.head+part
	}
	if n == len(p) {
		return n, nil
	}
	return n, err
}

// more reads once. What is left in the buffer is the begin of a header at most.
func (in *input) more() error {
	in.makeRoom()
	got, err := in.r.Read(in.buf[in.tail:])
	in.tail += got
	switch {
	case in.tail == len(in.buf) && len(in.buf) < mostBuffer && !in.large:
		in.resize(2 * len(in.buf))
	case got <= len(in.buf)/2:
		in.calm++
	default:
		in.calm = 0
	}
	if got > 0 {
		return nil // an error that came with it comes again with the next read
	}
	return err
}

// makeRoom moves what is left to the front, and lets go of a buffer that is larger than what comes.
func (in *input) makeRoom() {
	switch {
	case in.buf == nil:
		in.buf = make([]byte, leastBuffer)
	case in.calm >= calmReads && len(in.buf) > leastBuffer:
		in.resize(len(in.buf) / 2)
	case in.head > 0:
		in.head, in.tail = 0, copy(in.buf, in.buf[in.head:in.tail])
	}
}

// resize gives what was read a buffer of another size.
func (in *input) resize(size int) {
	buf := make([]byte, size)
	in.head, in.tail, in.calm = 0, copy(buf, in.buf[in.head:in.tail]), 0
	in.buf = buf
}
