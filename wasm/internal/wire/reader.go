package wire

import (
	"encoding/binary"
	"io"
	"unicode/utf8"
)

const (
	trustedSize  = 1 << 20 // what is allocated because a header says so; beyond, memory grows with what arrives
	maxRedundant = 1024    // by how much a compressed message may be larger than what is in it, beside a part of 1/256
)

// Reader reads what a server sends. One goroutine uses it at a time.
type Reader struct {
	// Control gets the payload of each ping and pong, valid during the call. It must not block.
	Control func(pong bool, payload []byte)

	in      input
	limit   int
	inflate *inflater // nil: no extension
}

// NewReader reads messages of at most limit bytes from r.
func NewReader(r io.Reader, limit int) *Reader {
	return &Reader{in: input{r: r}, limit: limit}
}

// header is the header of a frame.
type header struct {
	fin, compressed bool
	op              byte
	length          int
}

// Next returns the next message, which the caller owns. Its errors are a [Close], a [Violation], [ErrTooBig], and what
// the connection failed with; after the first nothing more can be read.
func (r *Reader) Next() (text bool, p []byte, err error) {
	var first header
	for begun := false; ; {
		h, err := r.header()
		if err != nil {
			return false, nil, err
		}
		if h.op >= opClose {
			if err := r.control(h); err != nil {
				return false, nil, err
			}
			continue
		}
		if err := r.follows(h, begun); err != nil {
			return false, nil, err
		}
		if !begun {
			first, begun = h, true
		}
		if p, err = r.payload(p, h, first.compressed); err != nil {
			return false, nil, err
		}
		if h.fin {
			return r.whole(first, p)
		}
	}
}

// header reads and checks a frame header (RFC 6455 §5.2).
func (r *Reader) header() (h header, err error) {
	b, err := r.in.peek(2)
	if err != nil {
		return h, cut(err, len(b))
	}
	first, second := b[0], b[1]
	h.fin, h.compressed, h.op = first&finBit != 0, first&rsv1Bit != 0, first&15
	size, length := 2, uint64(second&^maskBit)
	if length >= 126 {
		size += 2 + int(length-126)*6
		if b, err = r.in.peek(size); err != nil {
			return h, cut(err, len(b))
		}
		if length = uint64(binary.BigEndian.Uint16(b[2:])); size > 4 {
			length = binary.BigEndian.Uint64(b[2:])
		}
	}
	if problem := h.problem(first, second, length, size, r.inflate != nil); problem != "" {
		return h, violation(problem)
	}
	if length > uint64(r.limit+r.limit/256+maxRedundant) {
		return h, ErrTooBig
	}
	h.length = int(length)
	r.in.skip(size)
	return h, nil
}

// problem says what is wrong with a header.
func (h header) problem(first, second byte, length uint64, size int, compressing bool) string {
	switch {
	case first&0x30 != 0 || h.compressed && (!compressing || h.op != opText && h.op != opBinary):
		return "a reserved bit is set (RFC 6455 §5.2)"
	case h.op > opBinary && h.op < opClose || h.op > opPong:
		return "a reserved opcode (RFC 6455 §5.2)"
	case second&maskBit != 0:
		return "a masked frame (RFC 6455 §5.1)"
	case h.op >= opClose && (!h.fin || length > maxControl):
		return "a control frame that is fragmented or over 125 bytes (RFC 6455 §5.5)"
	case length>>63 != 0:
		return "a length with its top bit set (RFC 6455 §5.2)"
	case size == 4 && length < 126 || size == 10 && length < 1<<16:
		return "a length that is not minimally encoded (RFC 6455 §5.2)"
	}
	return ""
}

// follows checks that a data frame may come here (RFC 6455 §5.4).
func (r *Reader) follows(h header, begun bool) error {
	switch {
	case begun && h.op != opContinuation:
		return violation("a new message inside a fragmented one (RFC 6455 §5.4)")
	case !begun && h.op == opContinuation:
		return violation("a continuation of nothing (RFC 6455 §5.4)")
	}
	return nil
}

// payload appends the payload of a frame to p.
func (r *Reader) payload(p []byte, h header, compressed bool) ([]byte, error) {
	limit := r.limit
	if compressed {
		limit += limit/256 + maxRedundant
	}
	have := len(p)
	if have+h.length > limit {
		return nil, ErrTooBig
	}
	for left := h.length; left > 0; {
		part := min(left, max(trustedSize, len(p)))
		p = grow(p, part)
		n, err := r.in.fill(p[len(p)-part:])
		if err != nil {
			return nil, cut(err, n+1)
		}
		left -= part
	}
	if p == nil {
		p = []byte{}
	}
	return p, nil
}

// grow returns p with n more bytes. The first part of a message gets exactly the memory that it needs.
func grow(p []byte, n int) []byte {
	if cap(p)-len(p) >= n {
		return p[:len(p)+n]
	}
	if len(p) == 0 {
		return make([]byte, n)
	}
	return append(p, make([]byte, n)...)
}

// cut says that a connection that ended inside of a frame ended early.
func cut(err error, have int) error {
	if err == io.EOF && have > 0 { //nolint:errorlint // of input, which does not wrap it
		return io.ErrUnexpectedEOF
	}
	return err
}

// whole finishes a message.
func (r *Reader) whole(first header, p []byte) (text bool, out []byte, err error) {
	if first.compressed {
		if p, err = r.inflate.message(p, r.limit); err != nil {
			return false, nil, err
		}
	}
	text = first.op == opText
	if text && !utf8.Valid(p) {
		return false, nil, invalid("text that is not UTF-8 (RFC 6455 §8.1)")
	}
	return text, p, nil
}

// control reads a control frame.
func (r *Reader) control(h header) error {
	p, err := r.in.peek(h.length)
	if err != nil {
		return cut(err, len(p)+1)
	}
	r.in.skip(h.length)
	if h.op != opClose {
		r.Control(h.op == opPong, p)
		return nil
	}
	return closeFrame(p)
}

// closeFrame reads the payload of a close frame (RFC 6455 §5.5.1).
func closeFrame(p []byte) error {
	if len(p) == 0 {
		return &Close{Code: noStatus}
	}
	if len(p) == 1 {
		return violation("a close frame with half a code (RFC 6455 §5.5.1)")
	}
	code := int(binary.BigEndian.Uint16(p))
	if code < 1000 || code >= 1004 && code <= 1006 || code > 1014 && code < 3000 || code > 4999 {
		return violation("a close code that must not be sent (RFC 6455 §7.4)")
	}
	if !utf8.Valid(p[2:]) {
		return invalid("a close reason that is not UTF-8 (RFC 6455 §5.5.1)")
	}
	return &Close{code, string(p[2:])}
}
