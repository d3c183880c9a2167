package pipe

import (
	"context"
	"io"
)

// bufferSize is how many bytes one read of the input takes at most.
const bufferSize = 64 << 10

// Reader reads an input until its end or that of a context, after which Read returns io.EOF. It is for one goroutine. A read of
// the input that is under way when the context ends goes on behind it, in a goroutine that ends with it.
type Reader struct {
	ctx    context.Context
	input  io.Reader
	before func()
	got    chan result
	left   []byte
	err    error
	buf    []byte
}

type result struct {
	n   int
	err error
}

// NewReader returns a reader of input. before, unless nil, is called before each read of the input, which may wait.
func NewReader(ctx context.Context, input io.Reader, before func()) *Reader {
	return &Reader{ctx: ctx, input: input, before: before, got: make(chan result, 1), buf: make([]byte, bufferSize)}
}

// Read returns what has come, and waits when that is nothing.
func (r *Reader) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	for len(r.left) == 0 {
		if r.err != nil {
			return 0, r.err
		}
		r.wait()
	}
	n := copy(p, r.left)
	r.left = r.left[n:]
	return n, nil
}

// wait waits for one read of the input, or the end of the context, behind which the buffer is not touched any more.
func (r *Reader) wait() {
	if r.before != nil {
		r.before()
	}
	if r.ctx.Err() != nil {
		r.err = io.EOF
		return
	}
	go func() {
		n, err := r.input.Read(r.buf)
		r.got <- result{n, err}
	}()
	select {
	case one := <-r.got:
		r.left, r.err = r.buf[:one.n], one.err
	case <-r.ctx.Done():
		r.err = io.EOF
	}
}
