package cli

import (
	"bufio"
	"bytes"
	"fmt"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/tetherscope/tetherscope/internal/capture/file"
	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/internal/capture/redact"
	"github.com/tetherscope/tetherscope/internal/frame"
	"github.com/tetherscope/tetherscope/internal/terminal"
)

// maxShown is how many bytes of a payload a line shows.
const maxShown = 120

// printer writes records as lines.
type printer struct {
	out     *bufio.Writer
	json    bool
	secrets bool
	color   *terminal.Writer // where lines are colored; nil where they are not
	file    string           // whose name stands before each line; "" for none
	buf     []byte
	last    uint64 // number of the last record that came
}

// gap prints how many records are missing before r.
func (p *printer) gap(r *record.Record) error {
	missing := r.Seq - p.last - 1
	begun := p.last > 0
	p.last = r.Seq
	if !begun || missing == 0 || p.json {
		return nil
	}
	return p.write(terminal.Alert, fmt.Appendf(p.buf[:0], "… missing here: %s\n", counted(missing, "record")), nil)
}

func (p *printer) print(r *record.Record) error {
	if r.Kind == record.KindTransit && !p.json {
		return nil // no event of its own
	}
	if !p.secrets {
		r = redact.Record(r)
	}
	if p.json {
		p.buf = file.AppendJSONL(p.buf[:0], r)
		return p.write(terminal.Plain, p.buf, nil)
	}
	p.buf = appendHead(p.buf[:0], r)
	head := len(p.buf)
	p.buf = append(appendSaid(p.buf, r), '\n')
	return p.write(styleOf(r), p.buf[:head], p.buf[head:])
}

// write writes a line: its head in a style, where lines are colored, and what was said.
func (p *printer) write(style terminal.Style, head, said []byte) error {
	if p.file != "" {
		head = inFile(p.file, head, p.json)
	}
	var err error
	if p.color != nil {
		err = p.color.Print(terminal.Part{Style: style, Text: string(head)}, terminal.Part{Text: string(said)})
	} else if _, err = p.out.Write(head); err == nil {
		_, err = p.out.Write(said)
	}
	if err != nil {
		return &exitError{ExitUnfinished, err}
	}
	return nil
}

// styleOf returns the style of a record's line: violations and ends, control frames and handshakes, and the two directions.
func styleOf(r *record.Record) terminal.Style {
	switch {
	case r.Violations != 0 || r.Kind == record.KindBroken || r.Kind == record.KindClose && !r.Clean:
		return terminal.Alert
	case r.Kind != record.KindFrame || r.Header.Opcode.IsControl():
		return terminal.Dim
	case r.Dir == record.Out:
		return terminal.Key
	}
	return terminal.String
}

// omitted writes what was passed over as a JSON line.
func (p *printer) omitted(o *record.Omission) {
	p.buf = file.AppendOmission(p.buf[:0], o)
	_, _ = p.out.Write(p.buf) // the next flush says when it fails
}

// appendHead appends the start of the line for people: time, connection, and what it is.
func appendHead(dst []byte, r *record.Record) []byte {
	dst = time.Unix(0, r.Time).AppendFormat(dst, "15:04:05.000000")
	dst = fmt.Appendf(dst, " #%s %s", record.ConnName(r.Conn), r.Describe())
	if r.Kind == record.KindFrame && (r.Compressed || r.Frames > 1) {
		dst = fmt.Appendf(dst, " MESSAGE:%d", r.Inflated)
	}
	return dst
}

// appendSaid appends the start of what was said, quoted.
func appendSaid(dst []byte, r *record.Record) []byte {
	switch content := r.Bytes(); {
	case r.Kind != record.KindFrame:
	case r.Header.Opcode == frame.Close && len(r.Payload) >= 2:
		code, reason, _ := frame.ParseClose(r.Payload)
		dst = fmt.Appendf(dst, " %d %q", code, reason)
	case len(content) > 0:
		dst = appendContent(append(dst, ' '), content)
	}
	return dst
}

func appendContent(dst, b []byte) []byte {
	cut := b[:min(len(b), maxShown)]
	for len(cut) < len(b) && len(cut) > maxShown-utf8.UTFMax && !utf8.RuneStart(b[len(cut)]) {
		cut = cut[:len(cut)-1]
	}
	if utf8.Valid(cut) && !bytes.ContainsRune(cut, 0) {
		dst = strconv.AppendQuote(dst, string(cut))
	} else {
		dst = fmt.Appendf(dst, "%x", cut)
	}
	if len(cut) < len(b) {
		dst = append(dst, "…"...)
	}
	return dst
}
