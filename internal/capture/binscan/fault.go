package binscan

import "strconv"

// Fault says where bytes stop being of their format, and why.
type Fault struct {
	At     int // position; the length of the payload when more was expected
	format Format
	reason reason
	n      uint64
}

type reason uint8

const (
	noItem reason = iota
	shortHead
	wrongByte // n is the byte
	shortData // n is its length
	shortExtension
	shortPiece
	wrongPiece
	noBreak
)

// Error returns the reason without the position.
func (f *Fault) Error() string {
	what := "MessagePack value"
	if f.format == CBOR {
		what = "CBOR item"
	}
	switch f.reason {
	case noItem:
		return "the data ends where a " + what + " is expected"
	case shortHead:
		return "the data ends inside a " + what
	case shortData:
		if f.format == CBOR {
			what = "CBOR string"
		}
		return "the data ends inside a " + what + " of " + strconv.FormatUint(f.n, 10) + " bytes"
	case shortExtension:
		return "the data ends inside a MessagePack extension"
	case shortPiece:
		return "the data ends inside a piece of a CBOR string"
	case wrongPiece:
		return "a piece of a CBOR string is of another kind"
	case noBreak:
		return "the end of a CBOR string in pieces is missing"
	case wrongByte:
		const digits = "0123456789ABCDEF"
		return "byte " + string([]byte{digits[f.n>>4&15], digits[f.n&15]}) + " starts no " + what
	}
	return "no " + what
}

func (r *reader) fault(at int, why reason, n uint64) error { return &Fault{at, r.format, why, n} }
