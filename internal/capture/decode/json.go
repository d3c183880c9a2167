package decode

import (
	"bytes"
	"strconv"
	"strings"

	"github.com/tetherscope/tetherscope/internal/capture/jsonscan"
)

// jsonText reads JSON (RFC 8259).
type jsonText struct{}

func (jsonText) Name() string { return "JSON" }

func (jsonText) Guess(in *Input) Confidence {
	i := jsonscan.Space(in.Payload, 0)
	if i == len(in.Payload) {
		return No
	}
	end, whole := jsonscan.Value(in.Payload, i)
	whole = whole && jsonscan.Space(in.Payload, end) == len(in.Payload)
	switch c := in.Payload[i]; {
	case strings.Contains(in.Subprotocol, "json") && (c == '{' || c == '['):
		return Sure
	case (c == '{' || c == '[') && (whole || in.cut()):
		return Likely
	case c == '{' && opensObject(in.Payload, i), c == '[' && in.Text:
		return Maybe
	case in.Text && whole && c != '{' && c != '[' && isScalar(in.Payload[i:end]):
		return Maybe
	}
	return No
}

// opensObject reports whether a name or the end of the object follows the bracket.
func opensObject(b []byte, i int) bool {
	i = jsonscan.Space(b, i+1)
	return i < len(b) && (b[i] == '"' || b[i] == '}')
}

func isScalar(raw []byte) bool {
	if raw[0] == '"' {
		return true
	}
	kind, _ := scalarType(raw)
	return kind != Note
}

func (jsonText) decode(in *Input, t *tree) error {
	i := jsonscan.Space(in.Payload, 0)
	t.summary = describe(in.Payload, i)
	return t.jsonDocument(in.Payload, i, "")
}

// jsonDocument writes the value at i and holds the rest of the text to be empty.
func (t *tree) jsonDocument(b []byte, i int, key string) error {
	end, err := t.json(b, i, 0, key)
	if err == nil && jsonscan.Space(b, end) < len(b) {
		return fault(jsonscan.Space(b, end), "something follows the JSON value")
	}
	return err
}

// json writes the value at i, with everything in it, and returns where it ends.
func (t *tree) json(b []byte, i, depth int, key string) (int, error) {
	if i = jsonscan.Space(b, i); i >= len(b) {
		return i, fault(i, "a JSON value is expected")
	}
	if t.full() {
		t.add(depth, "", "", Note, i, i) // notes that lines were left out
		end, _ := jsonscan.Value(b, i)
		return end, nil
	}
	if b[i] == '{' || b[i] == '[' {
		return t.jsonGroup(b, i, depth, key)
	}
	end, ok := jsonscan.Value(b, i)
	raw := b[i:end]
	switch {
	case b[i] == '"' && ok:
		t.add(depth, key, string(jsonscan.Unquote(nil, raw[:min(len(raw), 8*maxValue)])), String, i, end)
		return end, nil
	case b[i] == '"':
		return len(b), fault(len(b), "the text ends inside a JSON string")
	}
	kind, fine := scalarType(raw)
	if !fine {
		return i, fault(i, "no JSON value starts here")
	}
	t.add(depth, key, text(raw), kind, i, end)
	return end, nil
}

// scalarType distinguishes numbers from literals; ok is false for neither.
func scalarType(raw []byte) (kind Type, ok bool) {
	switch string(raw) {
	case "true", "false", "null":
		return Word, true
	}
	if len(bytes.Trim(raw, "0123456789+-.eE")) > 0 {
		return Note, false
	}
	if _, err := strconv.ParseFloat(string(raw[:min(len(raw), maxValue)]), 64); err != nil && len(raw) < maxValue && !strings.Contains(err.Error(), "range") {
		return Note, false
	}
	return Number, true
}

func (t *tree) jsonGroup(b []byte, i, depth int, key string) (int, error) {
	line := t.add(depth, key, "", Group, i, len(b))
	if depth >= maxDepth || line < 0 {
		end, ok := jsonscan.Value(b, i)
		t.end(line, "nested too deep to show", end)
		if !ok {
			return end, fault(end, "the text ends inside a JSON value")
		}
		return end, nil
	}
	what := map[byte]string{'{': "member", '[': "element"}[b[i]]
	c := jsonscan.Members(b, i)
	n := 0
	for c.Enter() {
		if t.full() {
			t.add(depth+1, "", "", Note, i, i) // notes that lines were left out
			end, _ := jsonscan.Value(b, i)
			t.end(line, "more than "+count(n, what), end)
			return end, nil
		}
		m := c.Member()
		name := strconv.Itoa(n)
		if m.Name != nil {
			name = string(jsonscan.Unquote(nil, m.Name[:min(len(m.Name), 8*maxValue)]))
		}
		n++
		child := len(t.lines)
		end, err := t.json(b, m.Start, depth+1, name)
		if m.Name != nil {
			t.widen(child, m.NameAt)
		}
		if err != nil {
			t.end(line, count(n, what), end)
			return end, err
		}
		c.Resume(end)
	}
	end, ok := c.End()
	t.end(line, count(n, what), end)
	if !ok {
		want := c.Want()
		if want == "" {
			want = "a value"
		}
		return end, fault(end, want+" is expected in this JSON")
	}
	return end, nil
}

// describe is the summary of JSON that no protocol claims: what it calls itself, else its names.
func describe(b []byte, i int) string {
	if i >= len(b) || b[i] != '{' {
		return ""
	}
	o := object{b, i}
	for _, name := range [...]string{"type", "event", "method", "action", "op", "command", "cmd", "kind", "e"} {
		if v := o.get(name).plain(); v != "" {
			return name + "=" + v
		}
	}
	var names []string
	for c := jsonscan.Members(b, i); len(names) < 8 && c.Next(); {
		names = append(names, string(jsonscan.Unquote(nil, c.Member().Name[:min(len(c.Member().Name), 80)])))
	}
	return "{" + strings.Join(names, ", ") + "}"
}
