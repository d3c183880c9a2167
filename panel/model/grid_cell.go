package model

import (
	"strconv"

	"github.com/tetherscope/tetherscope/internal/frame"
	"github.com/tetherscope/tetherscope/panel/model/format"
	"github.com/tetherscope/tetherscope/panel/model/rows"
)

// Line is one row as a line of the grid: plain strings, ready for text nodes. Each cell has the name of its column.
type Line struct {
	ID        uint64
	Number    int    // place among the matches, from 1 up: aria-rowindex
	Row       string // number among the rows that the view and the filter show, from 1 up and without holes
	Seq       string // record number
	Time      string // time of day
	Delta     string // since the match before
	ConnDelta string // since the row before on the same connection
	DirDelta  string // since the frame before in the same direction of the connection
	Conn      string
	Node      string // that the connection is on
	Path      string // path and query that the connection was opened to
	Dir       string // ↑ sent by the client, ↓ received
	Type      string
	Key       string // masking key
	Ratio     string // of length to wire
	Response  string // of an answer: since what it answers
	Decoded   string // what a decoder makes of it
	Flags     string // FIN ■ or □, RSV digits or ·, z compressed
	Length    string // of the message or payload, → what it took on the wire
	Preview   string
	Note      string // fragments, violations
	Rung      string // what the ladder and the conversation show
	Pairs     string // brackets that join requests and answers on the ladder
	Look      string // class names: "out text final selected …"
	Selected  bool
}

// longDelay is from how many ns in the proxy on a line says so: it is more than passing a frame on takes.
const longDelay = 10_000_000

// setFrame fills in the cells that only frames have.
func (l *Line) setFrame(r rows.Row, v rows.View) {
	l.Flags = flagCells(r)
	l.Length = lengthCell(r, v)
	l.Note = noteCell(r, v)
	l.setTimes(r)
	if r.FromPage() {
		l.Key, l.Ratio = unknown, unknown
		return
	}
	if r.Masked() {
		key := r.Key()
		l.Key = format.Hex(key[:], 4)
	}
	if r.Final() && r.Wire() > 0 && r.Wire() != r.Inflated() {
		l.Ratio = format.ThreeDigits(float64(r.Inflated()) / float64(r.Wire()))
	}
}

// setTimes fills in what the optional columns show of a frame.
func (l *Line) setTimes(r rows.Row) {
	if r.Delta() >= 0 {
		l.ConnDelta = format.Span(r.Delta())
	}
	if before, ok := r.Before(); ok {
		l.DirDelta = format.Span(max(0, r.Time()-before.Time()))
	}
	if ns := r.ResponseTime(); ns > 0 {
		l.Response = format.Duration(ns)
		word := "response time "
		if r.IsControl() {
			word = "rtt "
		}
		l.Note = word + l.Response + sep(l.Note != "") + l.Note
	}
	if ns := r.ProxyDelay(); ns >= longDelay {
		l.Note = "proxy delay " + format.Duration(ns) + sep(l.Note != "") + l.Note
	}
}

// flagCells returns FIN, the RSV bits and compression as three characters with spaces between.
func flagCells(r rows.Row) string {
	if r.FromPage() {
		return unknown + " " + unknown + " " + unknown
	}
	fin, rsv, z := "□", "·", "·"
	if r.Fin() {
		fin = "■"
	}
	if bits := r.Rsv(); bits != 0 {
		rsv = ""
		for n, bit := range [...]uint8{frame.RSV1, frame.RSV2, frame.RSV3} {
			if bits&bit != 0 {
				rsv += strconv.Itoa(n + 1)
			}
		}
	}
	if r.Compressed() {
		z = "z"
	}
	return fin + " " + rsv + " " + z
}

func lengthCell(r rows.Row, v rows.View) string {
	switch {
	case r.Final() && r.FromPage():
		return format.Size(r.Inflated())
	case r.Final() && (v == rows.Messages || r.Frames() == 1):
		return format.SizePair(r.Inflated(), r.Wire())
	}
	return format.Size(r.Length())
}

// noteCell returns how a message is put together and how many rules are broken.
func noteCell(r rows.Row, v rows.View) string {
	note := ""
	switch {
	case r.Truncated():
		note = "truncated"
	case v == rows.Messages && r.Frames() > 1:
		note = format.Plural(uint64(r.Frames()), "frame")
	case v == rows.Frames && r.Message() > 0 && r.IsPart():
		note = partNote(r)
	}
	if kept, whole, cut := r.Cut(v); cut {
		note = "cut: " + format.Bytes(kept) + " of " + format.Bytes(whole) + sep(note != "") + note
	}
	if n := r.Violations().Count(); n > 0 {
		note += sep(note != "") + "⚠ " + strconv.Itoa(n)
	}
	return note
}

// partNote says which part of which message a frame is: "frag 1/3 → msg 43".
func partNote(r rows.Row) string {
	total := "…"
	if r.Final() {
		total = format.Count(uint64(r.Frames()))
	} else if end, ok := r.Whole(); ok {
		total = format.Count(uint64(end.Frames()))
	}
	return "frag " + format.Count(uint64(r.Frames())) + "/" + total + " → msg " + format.Uint(r.Message())
}

// sep returns what stands between two parts of a cell that both are there.
func sep(on bool) string {
	if on {
		return " · "
	}
	return ""
}
