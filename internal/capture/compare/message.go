package compare

import (
	"cmp"
	"crypto/sha256"
	"slices"
	"strconv"
	"strings"

	"github.com/tetherscope/tetherscope/internal/capture/decode"
	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/internal/frame"
)

// newMessage reads the message that a record ends.
func newMessage(c *building, r *record.Record, op frame.Opcode) *Message {
	m := &Message{Seq: r.Seq, Time: r.Time, Dir: r.Dir & 1, Op: op, Length: r.Inflated, exact: sha256.Sum256(r.Bytes())}
	m.cut = uint64(len(r.Bytes())) < r.Inflated
	v := decode.Read(inputOf(&c.Conn, m, r.Bytes()))
	m.Decoder, m.Summary = v.Decoder, v.Summary
	m.partial = m.cut || v.Left != "" || v.Err != nil || len(r.Bytes()) > maxPayload
	list := leavesOf(&v, r.Bytes(), op)
	m.kind = kindOf(m)
	m.shape, m.stable = shapeOf(m, list), stableOf(m, list)
	c.answers(m, v.Pair)
	return m
}

func inputOf(c *Conn, m *Message, payload []byte) decode.Input {
	return decode.Input{
		Payload: payload, Length: m.Length, Text: m.Op == frame.Text, In: m.Dir == record.In, Subprotocol: c.Subprotocol, Path: c.Path,
	}
}

// answers finds the request that a message answers, by the key that its protocol gives both.
func (c *building) answers(m *Message, pair decode.Pair) {
	switch pair.Role {
	case decode.Request:
		if len(c.pending[m.Dir]) < maxPending {
			c.pending[m.Dir][pair.Key] = m.Time
		}
	case decode.Response:
		asked, ok := c.pending[1-m.Dir][pair.Key]
		if ok {
			m.Answer = max(m.Time-asked, 1)
			delete(c.pending[1-m.Dir], pair.Key)
		}
	case decode.None:
	}
}

// leaf is a value of a message: where it is, and what.
type leaf struct {
	path  string // "$.items[3].price"
	place string // the same of any such message: "$.items[*].price"
	name  string // the last name of the path
	value string
	kind  decode.Type
}

// leaves reads a message again.
func (c *Conn) leaves(m *Message) []leaf {
	v := decode.Read(inputOf(c, m, m.Payload))
	return leavesOf(&v, m.Payload, m.Op)
}

// leavesOf returns the values of a decoded message. One that no decoder fits is a single value.
func leavesOf(v *decode.View, payload []byte, op frame.Opcode) (out []leaf) {
	if v.Decoder == "" || len(v.Lines) == 0 {
		if op == frame.Text {
			return []leaf{{value: strconv.Quote(strings.ToValidUTF8(string(payload[:min(len(payload), maxValue)]), "\uFFFD")), kind: decode.String}}
		}
		return []leaf{{value: hexOf(payload), kind: decode.Bytes}}
	}
	w := pathWriter{view: v, seen: map[string]int{}}
	for i := range v.Lines {
		if l, ok := w.line(i); ok {
			out = append(out, l)
		}
	}
	return out
}

// maxValue is how many bytes of a value are compared and shown where no decoder reads it.
const maxValue = 400

func hexOf(b []byte) string {
	const digits = "0123456789abcdef"
	var out strings.Builder
	for _, c := range b[:min(len(b), maxValue/2)] {
		out.WriteByte(digits[c>>4])
		out.WriteByte(digits[c&15])
	}
	if len(b) > maxValue/2 {
		out.WriteString("…")
	}
	return out.String()
}

// pathWriter goes over the lines of a view and keeps where it is.
type pathWriter struct {
	view  *decode.View
	steps []step
	seen  map[string]int
}

// step is a part of a path, as it is written and as it is written of any such message.
type step struct {
	text, any string
	list      bool // its children are elements
}

