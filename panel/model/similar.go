package model

import (
	"strconv"
	"strings"

	"github.com/tetherscope/tetherscope/internal/capture/jsonscan"
	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/internal/frame"
	"github.com/tetherscope/tetherscope/panel/model/rows"
)

// typeNames are the members by which messages say of which type they are, the most telling first.
var typeNames = [...]string{"type", "method", "event", "action", "op", "command", "cmd", "kind", "e"}

// similarQuery returns a query for the selected row and similar ones: by what a JSON message calls itself, else by opcode and
// direction, and of an event by its kind. It is "" while no row is selected.
func similarQuery(d *selection) string {
	if d.rowID() == rows.None || d.rec.Kind == rows.KindGap {
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
	switch t := rows.TypeOf(o); t { //nolint:exhaustive // TypeOf gives no event and no gap
	case rows.TypeReserved:
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
	best := len(typeNames)
	for c := jsonscan.Members(b, at); c.Next(); {
		v := c.Member()
		if b[v.Start] != '"' || v.End-v.Start > 80 {
			continue
		}
		name := string(jsonscan.Unquote(nil, v.Name))
		for i, n := range typeNames[:best] {
			if n == name {
				best, path, value = i, "$."+name, string(jsonscan.Unquote(nil, b[v.Start:v.End]))
			}
		}
	}
	return path, value
}

// narrow returns a filter text narrowed by a query, or by its opposite, in place of the other of the two where that was added last.
func narrow(text, by string, opposite bool) string {
	former := "not (" + by + ")"
	if opposite {
		by, former = former, by
	}
	for _, last := range [...]string{by, former} { // not twice, and not both, which shows nothing
		if text == last {
			text = ""
		} else if before, found := strings.CutSuffix(text, ") "+last); found && strings.HasPrefix(before, "(") {
			text = before[1:]
		}
	}
	if text != "" {
		by = "(" + text + ") " + by
	}
	return by
}
