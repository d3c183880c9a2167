package rewrite

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"

	"github.com/tetherscope/tetherscope/internal/capture/jsonscan"
	"github.com/tetherscope/tetherscope/internal/capture/query"
)

// set replaces the values at a path.
type set struct {
	path  *query.JSONPath
	value []byte
}

// ParseSet reads the text behind "set": a path of the filter language and a JSON value, "$.price 0", and returns how many bytes of text that
// takes. The error is a [*PlaceError].
func ParseSet(text string) (e Edit, n int, err error) {
	const hint = `set $.price 0, or set $.name "x"`
	start := len(text) - len(strings.TrimLeft(text, " \t"))
	end := pathEnd(text, start)
	path, err := query.ParsePath(text[start:end])
	if err != nil {
		var bad *query.Error
		if errors.As(err, &bad) {
			return nil, 0, &PlaceError{start + bad.Offset, bad.Message, bad.Hint}
		}
		return nil, 0, &PlaceError{start, err.Error(), hint}
	}
	b := []byte(text)
	from := jsonscan.Space(b, end)
	if from == len(b) {
		return nil, 0, &PlaceError{end, "a value is missing behind the path", hint}
	}
	to, ok := jsonscan.Value(b, from)
	if !ok || !json.Valid(b[from:to]) {
		return nil, 0, &PlaceError{from, "the value is not JSON", hint}
	}
	return &set{path, b[from:to]}, to, nil
}

// pathEnd returns where a path that starts at i ends: at a space outside of quotes.
func pathEnd(text string, i int) int {
	quoted := false
	for ; i < len(text); i++ {
		switch c := text[i]; {
		case c == '\\' && quoted:
			i++
		case c == '"':
			quoted = !quoted
		case (c == ' ' || c == '\t') && !quoted:
			return i
		}
	}
	return len(text)
}

// Apply implements [Edit].
func (e *set) Apply(m Message) (Result, error) {
	places, ok := e.path.Places(m.Payload, MaxPlaces+1)
	switch {
	case len(places) > MaxPlaces:
		return Result{}, ErrPlaces
	case len(places) == 0 && !ok:
		return Result{}, ErrNotAllJSON
	case len(m.Payload)+len(places)*len(e.value) > MaxResult:
		return Result{}, ErrTooLong
	}
	out, at := make([]byte, 0, len(m.Payload)), 0
	for _, p := range places {
		out = append(append(out, m.Payload[at:p[0]]...), e.value...)
		at = p[1]
	}
	out = append(out, m.Payload[at:]...)
	return Result{Payload: out, Changed: !bytes.Equal(out, m.Payload)}, nil
}
