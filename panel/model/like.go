package model

import (
	"strconv"

	"github.com/tetherscope/tetherscope/internal/frame"
	"github.com/tetherscope/tetherscope/internal/record"
	"github.com/tetherscope/tetherscope/panel/model/jsonscan"
)

// likeNames are the members by which messages say what they are, the most telling first.
var likeNames = [...]string{"type", "method", "event", "action", "op", "command", "cmd", "kind", "e"}

// likeQuery returns a query for the selected row and its like: what a JSON message calls itself, else opcode and
// direction, and of an event its kind. It is "" while no row is selected.
func (m *Model) likeQuery() string {
	d := &m.detail
	if !d.selected || d.connOnly || d.rec.Kind == kindGap {
		return ""
	}
	if d.rec.Kind != record.KindFrame {
		return "kind:" + d.rec.Kind.String()
	}
	out := "dir:" + d.rec.Dir.String()
	if d.rec.Header.Opcode.IsControl() || !d.rec.Final {
		return out + " op:" + opName(d.rec.Header.Opcode)
	}
	if path, value := selfName(d.rec.Bytes()); path != "" {
		return out + " " + path + "=" + strconv.Quote(value)
	}
	return out + " op:" + opName(d.opcode)
}

func opName(o frame.Opcode) string {
	switch t := typeOf(o); t { //nolint:exhaustive // typeOf gives no event and no gap
	case TypeReserved:
		return "reserved"
	default:
		return t.String()
	}
}

// selfName returns the member of a JSON object by which it says what it is.
func selfName(b []byte) (path, value string) {
	at := jsonscan.Space(b, 0)
	if at >= len(b) || b[at] != '{' {
		return "", ""
	}
	best := len(likeNames)
	for c := jsonscan.Members(b, at); c.Next(); {
		v := c.Member()
		if b[v.Start] != '"' || v.End-v.Start > 80 {
			continue
		}
		name := string(jsonscan.Unquote(nil, v.Name))
		for i, n := range likeNames[:best] {
			if n == name {
				best, path, value = i, "$."+name, string(jsonscan.Unquote(nil, b[v.Start:v.End]))
			}
		}
	}
	return path, value
}

// addQuery narrows the filter by the like of the selected row, or with "not " by everything else.
func (m *Model) addQuery(not string) []Effect {
	like := m.likeQuery()
	if like == "" {
		return nil
	}
	f := m.filter
	if not != "" {
		like = not + "(" + like + ")"
	}
	if f.Text != "" {
		like = "(" + f.Text + ") " + like
	}
	f.Text = like
	m.setFilter(f)
	return []Effect{PutFilter{like}}
}
