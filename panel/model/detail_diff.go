package model

import (
	"strconv"
	"strings"

	"github.com/tetherscope/tetherscope/internal/capture/decode"
	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/panel/model/format"
	"github.com/tetherscope/tetherscope/panel/model/render"
)

// DiffSign says what a line of a comparison is.
type DiffSign uint8

// The signs.
const (
	DiffChanged DiffSign = iota
	DiffAdded            // only in the selected message
	DiffRemoved          // only in the marked message
)

// String returns the sign's name: a class name for the panel.
func (s DiffSign) String() string {
	switch s {
	case DiffChanged:
		return "changed"
	case DiffAdded:
		return "added"
	case DiffRemoved:
		return "removed"
	}
	return "unknown"
}

// DiffLine is one place where two messages differ.
type DiffLine struct {
	Sign     DiffSign
	Path     string // "price", "items.0.id"
	Old, New string
}

// DiffDetail compares the selected message with the one that was marked last.
type DiffDetail struct {
	Against string // "#41 ↓ JSON"
	Lines   []DiffLine
	Same    int // values that both have
	Hidden  int // differences that are not listed
	Nothing string
}

// maxDiff is how many differences are listed.
const maxDiff = 500

func diffDetail(d *details) *DiffDetail {
	s := d.sel
	base := d.marks.last
	_, marked := d.marks.notes[base]
	switch {
	case s.connOnly || s.rec.Kind != record.KindFrame:
		return &DiffDetail{Nothing: "Only messages are compared."}
	case !marked || !s.store.Has(base):
		return &DiffDetail{Nothing: "Mark a message with m, then select another one and press d: the two are compared value by value."}
	case base == s.id:
		return &DiffDetail{Nothing: "This is the marked message. Select another one to compare it with."}
	}
	row := s.store.Row(base)
	old := d.conns.record(row)
	a := decodeLines(d, &old, d.decoding.input(&old, row.MessageOpcode()))
	b := decodeLines(d, &s.rec, d.decoding.input(&s.rec, s.opcode))
	out := diffViews(leaves(&a), leaves(&b))
	out.Against = "#" + format.Uint(old.Seq) + " " + old.Dir.Arrow() + " " + a.Decoder
	return out
}

// decodeLines decodes a message; what no decoder fits has its lines of text.
func decodeLines(d *details, r *record.Record, in decode.Input) decode.View {
	v := decodeAs(d.decoding.chosen(r.Conn), in)
	if v.Decoder == "" {
		for i, line := range strings.SplitN(render.Text(in.Payload, 0), "\n", 1000) {
			v.Lines = append(v.Lines, decode.Line{Key: "line " + strconv.Itoa(i+1), Type: decode.Note, Value: format.Preview([]byte(line), render.TextPage)})
		}
	}
	return v
}

// leaf is a value of a message and the path to it.
type leaf struct{ path, value string }

// leaves returns the values of a view with their paths. A key that comes again under the same parent gets a number.
func leaves(v *decode.View) []leaf {
	var out []leaf
	var keys []string
	seen := map[string]int{}
	for i, l := range v.Lines {
		keys = append(keys[:min(l.Depth, len(keys))], l.Key)
		if l.Type == decode.Group && i+1 < len(v.Lines) && v.Lines[i+1].Depth > l.Depth {
			continue
		}
		path := strings.TrimPrefix(strings.Join(keys, "."), ".")
		if seen[path]++; seen[path] > 1 {
			path += " (" + strconv.Itoa(seen[path]) + ")"
		}
		out = append(out, leaf{path, quoted(l)})
	}
	return out
}

// quoted returns the value of a line, a text in quotes: "1" is another value than 1.
func quoted(l decode.Line) string {
	if l.Type == decode.String {
		return `"` + l.Value + `"`
	}
	return l.Value
}

// diffViews compares values path by path, in the order of the new message; what only the old one has stands at the end.
func diffViews(a, b []leaf) *DiffDetail {
	old := make(map[string]string, len(a))
	for _, l := range a {
		old[l.path] = l.value
	}
	out := &DiffDetail{}
	for _, l := range b {
		was, known := old[l.path]
		delete(old, l.path)
		switch {
		case !known:
			out.add(DiffLine{DiffAdded, l.path, "", l.value})
		case was != l.value:
			out.add(DiffLine{DiffChanged, l.path, was, l.value})
		default:
			out.Same++
		}
	}
	for _, l := range a {
		if _, left := old[l.path]; left {
			out.add(DiffLine{DiffRemoved, l.path, l.value, ""})
		}
	}
	return out
}

func (d *DiffDetail) add(l DiffLine) {
	if len(d.Lines) >= maxDiff {
		d.Hidden++
		return
	}
	d.Lines = append(d.Lines, l)
}
