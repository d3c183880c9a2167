package query

import "github.com/tetherscope/tetherscope/internal/capture/jsonscan"

// JSONPath is a path into JSON, as it stands in the filter language: $.data[0].price.
type JSONPath struct{ steps []step }

// ParsePath reads a path without an operator. The error is an [*Error].
func ParsePath(text string) (*JSONPath, error) {
	if text == "" || text[0] != '$' {
		return nil, &Error{Message: "a path begins with a dollar sign", Hint: "such as $.data.price"}
	}
	q, err := Parse(text)
	if err != nil {
		return nil, err
	}
	p, ok := q.root.(*path)
	if !ok || p.op != opNone {
		return nil, &Error{Message: "this is a test; a path stands alone", Hint: "such as $.data.price"}
	}
	return &JSONPath{p.steps}, nil
}

// Places returns where the values that the path leads to stand in a payload, from first to last, at most a given number of them. It reports
// false where the JSON of the payload ends early or is none. Values that are found stand apart: none is inside another one.
func (p *JSONPath) Places(payload []byte, most int) (places [][2]int, ok bool) {
	w := placeWalker{b: payload[:min(len(payload), maxWalk)], most: most}
	_, ok = w.value(start(w.b), p.steps)
	return w.places, ok
}

// placeWalker collects the places of values.
type placeWalker struct {
	b      []byte
	most   int
	places [][2]int
}

// value goes over the value at i and returns where it ends.
func (w *placeWalker) value(i int, steps []step) (end int, ok bool) {
	if len(steps) > 0 && i < len(w.b) && (w.b[i] == '{' || w.b[i] == '[') {
		return w.inside(i, steps[0], steps[1:])
	}
	end, ok = jsonscan.Value(w.b, i)
	if ok && len(steps) == 0 && len(w.places) < w.most && end > i && isValue(w.b[i:end]) {
		w.places = append(w.places, [2]int{i, end})
	}
	return end, ok
}

// inside goes over the container at i. It recurses once for each step, never for the depth of the text.
func (w *placeWalker) inside(i int, s step, rest []step) (end int, ok bool) {
	c := jsonscan.Members(w.b, i)
	array := w.b[i] == '['
	for c.Enter() {
		m := c.Member()
		if s.leads(m, array) {
			end, ok = w.value(m.Start, rest)
		} else {
			end, ok = jsonscan.Value(w.b, m.Start)
		}
		if !ok {
			return end, false
		}
		c.Resume(end)
	}
	return c.End()
}

// isValue reports whether the bytes of what may be a scalar are one of JSON.
func isValue(raw []byte) bool { return raw[0] == '"' || raw[0] == '{' || raw[0] == '[' || isJSON(raw) }