// line returns the leaf of a line; ok is false for groups that are not empty, and for remarks.
func (w *pathWriter) line(i int) (l leaf, ok bool) {
	line := &w.view.Lines[i]
	w.steps = w.steps[:min(line.Depth, len(w.steps))]
	element := len(w.steps) > 0 && w.steps[len(w.steps)-1].list
	s := stepOf(line.Key, element, len(w.steps) == 0)
	s.list = line.Type == decode.Group && (strings.HasSuffix(line.Value, " element") || strings.HasSuffix(line.Value, " elements"))
	w.steps = append(w.steps, s)
	full := line.Type == decode.Group && i+1 < len(w.view.Lines) && w.view.Lines[i+1].Depth > line.Depth
	if full || line.Type == decode.Note {
		return leaf{}, false
	}
	var path, place strings.Builder
	for _, s := range w.steps {
		path.WriteString(s.text)
		place.WriteString(s.any)
	}
	l = leaf{path: path.String(), place: place.String(), name: line.Key, value: line.Value, kind: line.Type}
	if line.Type == decode.String {
		l.value = strconv.Quote(line.Value)
	}
	if w.seen[l.path]++; w.seen[l.path] > 1 { // a header field that comes again
		l.path += " (" + strconv.Itoa(w.seen[l.path]) + ")"
	}
	return l, true
}

// stepOf returns the step to a line: "$" for a root without a name, as filters write it.
func stepOf(key string, element, root bool) step {
	switch {
	case root && key == "":
		return step{text: "$", any: "$"}
	case element:
		return step{text: "[" + key + "]", any: "[*]"}
	case root:
		return step{text: key, any: key}
	case isNumberName(key):
		return step{text: `["` + key + `"]`, any: ".*"}
	case plainName(key):
		return step{text: "." + key, any: "." + key}
	}
	quoted := "[" + strconv.Quote(key) + "]"
	return step{text: quoted, any: quoted}
}

func plainName(s string) bool {
	return s != "" && !strings.ContainsAny(s, " \t\r\n.[]()=!<>:~,\"'*")
}

// isNumberName reports whether a member is called by a number or an id: the object is a table of such.
func isNumberName(s string) bool {
	return s != "" && strings.Trim(s, "0123456789") == "" || uuidForm.MatchString(s)
}

// kindOf returns what a message is called, numbers and ids left out: "JSON-RPC call add". Messages of different kinds are different
// messages.
func kindOf(m *Message) string {
	words := strings.Fields(m.Summary)
	kind := m.Dir.String() + " " + m.Op.String() + " " + m.Decoder
	if len(words) == 0 || strings.HasPrefix(words[0], "{") {
		return kind
	}
	for _, w := range words[:min(len(words), 2)] {
		kind += " " + numberless(w)
	}
	return kind
}

// numberless replaces what has a digit in it by a sign.
func numberless(s string) string {
	inWord := func(r rune) bool { return r != '=' && r != ',' && r != ':' && r != '/' && r != '[' && r != '(' }
	var out strings.Builder
	for s != "" {
		end := strings.IndexFunc(s, func(r rune) bool { return !inWord(r) })
		if end < 0 {
			end = len(s)
		}
		if strings.ContainsAny(s[:end], "0123456789") {
			out.WriteByte('#')
		} else {
			out.WriteString(s[:end])
		}
		if end < len(s) {
			out.WriteByte(s[end])
			end++
		}
		s = s[end:]
	}
	return out.String()
}

// shapeOf returns the shape of a message.
func shapeOf(m *Message, list []leaf) string {
	places := make([]string, 0, len(list))
	for _, l := range list {
		places = append(places, l.place+" "+l.kind.String())
	}
	slices.Sort(places)
	return digest(m.kind, slices.Compact(places))
}

// stableOf returns a digest of what is not volatile in a message.
func stableOf(m *Message, list []leaf) string {
	slices.SortStableFunc(list, func(a, b leaf) int { return cmp.Compare(a.path, b.path) })
	values := make([]string, 0, 2*len(list))
	for _, l := range list {
		if !isVolatile(l.name, l.value) {
			values = append(values, l.path, l.value)
		} else {
			values = append(values, l.path, "")
		}
	}
	return digest(m.kind, values)
}

// digest returns a short text that stands for all of these.
func digest(kind string, parts []string) string {
	h := sha256.New()
	h.Write([]byte(kind))
	for _, p := range parts {
		h.Write([]byte{0})
		h.Write([]byte(p))
	}
	return string(h.Sum(nil)[:16])
}
