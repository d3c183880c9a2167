package cli

import (
	"fmt"
	"strings"
	"time"

	"github.com/tetherscope/tetherscope/internal/capture/compare"
	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/internal/terminal"
)

// comparePrinter prints a comparison for people. After a failed write it prints nothing more.
type comparePrinter struct {
	out *terminal.Writer
	err error
}

func (p *comparePrinter) line(style terminal.Style, format string, args ...any) {
	if p.err == nil {
		p.err = p.out.Print(terminal.Part{Style: style, Text: terminal.Line(format, args...)}, terminal.Part{Text: "\n"})
	}
}

func (p *comparePrinter) result(names []string, r *compare.Result) {
	p.line(terminal.Alert, "A %s", names[0])
	p.line(terminal.String, "B %s", names[1])
	for i := range r.Pairs {
		p.pair(&r.Pairs[i])
	}
	for _, n := range r.Notes {
		p.line(terminal.Alert, "%s", n)
	}
	if a := r.Answers; a.Count > 0 {
		p.line(terminal.Plain, "%s compared, median %s", counted(a.Count, "answer"), times(a.Old, a.New))
	}
	p.line(terminal.Plain, "%s", summary(&r.Counts))
}

// pair prints a pair of connections that differ, or about which there is something to say.
func (p *comparePrinter) pair(x *compare.Pair) {
	switch {
	case x.B == nil:
		p.line(terminal.Alert, "- #%s %s: %s", record.ConnName(x.A.Number), x.A.Name, counted(len(x.A.Messages), "message"))
		return
	case x.A == nil:
		p.line(terminal.String, "+ #%s %s: %s", record.ConnName(x.B.Number), x.B.Name, counted(len(x.B.Messages), "message"))
		return
	}
	p.line(terminal.Key, "#%s ↔ #%s %s: %s", record.ConnName(x.A.Number), record.ConnName(x.B.Number), x.A.Name, summary(&x.Counts))
	for _, n := range x.Notes {
		p.line(terminal.Alert, "  %s", n)
	}
	if x.Slower {
		p.line(terminal.Literal, "t handshake %s", times(time.Duration(x.A.Handshake), time.Duration(x.B.Handshake)))
	}
	for _, f := range x.Facts {
		p.line(terminal.Literal, "~ %s: %s → %s", f.Name, orNothing(f.Old), orNothing(f.New))
	}
	for _, f := range x.Places {
		p.place(&f)
	}
	for i := range x.Rows {
		p.row(&x.Rows[i])
	}
}

func (p *comparePrinter) place(f *compare.Place) {
	sign, style := "≈", terminal.Literal
	if f.Volatile {
		sign, style = "≋", terminal.Dim
	}
	path := f.Path
	if path == "" {
		path = "the text"
	}
	p.line(style, "%s %s %s: in %d of %s, first %s → %s", sign, f.Kind, path, f.Differ, counted(f.Compared, "message"), f.Old, f.New)
}

// row prints a row in which something differs that is listed nowhere else.
func (p *comparePrinter) row(r *compare.Row) {
	switch r.Class {
	case compare.Missing:
		p.line(terminal.Alert, "- %s", shown(r.A))
	case compare.New:
		p.line(terminal.String, "+ %s", shown(r.B))
	case compare.Changed, compare.Reshaped:
		p.changed(r)
	case compare.Same:
	}
	if r.Slower {
		p.line(terminal.Literal, "t %s ↔ %d answered in %s", shown(r.A), r.B.Seq, times(time.Duration(r.A.Answer), time.Duration(r.B.Answer)))
	}
}

func (p *comparePrinter) changed(r *compare.Row) {
	if len(r.Changes) == 0 && r.Class == compare.Changed {
		return
	}
	sign := "~"
	if r.Class == compare.Reshaped {
		sign = "!"
	}
	p.line(terminal.Literal, "%s %s ↔ %d", sign, shown(r.A), r.B.Seq)
	for _, c := range r.Changes {
		path := c.Path
		if path != "" {
			path += ": "
		}
		p.line(terminal.Plain, "    %s%s → %s", path, orNothing(c.Old), orNothing(c.New))
	}
	if r.More > 0 {
		p.line(terminal.Dim, "    and %d more", r.More)
	}
}

func orNothing(s string) string {
	if s == "" {
		return "(none)"
	}
	return s
}

// shown returns direction, number, name and the start of a message.
func shown(m *compare.Message) string {
	text := fmt.Sprintf("%s %d", m.Dir.Arrow(), m.Seq)
	if m.Decoder != "" {
		text += " " + m.Decoder
	}
	return string(appendContent([]byte(text+" "), m.Payload))
}

// summary writes the counts: "12 same, 1 missing, 3 changed".
func summary(c *compare.Counts) string {
	parts := []string{counted(c.Same, "message") + " the same"}
	for _, one := range []struct {
		n    int
		text string
	}{
		{c.Changed, "changed"}, {c.Reshaped, "with other members or types"}, {c.Missing, "missing"}, {c.New, "new"}, {c.Slower, "slower"},
	} {
		if one.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", one.n, one.text))
		}
	}
	if c.Facts > 0 {
		parts = append(parts, counted(c.Facts, "difference")+" of handshake or close")
	}
	if c.ConnsMissing > 0 {
		parts = append(parts, counted(c.ConnsMissing, "connection")+" missing")
	}
	if c.ConnsNew > 0 {
		parts = append(parts, counted(c.ConnsNew, "connection")+" new")
	}
	return strings.Join(parts, ", ")
}
