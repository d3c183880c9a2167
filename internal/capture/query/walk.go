package query

import (
	"bytes"
	"strings"

	"github.com/tetherscope/tetherscope/internal/capture/jsonscan"
)

// Limits of a walk into JSON.
const (
	maxWalk   = 64 << 20 // bytes of the payload: all that a capture keeps of one
	maxPrefix = 64       // bytes before the first bracket
	maxScalar = 1 << 16  // bytes of a text that is compared
)

// walker follows a path through one payload.
type walker struct {
	b       []byte
	path    *path
	find    finder
	scratch []byte
}

func buildPath(n *path) test {
	f := newFinder(n.value.text)
	return func(r Row) bool {
		b := r.Payload()
		return withJSON(b[:min(len(b), maxWalk)], func(b []byte) bool {
			w := walker{b: b, path: n, find: f}
			found, _, _ := w.value(start(w.b), n.steps)
			return found
		})
	}
}

// start returns where the JSON of a payload starts: behind the digits, slashes and commas that Engine.IO, Socket.IO and
// SockJS put before it.
func start(b []byte) int {
	i := jsonscan.Space(b, 0)
	for k, c := range b[i:min(len(b), i+maxPrefix)] {
		switch c {
		case '[', '{':
			return i + k
		case '"', ' ', '.':
			return i
		}
	}
	return i
}

// value looks at the value at i, which is whole as far as the text goes, and returns where it ends.
func (w *walker) value(i int, steps []step) (found bool, end int, ok bool) {
	if len(steps) > 0 && i < len(w.b) && (w.b[i] == '{' || w.b[i] == '[') {
		return w.inside(i, steps[0], steps[1:])
	}
	end, ok = jsonscan.Value(w.b, i)
	return ok && len(steps) == 0 && w.holds(w.b[i:end]), end, ok
}

// inside goes over the container at i. It recurses once for each step, never for the depth of the text.
func (w *walker) inside(i int, s step, rest []step) (found bool, end int, ok bool) {
	c := jsonscan.Members(w.b, i)
	array := w.b[i] == '['
	for c.Enter() {
		m := c.Member()
		if !s.leads(m, array) {
			if end, ok = jsonscan.Value(w.b, m.Start); !ok {
				return false, end, false
			}
			c.Resume(end)
			continue
		}
		if found, end, ok = w.value(m.Start, rest); found || !ok {
			return found, end, ok
		}
		c.Resume(end)
	}
	end, ok = c.End()
	return false, end, ok
}

func (s step) leads(m jsonscan.Member, array bool) bool {
	switch s.kind {
	case stepName:
		return !array && jsonscan.Is(m.Name, s.name)
	case stepIndex:
		return array && m.Index == s.index
	case stepEach:
		return array
	case stepAny:
	}
	return !array
}

// holds reports whether the operator holds for a raw value.
func (w *walker) holds(raw []byte) bool {
	isText := raw[0] == '"'
	if isScalar(raw, isText) && !isText && !isJSON(raw) {
		return false
	}
	if w.path.op == opNone {
		return true
	}
	if len(raw) > maxScalar {
		raw = raw[:maxScalar]
	}
	if isText {
		raw = w.says(raw)
	}
	v := &w.path.value
	switch v.kind {
	case operandText:
		return w.text(raw, isText)
	case operandNumber:
		return w.number(raw, isText)
	case operandWord:
		return isWord(w.path.op, string(raw) == v.text, isText)
	case operandPattern:
	}
	return isScalar(raw, isText) && v.match.re.Match(raw)
}

// says returns what a raw string says, without a copy where it has no escapes.
func (w *walker) says(raw []byte) []byte {
	if bytes.IndexByte(raw, '\\') < 0 {
		return bytes.TrimSuffix(raw[1:], []byte{'"'})
	}
	w.scratch = jsonscan.Unquote(w.scratch[:0], raw)
	return w.scratch
}

// isJSON reports whether a raw value that is neither container nor text is one of JSON at all.
func isJSON(raw []byte) bool {
	switch string(raw) {
	case "true", "false", "null":
		return true
	}
	_, ok := jsonNumber(raw)
	return ok
}

func isScalar(raw []byte, isText bool) bool { return isText || raw[0] != '{' && raw[0] != '[' }

func isWord(o op, same, isText bool) bool {
	switch o {
	case opIs:
		return same
	case opEq:
		return same && !isText
	case opNe:
		return !same || isText
	case opNone, opLt, opLe, opGt, opGe, opMatch:
	}
	return false
}

func (w *walker) text(raw []byte, isText bool) bool {
	want := w.path.value.text
	switch o := w.path.op; o {
	case opIs:
		return isText && w.find.in(raw)
	case opEq:
		return isText && string(raw) == want
	case opNe:
		return !isText || string(raw) != want
	case opLt, opLe, opGt, opGe:
		return isText && ordered(o, strings.Compare(string(raw), want))
	case opNone, opMatch:
	}
	return false
}

func (w *walker) number(raw []byte, isText bool) bool {
	v := &w.path.value
	x, ok := jsonNumber(raw)
	switch o := w.path.op; o {
	case opIs:
		return ok && !isText && x == v.num || isText && string(raw) == v.text
	case opEq:
		return ok && !isText && x == v.num
	case opNe:
		return !ok || isText || x != v.num
	case opLt, opLe, opGt, opGe:
		return ok && ordered(o, compare(x, v.num))
	case opNone, opMatch:
	}
	return false
}

func compare(x, y float64) int {
	switch {
	case x < y:
		return -1
	case x > y:
		return 1
	}
	return 0
}

func ordered(o op, c int) bool {
	switch o {
	case opLt:
		return c < 0
	case opLe:
		return c <= 0
	case opGt:
		return c > 0
	case opGe:
		return c >= 0
	case opNone, opIs, opEq, opNe, opMatch:
	}
	return false
}
