package fault

import "strconv"

// Error is an error in the text of a ruleset, with its place and a hint.
type Error struct {
	Line    int    // from 1
	Column  int    // bytes from 1
	Message string // what is wrong
	Hint    string // what to do; may be empty
}

// Error returns the place, the message and the hint.
func (e *Error) Error() string {
	text := "line " + strconv.Itoa(e.Line) + ", column " + strconv.Itoa(e.Column) + ": " + e.Message
	if e.Hint != "" {
		text += ": " + e.Hint
	}
	return text
}
