package decode

import (
	"errors"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Limits of a view.
const (
	maxLines   = 2000
	maxDepth   = 48
	maxValue   = 400      // bytes of one value or name
	maxSummary = 160      // bytes
	maxBytes   = 4 << 20  // of a payload that are read
	maxBody    = 1 << 20  // bytes inflated
	briefBytes = 64 << 10 // of a payload that are read for a summary
	briefLines = 64
)

// View is what a payload means.
type View struct {
	Decoder    string // its name; empty when nothing fits
	Confidence Confidence
	Summary    string // one line: "GraphQL next id=3"
	Lines      []Line
	Pair       Pair
	Left       string   // what was left out, in words; empty when nothing was
	Err        *Error   // where the payload stops making sense; nil when it makes sense to its end
	Picture    *Picture // of a picture that browsers draw: the payload as it is
	Body       []byte   // what was inside compressed data, 1 MiB at most; nil for other decoders
}

// Type is the kind of a line's value; the panel colors it by that.
type Type uint8

// The types.
const (
	Group  Type = iota // has lines below it; its value is their kind and number
	String             // the text itself, without quotes
	Number
	Word  // true, false, null, a name that the protocol gives a number
	Bytes // hexadecimal digits
	Note  // a remark of the decoder, not part of the payload
)

// String returns the type's name: a class name for the panel.
func (t Type) String() string {
	switch t {
	case Group:
		return "group"
	case String:
		return "string"
	case Number:
		return "number"
	case Word:
		return "word"
	case Bytes:
		return "bytes"
	case Note:
		return "note"
	}
	return "unknown"
}

// Line is one line of a view. Key and Value are valid UTF-8 of at most 400 bytes each, and may have any characters.
type Line struct {
	Depth      int
	Key, Value string
	Type       Type
	From, To   int // bytes of the payload; -1 when the line is not of the payload itself, as inside compressed data
}

// Role is the part of a message in an exchange.
type Role uint8

// The roles. A Response belongs to the newest Request with its key that went the other way on its connection; there may be
// several for one request.
const (
	None Role = iota
	Request
	Response
)

// String returns the role's name.
func (r Role) String() string {
	switch r {
	case None:
		return "none"
	case Request:
		return "request"
	case Response:
		return "response"
	}
	return "unknown"
}

// Pair is how a response finds its request: by a key that both have.
type Pair struct {
	Role Role
	Key  string
}

// Error is the position at which a payload becomes invalid, and why.
type Error struct {
	Offset  int // in the payload, or in View.Body where there is one
	Message string
}

// Error returns the place and the message.
func (e *Error) Error() string { return "byte " + strconv.Itoa(e.Offset) + ": " + e.Message }

func fault(at int, message string) error { return &Error{at, message} }

// asError returns err for a view. What ends early because the capture cut it is not wrong.
func asError(err error, in *Input) *Error {
	var e *Error
	if err == nil {
		return nil
	}
	if !errors.As(err, &e) {
		e = &Error{Message: err.Error()}
	}
	if in.cut() && e.Offset >= len(in.Payload) {
		return &Error{len(in.Payload), "the rest was not kept, or not read"}
	}
	return e
}

// tree collects the lines of a view within its limits.
type tree struct {
	lines   []Line
	limit   int
	bytes   []byte // what From and To of add count in
	base    int    // added to From and To
	inside  bool   // the bytes are not the payload's: lines have no range
	summary string
	pair    Pair
	left    string
	body    []byte
	picture *Picture
}

// add puts a line and returns its number; when the view is full it notes that and returns -1.
func (t *tree) add(depth int, key, value string, kind Type, from, to int) int {
	if len(t.lines) >= t.limit {
		if t.limit > 0 && t.left == "" {
			t.left = "only the first " + strconv.Itoa(t.limit) + " lines are shown"
		}
		return -1
	}
	if t.inside {
		from, to = -1, -1
	} else {
		from, to = from+t.base, to+t.base
	}
	t.lines = append(t.lines, Line{min(depth, maxDepth), clip(key, maxValue), clip(value, maxValue), kind, from, to})
	return len(t.lines) - 1
}

// widen lets a line begin at a byte before it: its name stands there.
func (t *tree) widen(line, from int) {
	if line < len(t.lines) && !t.inside {
		t.lines[line].From = from + t.base
	}
}

func (t *tree) full() bool { return len(t.lines) >= t.limit }

// end sets the value and the end of a group that add began.
func (t *tree) end(line int, value string, to int) {
	if line < 0 {
		return
	}
	t.lines[line].Value = clip(value, maxValue)
	if !t.inside {
		t.lines[line].To = to + t.base
	}
}

// kids returns the lines right below the line i, in order, as far as the view has them.
func (t *tree) kids(i int) (out []Line) {
	for _, l := range t.lines[min(i+1, len(t.lines)):] {
		if l.Depth <= t.lines[i].Depth {
			break
		}
		if l.Depth == t.lines[i].Depth+1 {
			out = append(out, l)
		}
	}
	return out
}

// clip makes s valid UTF-8 of at most n bytes, with a mark where it was cut.
func clip(s string, n int) string {
	if len(s) <= n && utf8.ValidString(s) {
		return s
	}
	var out strings.Builder
	for _, r := range s {
		if out.Len()+utf8.RuneLen(r) > n-len("…") {
			return out.String() + "…"
		}
		out.WriteRune(r)
	}
	return out.String()
}

// hexOf writes bytes as digits, as many as a value may have.
func hexOf(b []byte) string {
	const digits = "0123456789abcdef"
	out := make([]byte, 0, 3*min(len(b), maxValue/3))
	for i, c := range b[:min(len(b), maxValue/3-2)] {
		if i > 0 {
			out = append(out, ' ')
		}
		out = append(out, digits[c>>4], digits[c&15])
	}
	if len(b) > maxValue/3-2 {
		return string(out) + " …"
	}
	return string(out)
}

// count writes "3 members".
func count(n int, one string) string {
	if n == 1 {
		return "1 " + one
	}
	return strconv.Itoa(n) + " " + one + "s"
}

// text returns bytes as a value, not much more of them than it may have.
func text(b []byte) string { return string(b[:min(len(b), maxValue+4)]) }
