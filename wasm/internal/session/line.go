package session

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
)

// Checked names version 2 of the protocol in the opening handshake: version 1 whose frames have checksums, so that what is
// altered, lost, repeated or moved on the way is noticed. See [Line].
const Checked = "tetherscope.resume.v2"

// ErrDamaged is a frame that is not the next one as it was sent. It is the fault of neither end: the connection is of no more
// use, and the session goes on over another one.
var ErrDamaged = errors.New("resume: a message was altered, lost or moved on the way")

// checkSize is how many bytes of a frame are its checksum, in hexadecimal: a text stays a text.
const checkSize = 8

const digits = "0123456789abcdef"

// Line checks the frames of one connection, in both directions: each begins with the CRC-32C of its number on the connection,
// of whether it is text, and of its bytes. The number itself is not sent. Sending and receiving may be different goroutines.
// The zero value is of version 1 and checks nothing.
type Line struct {
	Checked        bool
	sent, received uint64
}

// Begin makes room for the checksum at the end of dst: the frame is appended to what it returns, and then goes through Seal.
func (l *Line) Begin(dst []byte) []byte {
	if !l.Checked {
		return dst
	}
	return append(dst, "00000000"...)
}

// Seal writes the checksum of a frame that is sent next into the room that Begin made at its start.
func (l *Line) Seal(text bool, frame []byte) {
	if !l.Checked {
		return
	}
	sum := checksum(l.sent, text, frame[checkSize:])
	l.sent++
	for i := range checkSize {
		frame[i] = digits[sum>>(28-4*i)&15]
	}
}

// Open returns a frame without its checksum, or [ErrDamaged]. It is nil, without an error, for one that came once more just
// after itself.
func (l *Line) Open(text bool, p []byte) (frame []byte, err error) {
	if !l.Checked {
		return p, nil
	}
	if len(p) < checkSize {
		return nil, ErrDamaged
	}
	said, ok := readSum(p[:checkSize])
	switch frame = p[checkSize:]; {
	case !ok:
		return nil, ErrDamaged
	case said == checksum(l.received, text, frame):
		l.received++
		return frame, nil
	case l.received > 0 && said == checksum(l.received-1, text, frame):
		return nil, nil
	}
	return nil, ErrDamaged
}

func readSum(p []byte) (sum uint32, ok bool) {
	for _, c := range p {
		switch {
		case c >= '0' && c <= '9':
			c -= '0'
		case c >= 'a' && c <= 'f':
			c -= 'a' - 10
		default:
			return 0, false
		}
		sum = sum<<4 | uint32(c)
	}
	return sum, true
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func checksum(number uint64, text bool, frame []byte) uint32 {
	var head [9]byte
	binary.LittleEndian.PutUint64(head[:], number)
	if text {
		head[8] = 1
	}
	return crc32.Update(crc32.Update(0, castagnoli, head[:]), castagnoli, frame)
}
