package model

import (
	"strconv"
	"strings"
	"time"

	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/internal/frame"
	"github.com/tetherscope/tetherscope/panel/model/format"
	"github.com/tetherscope/tetherscope/panel/model/rows"
)

// grid writes rows as lines.
type grid struct {
	store     *rows.Store
	conns     *conns
	search    *search
	sel       *selection
	marks     *marks
	summaries *summaries
	paging    *paging
	zone      *time.Location
	times     Times
	colors    colors
	layout    Layout
}

// line returns match i as a line.
func (g *grid) line(i int) Line {
	l := g.lineOf(g.search.list().at(i))
	l.Number = i + 1
	return l
}

// lineOf returns a match as a line, without its place.
func (g *grid) lineOf(id uint64) Line {
	i := g.search.found.before(id)
	r, v := g.store.Row(id), g.search.view
	l := Line{
		ID:       id,
		Row:      strconv.Itoa(g.search.found.number(i)),
		Seq:      seqText(r),
		Time:     g.time(r),
		Delta:    g.delta(i),
		Type:     r.Label(v),
		Preview:  r.Preview(v),
		Selected: g.sel.rowID() == id,
	}
	if r.Conn() != 0 {
		l.Conn = ConnLabel(r.Conn())
		l.Path = g.path(r)
		l.Node = g.node(r)
	}
	if r.HasDir() {
		l.Dir = r.Dir().Arrow()
	}
	if r.IsFrame() {
		l.setFrame(r, v)
		l.Decoded = g.summaries.of[id]
		if g.paging.isHeld(id) {
			l.Note = strings.Replace(l.Note, "cut: ", "loaded: ", 1)
		}
	}
	if mark := r.Marks().String(); mark != "" {
		l.Note = mark + sep(l.Note != "") + l.Note
	}
	l.Look = g.look(r, l.Selected)
	if color := g.colors.color(r); color != "" {
		l.Look = "color-" + color + " " + l.Look
	}
	g.setRung(&l, r, i)
	g.mark(&l)
	return l
}

// node returns the node that the connection of a row is on.
func (g *grid) node(r rows.Row) string {
	if k := g.conns.of(r); k != nil {
		return safe(k.Node)
	}
	return ""
}

// path returns what the connection of a row is called, with what stands beside it.
func (g *grid) path(r rows.Row) string {
	if k := g.conns.of(r); k != nil && k.Path != "" {
		return k.FullName()
	}
	return ""
}

func (g *grid) delta(i int) string {
	if i == 0 || i >= g.search.found.len() {
		return ""
	}
	return format.Span(max(0, g.store.Row(g.search.found.at(i)).Time()-g.store.Row(g.search.found.at(i-1)).Time())) // what a page reports comes late
}

// mark adds to a line what the query and the person marked in it.
func (g *grid) mark(l *Line) {
	if note, on := g.marks.get(l.ID); on {
		l.Look = "marked " + l.Look
		l.Note = "★ " + format.Preview([]byte(note), maxNote) + sep(note != "" && l.Note != "") + l.Note
	}
	if g.search.isHit(l.ID) {
		l.Look = "hit " + l.Look
	}
}

// look returns the class names of a line.
func (g *grid) look(r rows.Row, selected bool) string {
	v := g.search.view
	look := r.Type(v).String()
	if r.Conn() != 0 {
		look += " " + Hue(r.Conn())
	}
	if r.HasDir() {
		look += " " + r.Dir().String()
	}
	if r.IsFrame() && r.IsControl() {
		look += " control"
	}
	if v == rows.Frames && r.IsPart() {
		look += g.partLook(r)
	}
	if r.Marks() != 0 {
		look += " acted"
	}
	if r.Wrong() {
		look += " wrong"
	}
	if r.Kind() == record.KindClose && !ordinaryClose(r.Code()) {
		look += " alarm"
	}
	switch {
	case selected:
		look += " selected"
	case g.sel.more.has(r.ID()):
		look += " chosen"
	}
	return look
}

// partLook returns the class names by which the parts of one message are drawn together: where the row stands among
// them, and same-message for the parts of the message that the selected row belongs to.
func (g *grid) partLook(r rows.Row) string {
	look := " part"
	switch {
	case r.Final():
		look += " closing-part"
	case r.Opcode() != frame.Continuation:
		look += " opening-part"
	}
	if g.sel.sameMessage(r) {
		look += " same-message"
	}
	return look
}

// ordinaryClose reports whether a close code is how connections end every day.
func ordinaryClose(code uint16) bool {
	return code == 1000 || code == 1001 || code == frame.CodeNoStatus
}
