package wslimit

import (
	"io"
	"sync"
)

// A connection that waits for a message has a buffer of restSize bytes, that of the library's bufio.Reader: a small message takes one system
// call. When one has filled it and is not over, the rest is read into a buffer of aheadSize bytes that is borrowed for it.
const (
	restSize  = 256
	aheadSize = 4 << 10
)

var aheadBuffers = sync.Pool{New: func() any { return new([aheadSize]byte) }}

// ahead reads from a connection, further than it is asked to.
type ahead struct {
	rest []byte           // read and not handed on yet: of the borrowed buffer, or read before the connection was hijacked
	err  error            // how the read of rest ended
	buf  *[aheadSize]byte // borrowed; nil for none
	full bool             // the last read took as much as it had room for
}

// read reads into p. inside says that the client is in the middle of a message.
func (a *ahead) read(from io.Reader, p []byte, inside bool) (n int, err error) {
	if len(a.rest) == 0 && a.err == nil {
		if !inside || !a.full || len(p) >= aheadSize {
			n, err = from.Read(p)
			a.full = n == len(p)
			return n, err
		}
		a.buf = aheadBuffers.Get().(*[aheadSize]byte) // nothing else is put there
		n, a.err = from.Read(a.buf[:])
		a.rest, a.full = a.buf[:n], n == aheadSize
	}
	n = copy(p, a.rest)
	a.rest = a.rest[n:]
	if len(a.rest) > 0 {
		return n, nil
	}
	if a.buf != nil {
		aheadBuffers.Put(a.buf)
	}
	err, a.err, a.buf, a.rest = a.err, nil, nil, nil
	return n, err
}
