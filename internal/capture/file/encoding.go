package file

import (
	"bufio"
	"bytes"
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

// skipComments passes over the comments that JSON begins with, which some programs write: lines that begin with // or #, and /* … */. It looks at
// what is buffered, so a comment ends there at the latest.
func skipComments(b *bufio.Reader) {
	for {
		start, _ := b.Peek(b.Buffered())
		text := bytes.TrimLeft(start, " \r\n\t")
		end := -1
		switch {
		case bytes.HasPrefix(text, []byte("//")), bytes.HasPrefix(text, []byte("#")):
			end = bytes.IndexByte(text, '\n')
		case bytes.HasPrefix(text, []byte("/*")):
			if end = bytes.Index(text, []byte("*/")); end >= 0 {
				end++
			}
		}
		if end < 0 {
			return
		}
		_, _ = b.Discard(len(start) - len(text) + end + 1) // it was peeked
		_, _ = b.Peek(1)                                   // what follows may not be buffered
	}
}

// utf32Order returns the byte order of text that begins like JSON in UTF-32, with or without a mark; nil for other text.
func utf32Order(start []byte) binary.ByteOrder {
	if len(start) < 4 {
		return nil
	}
	switch [4]byte(start) {
	case [4]byte{0xFF, 0xFE}, [4]byte{'{'}, [4]byte{'['}:
		return binary.LittleEndian
	case [4]byte{2: 0xFE, 3: 0xFF}, [4]byte{3: '{'}, [4]byte{3: '['}:
		return binary.BigEndian
	}
	return nil
}

// utf32Reader turns UTF-32 into UTF-8. What is no character becomes U+FFFD, as does what is left of one at the end.
type utf32Reader struct {
	r     *bufio.Reader
	order binary.ByteOrder
	out   []byte // not read yet
	err   error
}

// Read reads UTF-8.
func (u *utf32Reader) Read(p []byte) (int, error) {
	for len(u.out) < len(p) && u.err == nil {
		var b [4]byte
		_, err := io.ReadFull(u.r, b[:])
		switch {
		case errors.Is(err, io.ErrUnexpectedEOF):
			u.out, u.err = utf8.AppendRune(u.out, utf8.RuneError), io.EOF
		case err != nil:
			u.err = err
		default:
			u.out = utf8.AppendRune(u.out, rune(min(u.order.Uint32(b[:]), utf8.MaxRune+1)))
		}
	}
	n := copy(p, u.out)
	u.out = u.out[:copy(u.out, u.out[n:])]
	if n == 0 {
		return 0, u.err
	}
	return n, nil
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
