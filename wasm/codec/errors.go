package codec

import "strconv"

// Error is a value that could not become a message, or a message that could not become a value.
type Error struct {
	Codec  string // "raw", "string", "float32", "json"
	Offset int    // in bytes from the start of the message or value; -1: it concerns the whole
	Err    error
}

// Error returns for example "codec float32: byte 8: the last number is cut".
func (e *Error) Error() string {
	at := ""
	if e.Offset >= 0 {
		at = ": byte " + strconv.Itoa(e.Offset)
	}
	return "codec " + e.Codec + at + ": " + e.Err.Error()
}

// Unwrap returns what the format's own decoder said.
func (e *Error) Unwrap() error { return e.Err }
