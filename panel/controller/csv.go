package controller

import (
	"encoding/csv"
	"io"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/internal/frame"
	"github.com/tetherscope/tetherscope/panel/model/format"
)

// csvColumns are the names in the first line of a CSV file.
var csvColumns = []string{"record", "time", "connection", "kind", "direction", "type", "final", "length", "message length", "wire length", "code", "content"}

// csvWriter writes records as CSV (RFC 4180) with a line of names first, for spreadsheets.
type csvWriter struct{ out *csv.Writer }

func newCSVWriter(w io.Writer) (recordWriter, error) {
	c := csvWriter{csv.NewWriter(w)}
	return c, c.out.Write(csvColumns)
}

// Write writes a line: a frame with its content, or the message that it ends; heads and reasons as text, bytes that are no text
// as hexadecimal digits behind 0x.
func (c csvWriter) Write(r *record.Record) error {
	line := []string{
		format.Uint(r.Seq), time.Unix(0, r.Time).UTC().Format(time.RFC3339Nano), format.Uint(uint64(r.Conn)), r.Kind.Name(),
		"", "", "", "", "", "", "", csvText(string(r.Head) + r.Reason),
	}
	if r.Kind == record.KindFrame {
		line[4], line[5], line[6] = r.Dir.String(), r.Header.Opcode.String(), strconv.FormatBool(r.Header.Fin)
		line[7], line[11] = format.Uint(r.Header.Length), csvContent(r)
		if r.Final && !r.Header.Opcode.IsControl() {
			line[8], line[9] = format.Uint(r.Inflated), format.Uint(r.Wire)
		}
	}
	switch {
	case r.Kind == record.KindClose:
		line[10] = format.Uint(uint64(r.Code))
	case r.Kind == record.KindFrame && r.Header.Opcode == frame.Close && len(r.Payload) >= 2:
		line[10] = format.Uint(uint64(r.Payload[0])<<8 | uint64(r.Payload[1]))
		line[11] = csvText(string(r.Payload[2:]))
	}
	return c.out.Write(line)
}

// Close writes what is left.
func (c csvWriter) Close() error {
	c.out.Flush()
	return c.out.Error()
}

func csvContent(r *record.Record) string {
	b := r.Bytes()
	if utf8.Valid(b) && !strings.ContainsRune(string(b), 0) {
		return csvText(string(b))
	}
	return "0x" + strings.ReplaceAll(format.Hex(b, len(b)), " ", "")
}

// csvText keeps a spreadsheet from taking a text for a formula, which traffic must not be able to write: an apostrophe stands before it.
func csvText(s string) string {
	if s != "" && strings.ContainsRune("=+-@\t\r", rune(s[0])) {
		return "'" + s
	}
	return s
}
