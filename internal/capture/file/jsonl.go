package file

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/tetherscope/tetherscope/internal/capture/record"
)

// JSONLVersion is the highest "v" of a line. Each line has the lowest version that says all of it, so that older readers
// refuse only what they would misread: 3 of the kind passed, 2 with marks, else 1.
const JSONLVersion = 3

// MaxLine is the longest line in bytes that [ReadJSONL] reads. A longer one is passed over, as damage.
const MaxLine = 64 << 20

// The causes of damage in JSON lines.
var (
	ErrLineTooLong = errors.New("the line is longer than 64 MiB: it is passed over")
	ErrLineVersion = fmt.Errorf(`the line has no "v" from 1 to %d: it is not a record, or a newer program wrote it`, JSONLVersion)
)

// AppendJSONL appends r as one line of JSON with its line end. What is not UTF-8 stands in base64; names and reasons are
// made valid. A line stands alone: lines may be filtered, cut or appended to with any tool.
func AppendJSONL(dst []byte, r *record.Record) []byte {
	b := bytes.NewBuffer(dst)
	e := json.NewEncoder(b)
	e.SetEscapeHTML(false)
	_ = e.Encode(newLine(r)) // a line has only strings, numbers and flags: it cannot fail
	return b.Bytes()
}

// JSONLWriter writes records as JSON lines. It is for one goroutine.
type JSONLWriter struct {
	w   io.Writer
	buf []byte
}

// NewJSONLWriter returns a writer of JSON lines: one write for each record.
func NewJSONLWriter(w io.Writer) *JSONLWriter { return &JSONLWriter{w: w} }

// Write writes a record as one line.
func (j *JSONLWriter) Write(r *record.Record) error {
	j.buf = AppendJSONL(j.buf[:0], r)
	_, err := j.w.Write(j.buf)
	return err
}

// Close does nothing: every line has been written.
func (j *JSONLWriter) Close() error { return nil }

// ReadJSONL reads records from JSON lines, and what [AppendOmission] wrote among them. Empty lines are passed over, and so is
// a byte order mark. Records may also be spread over lines, or stand in a list. A line that cannot be read is damage, with line
// and column, and reading goes on behind it. A record without a number, or with one that does not go up, is given the
// next. The error is one of r, or of v.Record.
func ReadJSONL(r io.Reader, v record.Visitor) error {
	lines := &lineReader{r: withoutMark(r)}
	var last uint64
	for {
		text, err := lines.next()
		if o := parseOmission(text); o != nil {
			v.ReportOmission(o)
		} else if isSpread(text) {
			return lines.spread(text, v, &last)
		} else if len(bytes.TrimSpace(text)) > 0 || lines.tooLong {
			rec, bad := lines.parse(text)
			if bad != nil {
				v.ReportDamage(bad)
			} else if err := number(&v, rec, &last); err != nil {
				return err
			}
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// isSpread reports whether a line is but the beginning of a record, or of a list of them.
func isSpread(text []byte) bool {
	t := bytes.TrimSpace(text)
	return len(t) == 1 && (t[0] == '{' || t[0] == '[') || bytes.HasPrefix(t, []byte("[{"))
}

// number passes a record to v, after the one whose number is last.
func number(v *record.Visitor, r *record.Record, last *uint64) error {
	if r.Seq <= *last {
		r.Seq = *last + 1
	}
	*last = r.Seq
	return v.Record(r)
}

// lineReader cuts lines out of a stream and knows where they stand.
type lineReader struct {
	r       *bufio.Reader
	buf     []byte
	line    int
	start   int64 // offset of the line
	end     int64
	tooLong bool
}

// next returns the next line, without more than [MaxLine] bytes of it. The last one comes with io.EOF.
func (l *lineReader) next() ([]byte, error) {
	l.buf, l.tooLong = l.buf[:0], false
	l.line++
	l.start = l.end
	for {
		piece, err := l.r.ReadSlice('\n')
		l.end += int64(len(piece))
		if l.tooLong = l.tooLong || len(l.buf)+len(piece) > MaxLine; !l.tooLong {
			l.buf = append(l.buf, piece...)
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			return l.buf, err
		}
	}
}

func (l *lineReader) parse(text []byte) (*record.Record, *record.Damage) {
	if l.tooLong {
		return nil, l.bad(0, ErrLineTooLong)
	}
	rec, err := parseLine(text)
	if err != nil {
		return nil, l.bad(errorColumn(text, err), err)
	}
	return rec, nil
}

func (l *lineReader) bad(at int, err error) *record.Damage {
	return &record.Damage{Line: l.line, Column: at + 1, Offset: l.start + int64(at), Err: err}
}

// parseLine reads one record from a JSON object.
func parseLine(text []byte) (*record.Record, error) {
	var l line
	if err := json.Unmarshal(text, &l); err != nil {
		return nil, err
	}
	if l.V < 1 || l.V > JSONLVersion {
		return nil, ErrLineVersion
	}
	return l.record()
}

// errorColumn returns at which byte of the text an error was found, from 0 up.
func errorColumn(text []byte, err error) int {
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	var field *fieldError
	at := int64(0)
	switch {
	case errors.As(err, &syntax):
		at = syntax.Offset - 1
	case errors.As(err, &kind):
		at = kind.Offset - 1
	case errors.As(err, &field):
		at = int64(bytes.Index(text, []byte(`"`+field.name+`"`)))
	}
	return int(min(max(at, 0), int64(len(text))))
}
