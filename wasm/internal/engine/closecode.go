package engine

import "unicode/utf8"

// Code is a WebSocket close code (RFC 6455 §7.4).
type Code uint16

// The close codes that the machine knows.
const (
	NormalClosure   Code = 1000
	GoingAway       Code = 1001
	NoStatus        Code = 1005
	AbnormalClosure Code = 1006
	PolicyViolation Code = 1008
	MessageTooBig   Code = 1009
	BadGateway      Code = 1014
)

// MaxReason is how many bytes of UTF-8 a close frame has room for beside the code (RFC 6455 §5.5).
const MaxReason = 123

// LegalCode returns the code to send when c was asked for. 0 and 1005 become 1005: a close frame without a code. What
// no endpoint may put on the wire becomes 1000. What only a browser refuses becomes 1000 if it means a friendly end (1001) and c+3900 (4902–4914) otherwise, so that
// a server can still see the difference.
func LegalCode(c Code, inBrowser bool) Code {
	switch {
	case c == 0, c == NoStatus:
		return NoStatus
	case c == NormalClosure, c >= 3000 && c <= 4999:
		return c
	case c < NormalClosure, c > BadGateway, c == 1004, c == AbnormalClosure:
		return NormalClosure
	case !inBrowser:
		return c
	case c == GoingAway:
		return NormalClosure
	default:
		return c + 3900
	}
}

// LegalReason cuts s to what a close frame can carry, on the boundary of a rune; bytes that are not UTF-8 are replaced.
func LegalReason(s string) string {
	if len(s) <= MaxReason && utf8.ValidString(s) {
		return s
	}
	out := make([]byte, 0, MaxReason)
	for _, r := range s {
		if len(out)+utf8.RuneLen(r) > MaxReason {
			break
		}
		out = utf8.AppendRune(out, r)
	}
	return string(out)
}
