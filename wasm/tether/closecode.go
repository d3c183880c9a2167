package tether

import (
	"runtime"
	"strconv"
	"unicode/utf8"
)

// Code is a WebSocket close code (RFC 6455 §7.4).
type Code uint16

// The close codes that RFC 6455 §7.4.1 and the IANA registry name.
const (
	NormalClosure   Code = 1000
	GoingAway       Code = 1001
	ProtocolError   Code = 1002
	UnsupportedData Code = 1003
	NoStatus        Code = 1005 // never on the wire: the close frame had no code
	AbnormalClosure Code = 1006 // never on the wire: there was no close frame
	InvalidPayload  Code = 1007
	PolicyViolation Code = 1008
	MessageTooBig   Code = 1009
	MissingExtent   Code = 1010
	InternalError   Code = 1011
	ServiceRestart  Code = 1012
	TryAgainLater   Code = 1013
	BadGateway      Code = 1014
	Unauthorized    Code = 3000
	Forbidden       Code = 3003
)

// maxReason is how many bytes of UTF-8 a close frame has room for beside the code (RFC 6455 §5.5).
const maxReason = 123

// browser tells whether the platform's WebSocket is a browser's, whose close() takes 1000 and 3000–4999 only.
const browser = runtime.GOOS == "js"

// legalCode returns the code to send when c was asked for. 0 and 1005 become 1005: a close frame without a code. What
// no endpoint may put on the wire becomes 1000. What only a browser refuses becomes 1000 if it means a friendly end (1001) and c+3900 (4902–4914) otherwise, so that
// a server can still tell.
func legalCode(c Code, inBrowser bool) Code {
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

// legalReason cuts s to what a close frame can carry, on the boundary of a rune; bytes that are not UTF-8 are replaced.
func legalReason(s string) string {
	if len(s) <= maxReason && utf8.ValidString(s) {
		return s
	}
	out := make([]byte, 0, maxReason)
	for _, r := range s {
		if len(out)+utf8.RuneLen(r) > maxReason {
			break
		}
		out = utf8.AppendRune(out, r)
	}
	return string(out)
}

// Target is where one attempt connects to.
type Target struct {
	URL          string              // ws, wss, http or https; in a browser also relative to the page
	Subprotocols []string            // offered in this order
	Header       map[string][]string // added to the handshake; a browser cannot, and ignores it
}

// CloseInfo is how a connection, or an attempt, ended.
type CloseInfo struct {
	Code   Code   // 1005: close frame without code. 1006: no close frame, or the attempt failed
	Reason string // as the peer gave it, at most 123 bytes
	Clean  bool   // the closing handshake was completed
	Opened bool   // the connection had been open
	Err    error  // what the platform tells beyond that; browsers tell nothing
}

// CloseError is a [CloseInfo] as an error: the cause in events, and below [StopError].
type CloseError struct{ CloseInfo }

// Error returns for example `connection closed: 4001 "token expired"` or `cannot connect: …`.
func (e *CloseError) Error() string {
	s := "connection closed: " + strconv.Itoa(int(e.Code))
	switch {
	case !e.Opened:
		s = "cannot connect"
	case e.Code == AbnormalClosure:
		s = "connection lost"
	}
	if e.Reason != "" {
		s += " " + quote(e.Reason)
	}
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

// Unwrap returns what the platform told.
func (e *CloseError) Unwrap() error { return e.Err }
