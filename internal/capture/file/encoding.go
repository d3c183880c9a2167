package file

import (
	"bufio"
	"encoding/binary"
	"errors"
	"io"
	"unicode/utf16"
	"unicode/utf8"
)

// byteOrderMark stands before UTF-8 that some programs write.
const byteOrderMark = "\uFEFF"

// withoutMark returns a reader of what follows a byte order mark, if there is one.
func withoutMark(r io.Reader) *bufio.Reader {
	b := bufio.NewReaderSize(r, 64<<10)
	if start, _ := b.Peek(len(byteOrderMark)); string(start) == byteOrderMark {
		_, _ = b.Discard(len(byteOrderMark)) // it was peeked
	}
	return b
}

// utf16Order returns the byte order of text that begins like JSON in UTF-16, with or without a mark; nil for other text.
func utf16Order(start []byte) binary.ByteOrder {
	if len(start) < 2 {
		return nil
	}
	switch [2]byte(start) {
	case [2]byte{0xFF, 0xFE}, [2]byte{'{', 0}, [2]byte{'[', 0}:
		return binary.LittleEndian
	case [2]byte{0xFE, 0xFF}, [2]byte{0, '{'}, [2]byte{0, '['}:
		return binary.BigEndian
	}
	return nil
}

// utf16Reader turns UTF-16 into UTF-8. A surrogate without its other half becomes U+FFFD, as does half a unit at the end.
type utf16Reader struct {
	r     *bufio.Reader
	order binary.ByteOrder
	out   []byte // not read yet
	back  int32  // a unit behind a lone surrogate, or -1
	err   error
}

func newUTF16Reader(r *bufio.Reader, order binary.ByteOrder) *utf16Reader {
	return &utf16Reader{r: r, order: order, back: -1}
}

// Read reads UTF-8.
func (u *utf16Reader) Read(p []byte) (int, error) {
	for len(u.out) < len(p) && u.err == nil {
		u.char()
	}
	n := copy(p, u.out)
	u.out = u.out[:copy(u.out, u.out[n:])]
	if n == 0 {
		return 0, u.err
	}
	return n, nil
}

// char reads the next character, or the error.
func (u *utf16Reader) char() {
	unit := u.unit()
	if u.err != nil {
		return
	}
	if !utf16.IsSurrogate(unit) {
		u.out = utf8.AppendRune(u.out, unit)
		return
	}
	second := u.unit()
	both := utf16.DecodeRune(unit, second)
	u.out = utf8.AppendRune(u.out, both)
	if both == utf8.RuneError && u.err == nil {
		u.back = second
	}
}

func (u *utf16Reader) unit() rune {
	if back := u.back; back >= 0 {
		u.back = -1
		return back
	}
	var b [2]byte
	if _, err := io.ReadFull(u.r, b[:]); err != nil {
		if u.err = err; errors.Is(err, io.ErrUnexpectedEOF) {
			u.out, u.err = utf8.AppendRune(u.out, utf8.RuneError), io.EOF
		}
		return utf8.RuneError
	}
	return rune(u.order.Uint16(b[:]))
}
