package frame

import (
	"encoding/binary"
	"strings"
	"unicode/utf8"
)

// The close codes of RFC 6455 §7.4.1 that have a meaning without a close frame.
const (
	CodeNoStatus uint16 = 1005 // a close frame came without a code
	CodeAbnormal uint16 = 1006 // the connection ended without a close frame
)

// MaxReason is the longest close reason in bytes: a control payload of 125 less the two of the code (RFC 6455 §5.5).
const MaxReason = maxControl - 2

// ParseClose reads the unmasked payload of a close frame (RFC 6455 §5.5.1). A payload without a code gives
// [CodeNoStatus]. The reason is always valid UTF-8: invalid bytes are replaced with U+FFFD and reported as a violation.
func ParseClose(payload []byte) (code uint16, reason string, v Violations) {
	v = checkCloseBody(payload, false)
	if len(payload) < 2 {
		return CodeNoStatus, "", v
	}
	return binary.BigEndian.Uint16(payload), strings.ToValidUTF8(string(payload[2:]), "\uFFFD"), v
}

// checkCloseBody checks the payload of a close frame. In a payload that is cut, a character that the cut divides is not a
// violation. It allocates nothing, unlike ParseClose.
func checkCloseBody(payload []byte, cut bool) (v Violations) {
	switch len(payload) {
	case 0:
		return 0
	case 1:
		return CloseBodyOneByte
	}
	v = checkCloseCode(binary.BigEndian.Uint16(payload))
	reason := payload[2:]
	if cut {
		reason = reason[:len(reason)-cutRune(reason)]
	}
	if !utf8.Valid(reason) {
		v |= ReasonNotUTF8
	}
	return v
}

// AppendClose appends the payload of a close frame to dst. A reason over [MaxReason] bytes is cut before the character
// that does not fit. [CodeNoStatus] gives the empty payload.
func AppendClose(dst []byte, code uint16, reason string) []byte {
	if code == CodeNoStatus {
		return dst
	}
	if len(reason) > MaxReason {
		n := MaxReason
		for n > MaxReason-utf8.UTFMax && !utf8.RuneStart(reason[n]) {
			n--
		}
		reason = reason[:n]
	}
	dst = binary.BigEndian.AppendUint16(dst, code)
	return append(dst, reason...)
}

// checkCloseCode checks the code of a close frame.
func checkCloseCode(code uint16) Violations {
	switch {
	case code == 1004, code == CodeNoStatus, code == CodeAbnormal, code == 1015:
		return CloseCodeForbidden
	case code < 1000, code > 4999, code > 1015 && code < 3000:
		return CloseCodeUnassigned
	}
	return 0
}
