package model

import (
	"strconv"
	"strings"

	"github.com/tetherscope/tetherscope/internal/record"
	"github.com/tetherscope/tetherscope/panel/model/decode"
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

func (m *Model) diffDetail() *DiffDetail {
	d := &m.detail
	base := m.marks.last
	_, marked := m.marks.notes[base]
	switch {
	case d.connOnly || d.rec.Kind != record.KindFrame:
		return &DiffDetail{Nothing: "Only messages are compared."}
	case !marked || !m.store.held(base):
		return &DiffDetail{Nothing: "Mark a message with m, then select another one and press d: the two are compared value by value."}
	case base == d.id:
		return &DiffDetail{Nothing: "This is the marked message. Select another one to compare it with."}
	}
	old := m.recordAt(base)
	pg, i := m.store.row(base)
	a := m.decodeRecord(&old, m.inputOf(&old, pg.opcode[i]))
	b := m.decodeRecord(&d.rec, m.inputOf(&d.rec, d.opcode))
	out := diffViews(leaves(&a), leaves(&b))
	out.Against = "#" + utoa(old.Seq) + " " + arrow(old.Dir) + " " + a.Decoder
	return out
}

func (m *Model) decodeRecord(r *record.Record, in decode.Input) decode.View {
	name := ""
	if k := m.conns.byID[r.Conn]; k != nil {
		name = k.decoder
	}
	v := decodeAs(name, in)
	if v.Decoder == "" {
		for i, line := range strings.SplitN(plainText(in.Payload, 0), "\n", 1000) {
			v.Lines = append(v.Lines, decode.Line{Key: "line " + strconv.Itoa(i+1), Value: preview([]byte(line), textPage)})
		}
	}
	return v
}

// leaf is a value of a message and the way to it.
type leaf struct{ path, value string }

// leaves returns the values of a view with their paths. A key that comes again under the same parent gets a number.
func leaves(v *decode.View) []leaf {
	var out []leaf
	var way []string
	seen := map[string]int{}
	for i, l := range v.Lines {
		way = append(way[:min(l.Depth, len(way))], l.Key)
		if l.Type == decode.Group && i+1 < len(v.Lines) && v.Lines[i+1].Depth > l.Depth {
			continue
		}
		path := strings.TrimPrefix(strings.Join(way, "."), ".")
		if seen[path]++; seen[path] > 1 {
			path += " (" + strconv.Itoa(seen[path]) + ")"
		}
		out = append(out, leaf{path, l.Value})
	}
	return out
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
