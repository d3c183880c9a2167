package session

import (
	"errors"
	"strconv"
	"strings"
)

// Subprotocol names version 1 of the protocol in the opening handshake. Peers that can both prefer [Checked].
const Subprotocol = "tetherscope.resume.v1"

// MaxHeader is how many bytes a frame has at most beside the payload of a message: a checksum, an m, two numbers of 20 digits,
// two spaces and a line feed, rounded up.
const MaxHeader = 64

// maxControl bounds every frame that carries no message.
const maxControl = 512

// What a frame can be, by its first byte.
const (
	kindMessage = 'm' // m NUMBER TAKEN LF payload
	kindAck     = 'a' // a TAKEN
	kindEnd     = 'e' // e LAST TAKEN CODE: the session is over; LAST was its last message, CODE is of the close that follows
	kindPing    = 'p' // p NONCE
	kindPong    = 'q' // q NONCE, of the last ping
	kindSync    = 's' // s TAKEN, an acknowledgement that asks for one; since version 2
	kindToken   = 'g' // g TOKEN, of a server: the session has another identifier; the answer is a pong with the token
)

// controls are the kinds that carry no message.
const controls = string(kindAck) + string(kindEnd) + string(kindPing) + string(kindPong) + string(kindSync) + string(kindToken)

// ProtocolError is a frame that a peer who keeps to the protocol does not send. The connection is of no more use; the
// session may be.
type ProtocolError struct{ Problem string }

func (e *ProtocolError) Error() string { return "resume: " + e.Problem }

func broken(problem string) error { return &ProtocolError{problem} }

var errNumber = errors.New("not a number")

// header is a parsed frame without its payload.
type header struct {
	kind   byte
	number uint64
	taken  uint64
	code   uint16 // of an end
	size   int    // of the header: the payload follows
}

// parse reads the header of a frame. Whether the WebSocket message was text matters for control frames only.
func parse(text bool, p []byte) (h header, err error) {
	if len(p) == 0 {
		return h, broken("an empty frame")
	}
	h.kind = p[0]
	switch {
	case h.kind == kindMessage:
		return parseMessage(p)
	case strings.IndexByte(controls, h.kind) < 0:
		return h, broken("a frame of a kind that does not exist")
	case !text || len(p) > maxControl:
		return h, broken("a control frame that is binary or too long")
	}
	if len(p) < 3 || p[1] != ' ' {
		return h, broken("a control frame without a number")
	}
	rest := string(p[2:])
	if h.kind == kindEnd {
		return parseEnd(strings.Split(rest, " "))
	}
	n, err := number(rest)
	if err != nil {
		return h, broken("a control frame whose number is none")
	}
	if h.kind == kindAck || h.kind == kindSync {
		h.taken = n
	} else {
		h.number = n
	}
	return h, nil
}

// parseMessage reads "m NUMBER TAKEN LF".
func parseMessage(p []byte) (h header, err error) {
	h.kind = kindMessage
	space, end := 0, 0
	for i := 2; i < min(len(p), MaxHeader) && end == 0; i++ {
		switch p[i] {
		case ' ':
			if space != 0 {
				return h, broken("a message header with more than two numbers")
			}
			space = i
		case '\n':
			end = i
		}
	}
	if end == 0 || space == 0 || p[1] != ' ' {
		return h, broken("a message without a complete header")
	}
	h.size = end + 1
	if h.number, err = number(string(p[2:space])); err != nil || h.number == 0 {
		return h, broken("a message whose number is none")
	}
	if h.taken, err = number(string(p[space+1 : end])); err != nil {
		return h, broken("a message whose acknowledgement is not a number")
	}
	return h, nil
}

// parseEnd reads the numbers of an end.
func parseEnd(f []string) (h header, err error) {
	h.kind = kindEnd
	if len(f) != 3 {
		return h, broken("an end without its three numbers")
	}
	last, err1 := number(f[0])
	taken, err2 := number(f[1])
	code, err3 := number(f[2])
	if err1 != nil || err2 != nil || err3 != nil || code < 1000 || code > 4999 {
		return h, broken("an end with a number that is none, or no close code")
	}
	return header{kind: kindEnd, number: last, taken: taken, code: uint16(code)}, nil
}

// number reads decimal digits alone, in the one way in which they are written.
func number(s string) (uint64, error) {
	if s == "" || s[0] < '0' || s[0] > '9' || s[0] == '0' && len(s) > 1 {
		return 0, errNumber
	}
	return strconv.ParseUint(s, 10, 64)
}

func appendMessage(dst []byte, n, taken uint64, payload []byte) []byte {
	dst = strconv.AppendUint(append(dst, kindMessage, ' '), n, 10)
	dst = strconv.AppendUint(append(dst, ' '), taken, 10)
	return append(append(dst, '\n'), payload...)
}

func appendControl(dst []byte, kind byte, n uint64) []byte {
	return strconv.AppendUint(append(dst, kind, ' '), n, 10)
}

// AppendEnd appends the frame that ends a session for good, a text message. last is the number of the session's last
// message, from which the peer learns how many it has missed; taken the last acknowledgement; code the close code that is
// about to follow.
func AppendEnd(dst []byte, last, taken uint64, code uint16) []byte {
	dst = strconv.AppendUint(append(appendControl(dst, kindEnd, last), ' '), taken, 10)
	return strconv.AppendUint(append(dst, ' '), uint64(code), 10)
}

// IsEnd reports whether a frame is one of [AppendEnd].
func IsEnd(p []byte) bool { return len(p) > 0 && p[0] == kindEnd }

// AppendToken appends the frame with which a server gives a session another identifier, a text message: that of [JoinName] with
// the token. The peer answers with a pong, [Session.Answered] with the token, from which the server knows that it has it.
func AppendToken(dst []byte, token uint64) []byte { return appendControl(dst, kindToken, token) }

// AppendPing appends a question whether the other side is there, a text message.
func AppendPing(dst []byte, nonce uint64) []byte { return appendControl(dst, kindPing, nonce) }
