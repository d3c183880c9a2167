package rewrite

import (
	"errors"
	"unicode/utf8"
)

// Limits of an edit.
const (
	MaxResult = 8 << 20 // bytes
	MaxPlaces = 100_000
)

// Message is what is edited.
type Message struct {
	Text    bool   // a text message; else a binary one
	Payload []byte // as the application reads it; an edit does not change these bytes
}

// Result is what becomes of a message.
type Result struct {
	Payload []byte // the same slice when nothing changed
	Changed bool
}

// Edit is one change. It may be used by several goroutines at once.
type Edit interface {
	// Apply returns what becomes of a message. With an error the message stays as it is.
	Apply(m Message) (Result, error)
}

// Why an edit leaves a message as it is.
var (
	ErrTooLong    = errors.New("the result would have more than 8 MiB")
	ErrPlaces     = errors.New("more than 100,000 places match")
	ErrNotUTF8    = errors.New("the result is not UTF-8, as a text message must be (RFC 6455 §5.6)")
	ErrNotAllJSON = errors.New("the message is not JSON")
)

// PlaceError is an error in the text of an edit.
type PlaceError struct {
	Offset  int // bytes from the start of the text
	Message string
	Hint    string // what to write; may be empty
}

// Error returns the message and the hint.
func (e *PlaceError) Error() string {
	if e.Hint == "" {
		return e.Message
	}
	return e.Message + ": " + e.Hint
}

// Apply applies an edit, and checks what an edit may return.
func Apply(e Edit, m Message) (Result, error) {
	r, err := e.Apply(m)
	switch {
	case err != nil:
		return Result{Payload: m.Payload}, err
	case !r.Changed:
		return Result{Payload: m.Payload}, nil
	case len(r.Payload) > MaxResult:
		return Result{Payload: m.Payload}, ErrTooLong
	case m.Text && !utf8.Valid(r.Payload):
		return Result{Payload: m.Payload}, ErrNotUTF8
	}
	return r, nil
}
