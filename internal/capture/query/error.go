package query

import "strconv"

// Error says what is wrong with the text of a query, where, and what to do.
type Error struct {
	Offset, End int    // the bytes of the text it is about; equal at the end of the text
	Message     string // what is wrong: "unknown field “drection”"
	Hint        string // what to do: "did you mean dir?"; may be empty
}

// Error returns the place, counted in bytes from 1, the message and the hint.
func (e *Error) Error() string {
	out := "column " + strconv.Itoa(e.Offset+1) + ": " + e.Message
	if e.Hint != "" {
		out += ": " + e.Hint
	}
	return out
}
