package session

import (
	"strconv"
	"strings"
)

// Position is how far one side has come with what the other side sends, and how much further the other side may go.
type Position struct {
	Taken    uint64 // messages that the reader has
	Received uint64 // messages that arrived, in order; at least Taken
	Window   int    // bytes that the other side may have in flight or unread
}

// Hello is the first frame of every connection, sent by the client, a text message:
//
//	resume ID TAKEN RECEIVED WINDOW
type Hello struct {
	ID string // empty, on the wire a dash: a new session is wanted
	Position
}

// Outcome is what became of a [Hello].
type Outcome uint8

// The outcomes.
const (
	Fresh   Outcome = iota // a new session, as asked
	Resumed                // the session goes on
	Gone                   // a new session in place of the one that was asked for
)

var outcomes = [...]string{"new", "resumed", "gone"}

// Welcome is the server's answer to [Hello], a text message:
//
//	new|resumed|gone ID TAKEN RECEIVED WINDOW SENT LIFETIME SUBPROTOCOL
//
// After gone, Taken, Received and Sent are of the session that was lost if the server still knows them (Known), else
// dashes.
type Welcome struct {
	Outcome Outcome
	ID      string
	Position
	Sent        uint64 // the number of the last message that the server wrote, sent or not
	Known       bool
	Lifetime    uint64 // for how many milliseconds the server keeps a session without a connection
	Subprotocol string // of the application, among those that the client offered; may be empty
}

// MaxWindow is the largest window that can be asked for, in bytes.
const MaxWindow = 1 << 30

// maxID bounds the name of a session.
const maxID = 64

// AppendHello appends h.
func AppendHello(dst []byte, h Hello) []byte {
	dst = append(append(dst, "resume "...), dash(h.ID)...)
	return appendPosition(dst, h.Position, true)
}

// ParseHello reads what [AppendHello] writes.
func ParseHello(text bool, p []byte) (h Hello, err error) {
	f, err := fields(text, p, 5)
	if err != nil || f[0] != "resume" {
		return h, broken("the first frame is not a hello")
	}
	if h.ID, err = identifier(f[1]); err != nil {
		return h, err
	}
	h.Position, err = parsePosition(f[2:5])
	if err == nil && h.ID == "" && h.Received != 0 {
		return h, broken("a new session cannot have received anything")
	}
	return h, err
}

// AppendWelcome appends w.
func AppendWelcome(dst []byte, w Welcome) []byte {
	known := w.Outcome != Gone || w.Known
	dst = append(append(append(dst, outcomes[w.Outcome]...), ' '), w.ID...)
	dst = appendPosition(dst, w.Position, known)
	dst = appendNumber(dst, w.Sent, known)
	dst = appendNumber(dst, w.Lifetime, true)
	return append(append(dst, ' '), dash(w.Subprotocol)...)
}

// ParseWelcome reads what [AppendWelcome] writes.
func ParseWelcome(text bool, p []byte) (w Welcome, err error) {
	f, err := fields(text, p, 8)
	if err != nil {
		return w, err
	}
	if w.Outcome, err = outcome(f[0]); err != nil {
		return w, err
	}
	if w.ID, err = identifier(f[1]); err != nil || w.ID == "" {
		return w, broken("a welcome without a session")
	}
	w.Known = f[2] != "-"
	if !w.Known {
		if w.Outcome != Gone || f[3] != "-" || f[5] != "-" {
			return w, broken("a welcome without positions")
		}
		f[2], f[3], f[5] = "0", "0", "0"
	}
	if w.Position, err = parsePosition(f[2:5]); err != nil {
		return w, err
	}
	var sentErr, lifeErr error
	w.Sent, sentErr = number(f[5])
	w.Lifetime, lifeErr = number(f[6])
	if sentErr != nil || lifeErr != nil || f[7] == "" {
		return w, broken("a welcome with a number that is none, or without a subprotocol")
	}
	if f[7] != "-" {
		w.Subprotocol = f[7]
	}
	return w, nil
}

func outcome(s string) (Outcome, error) {
	for i, name := range outcomes {
		if s == name {
			return Outcome(i), nil
		}
	}
	return 0, broken("the answer to the hello is not a welcome")
}

// fields splits a control frame into exactly n words.
func fields(text bool, p []byte, n int) ([]string, error) {
	if !text || len(p) > maxControl {
		return nil, broken("a handshake frame that is binary or too long")
	}
	f := strings.Split(string(p), " ")
	if len(f) != n {
		return nil, broken("a handshake frame with the wrong number of words")
	}
	return f, nil
}

// identifier accepts letters and digits, or a dash alone for none.
func identifier(s string) (string, error) {
	if s == "-" {
		return "", nil
	}
	for i := range len(s) {
		c := s[i] | 0x20
		if (c < 'a' || c > 'z') && (s[i] < '0' || s[i] > '9') {
			return "", broken("the name of a session has a character that it cannot have")
		}
	}
	if s == "" || len(s) > maxID {
		return "", broken("the name of a session is empty or too long")
	}
	return s, nil
}

func parsePosition(f []string) (p Position, err error) {
	var e1, e2, e3 error
	var window uint64
	p.Taken, e1 = number(f[0])
	p.Received, e2 = number(f[1])
	window, e3 = number(f[2])
	switch {
	case e1 != nil || e2 != nil || e3 != nil:
		return p, broken("a position with a number that is none")
	case p.Taken > p.Received:
		return p, broken("a position that has taken more than it received")
	case window == 0 || window > MaxWindow:
		return p, broken("a window that is zero or beyond 1 GiB")
	}
	p.Window = int(window)
	return p, nil
}

func appendPosition(dst []byte, p Position, known bool) []byte {
	dst = appendNumber(dst, p.Taken, known)
	dst = appendNumber(dst, p.Received, known)
	return appendNumber(dst, uint64(p.Window), true)
}

func appendNumber(dst []byte, n uint64, known bool) []byte {
	if !known {
		return append(dst, " -"...)
	}
	return strconv.AppendUint(append(dst, ' '), n, 10)
}

func dash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}
