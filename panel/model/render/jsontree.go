package render

import (
	"bytes"
	"strconv"
	"unicode/utf8"

	"github.com/tetherscope/tetherscope/panel/model/format"
)

// Limits of the JSON tree. What is beyond them is said in a line of the tree, never left out in silence.
const (
	MaxJSONLines = 2000 // the line that says so not counted
	maxJSONDepth = 64
	maxJSONText  = 2000 // bytes of one string
)

// JSONLine is one visible line of a JSON tree.
type JSONLine struct {
	Depth    int
	Key      string // member name with its quotes, or array index; empty at the root
	Value    string // scalar, or what a folded container holds
	Kind     string // object array string number word end note: a class name
	Offset   int    // byte offset of the value: its name for Fold
	Foldable bool
	Folded   bool
}

// LooksLikeJSON reports whether b starts like a JSON object or array, behind a short prefix of digits as Socket.IO and
// Engine.IO write it ("42[…").
func LooksLikeJSON(b []byte) bool {
	b = b[jsonStart(b):]
	return len(b) > 1 && (b[0] == '{' || b[0] == '[')
}

func jsonStart(b []byte) int {
	i := 0
	for i < len(b) && i < 12 && (b[i] >= '0' && b[i] <= '9' || b[i] == ' ' || b[i] == '\n' || b[i] == '\r' || b[i] == '\t') {
		i++
	}
	if i < len(b) && (b[i] == '{' || b[i] == '[') {
		return i
	}
	return 0
}

// JSONTree returns the visible lines of the JSON text b, and what is wrong with it and where. The lines before the error
// are there. Containers whose byte offset is in folded are one line.
func JSONTree(b []byte, folded map[int]bool) (lines []JSONLine, problem string) {
	t := jsonReader{b: b, at: jsonStart(b), folded: folded}
	if t.at > 0 {
		if prefix := bytes.TrimSpace(b[:t.at]); len(prefix) > 0 {
			t.line(JSONLine{Value: "prefix " + string(prefix), Kind: "note"})
		}
	}
	t.value("", 0, false)
	t.space()
	if t.problem == "" && !t.full && t.at < len(b) {
		t.fail("text after the end of the JSON value")
	}
	return t.lines, t.problem
}

type jsonReader struct {
	b       []byte
	at      int
	folded  map[int]bool
	lines   []JSONLine
	problem string
	full    bool // the limit of lines was reached
}

func (t *jsonReader) done() bool { return t.problem != "" || t.full }

func (t *jsonReader) line(l JSONLine) {
	if len(t.lines) == MaxJSONLines {
		t.lines = append(t.lines, JSONLine{Kind: "note", Value: "The tree is cut after " + format.Count(MaxJSONLines) + " lines. Text shows the rest."})
		t.full = true
	}
	if !t.full {
		t.lines = append(t.lines, l)
	}
}

func (t *jsonReader) fail(what string) {
	if t.problem == "" {
		t.problem = "Not JSON at byte " + strconv.Itoa(t.at) + ": " + what + "."
	}
}

func (t *jsonReader) space() {
	for t.at < len(t.b) && (t.b[t.at] == ' ' || t.b[t.at] == '\n' || t.b[t.at] == '\r' || t.b[t.at] == '\t') {
		t.at++
	}
}

func (t *jsonReader) peek() byte {
	t.space()
	if t.at < len(t.b) {
		return t.b[t.at]
	}
	return 0
}

// value reads one value. Inside a folded container nothing is written (quiet), but all of it is still checked.
func (t *jsonReader) value(key string, depth int, quiet bool) {
	l := JSONLine{Depth: depth, Key: key}
	c := t.peek()
	l.Offset = t.at
	switch {
	case t.done():
		return
	case t.at >= len(t.b):
		t.fail("the text ends where a value is expected")
		return
	case c == '{' || c == '[':
		t.container(l, quiet)
		return
	case c == '"':
		l.Kind, l.Value = "string", t.text()
	case c == '-' || c >= '0' && c <= '9':
		l.Kind, l.Value = "number", t.number()
	default:
		l.Kind, l.Value = "word", t.word()
	}
	if !quiet && !t.done() {
		t.line(l)
	}
}

