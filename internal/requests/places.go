package requests

import (
	"strconv"
	"strings"

	"github.com/pelletier/go-toml/v2/unstable"
)

// places returns where tables and keys of a document stand that was read before: "vars.host", "request.0", "request.0.step.2.wait".
func places(text []byte) map[string]Position {
	out := map[string]Position{}
	counts := map[string]int{}
	p := unstable.Parser{}
	p.Reset(text)
	prefix := ""
	for p.NextExpression() {
		e := p.Expression()
		names, at, ok := keyOf(&p, e)
		if !ok {
			continue
		}
		switch e.Kind { //nolint:exhaustive // the others hold no key
		case unstable.Table:
			prefix = inside(names, counts)
			out[prefix] = at
		case unstable.ArrayTable:
			list := inside(names, counts)
			prefix = list + "." + strconv.Itoa(counts[list])
			counts[list]++
			out[prefix] = at
			if _, known := out[list]; !known {
				out[list] = at
			}
		case unstable.KeyValue:
			out[strings.TrimPrefix(prefix+"."+strings.Join(names, "."), ".")] = at
		}
	}
	return out
}

// inside returns the place of a table: for each list on the way to it the number of its last element.
func inside(names []string, counts map[string]int) string {
	place := names[0]
	for _, name := range names[1:] {
		if n := counts[place]; n > 0 {
			place += "." + strconv.Itoa(n-1)
		}
		place += "." + name
	}
	return place
}

// keyOf returns the parts of an expression's key, and where it begins.
func keyOf(p *unstable.Parser, e *unstable.Node) (names []string, at Position, ok bool) {
	if e.Kind != unstable.Table && e.Kind != unstable.ArrayTable && e.Kind != unstable.KeyValue {
		return nil, at, false
	}
	for keys := e.Key(); keys.Next(); {
		n := keys.Node()
		if len(names) == 0 {
			start := p.Shape(n.Raw).Start
			at = Position{start.Line, start.Column}
		}
		names = append(names, string(n.Data))
	}
	return names, at, len(names) > 0
}