func (t *jsonReader) container(l JSONLine, quiet bool) {
	if l.Depth == maxJSONDepth {
		t.fail("nested deeper than " + strconv.Itoa(maxJSONDepth) + " levels, which this tree does not follow")
		return
	}
	opening, closing := t.b[t.at], byte('}')
	l.Kind, l.Value, l.Foldable, l.Folded = "object", "{", true, t.folded[t.at]
	if opening == '[' {
		closing = ']'
		l.Kind, l.Value = "array", "["
	}
	mine := len(t.lines)
	if !quiet {
		t.line(l)
	}
	t.at++
	n := t.members(opening, closing, l.Depth+1, quiet || l.Folded)
	if quiet || t.full || mine >= len(t.lines) {
		return
	}
	switch {
	case l.Folded || n == 0 && t.problem == "":
		t.lines[mine].Value = summary(opening, closing, n)
		t.lines[mine].Foldable = n > 0
	case t.problem == "":
		t.line(JSONLine{Depth: l.Depth, Value: string(closing), Kind: "end"})
	}
}

func summary(opening, closing byte, n int) string {
	switch n {
	case 0:
		return string([]byte{opening, closing})
	case 1:
		return string(opening) + " 1 item " + string(closing)
	}
	return string(opening) + " " + format.Count(uint64(n)) + " items " + string(closing)
}

// members reads what stands between the brackets and returns how many it were.
func (t *jsonReader) members(opening, closing byte, depth int, quiet bool) (n int) {
	if t.peek() == closing {
		t.at++
		return 0
	}
	for !t.done() {
		key := strconv.Itoa(n)
		if opening == '{' {
			key = t.name()
		}
		t.value(key, depth, quiet)
		n++
		switch c := t.peek(); {
		case t.done():
		case c == closing:
			t.at++
			return n
		case c == ',':
			t.at++
		case t.at >= len(t.b):
			t.fail("the text ends inside " + map[byte]string{'{': "an object", '[': "an array"}[opening])
		default:
			t.fail("a comma or " + string(closing) + " is expected")
		}
	}
	return n
}

func (t *jsonReader) name() string {
	if t.peek() != '"' {
		t.fail("a member name in quotes is expected")
		return ""
	}
	name := t.text()
	if t.peek() != ':' && !t.done() {
		t.fail("a colon is expected behind the member name")
		return ""
	}
	t.at++
	return name
}

// text reads a string and returns it as it stands, quotes and escapes included, made harmless and cut.
func (t *jsonReader) text() string {
	from := t.at
	for t.at++; t.at < len(t.b); t.at++ {
		switch c := t.b[t.at]; {
		case c == '\\':
			t.at++
		case c == '"':
			t.at++
			if t.at-from > maxJSONText {
				return format.Preview(t.b[from:t.at], maxJSONText) + " (" + format.Count(uint64(t.at-from-2)) + " bytes)"
			}
			return format.Preview(t.b[from:t.at], maxJSONText)
		case c < 0x20:
			t.fail("a control character inside a string")
			return ""
		}
	}
	t.at = len(t.b)
	t.fail("the text ends inside a string")
	return ""
}

func (t *jsonReader) number() string {
	from := t.at
	for t.at < len(t.b) && bytes.IndexByte([]byte("+-.eE0123456789"), t.b[t.at]) >= 0 {
		t.at++
	}
	text := t.b[from:t.at]
	if !validNumber(text) {
		t.at = from
		t.fail("“" + format.Preview(text, 40) + "” is not a number")
	}
	return format.Preview(text, maxJSONText)
}

// validNumber holds b to the grammar of RFC 8259 §6.
func validNumber(b []byte) bool {
	digits := func() bool {
		n := 0
		for n < len(b) && b[n] >= '0' && b[n] <= '9' {
			n++
		}
		b = b[n:]
		return n > 0
	}
	b = bytes.TrimPrefix(b, []byte("-"))
	if len(b) > 1 && b[0] == '0' && b[1] >= '0' && b[1] <= '9' || !digits() {
		return false
	}
	if len(b) > 0 && b[0] == '.' {
		b = b[1:]
		if !digits() {
			return false
		}
	}
	if len(b) > 0 && b[0]|0x20 == 'e' {
		b = b[1:]
		if len(b) > 0 && (b[0] == '+' || b[0] == '-') {
			b = b[1:]
		}
		return digits() && len(b) == 0
	}
	return len(b) == 0
}

func (t *jsonReader) word() string {
	for _, w := range [...]string{"true", "false", "null"} {
		if bytes.HasPrefix(t.b[t.at:], []byte(w)) {
			t.at += len(w)
			return w
		}
	}
	r, _ := utf8.DecodeRune(t.b[t.at:])
	t.fail("no value starts with “" + string(format.AppendVisible(nil, r)) + "”")
	return ""
}
