package file

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/tetherscope/tetherscope/internal/capture/record"
)

// spread reads records that are spread over lines or stand in a list, from the line on that was read last: values one after the other. Behind what
// is no JSON nothing is read, which is damage.
func (l *lineReader) spread(text []byte, v record.Visitor, last *uint64) error {
	limit := &valueLimit{left: MaxLine, r: io.MultiReader(bytes.NewReader(bytes.Clone(text)), l.r)}
	dec := json.NewDecoder(limit)
	s := spreadReader{dec: dec, limit: limit, v: v, from: l.start, last: last}
	err := s.values(bytes.TrimSpace(text)[0] == '[')
	var syntax *json.SyntaxError
	switch {
	case errors.Is(err, io.EOF):
		return nil
	case errors.As(err, &syntax), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, ErrLineTooLong):
		s.bad(fmt.Errorf("%w; nothing more is read", err))
		return nil
	}
	return err
}

// valueLimit is a reader that gives no more than [MaxLine] bytes for a value.
type valueLimit struct {
	r    io.Reader
	left int
}

// Read reads a part of a value.
func (l *valueLimit) Read(p []byte) (int, error) {
	if l.left <= 0 {
		return 0, ErrLineTooLong
	}
	n, err := l.r.Read(p[:min(len(p), l.left)])
	l.left -= n
	return n, err
}

// spreadReader reads records as JSON values.
type spreadReader struct {
	dec   *json.Decoder
	limit *valueLimit
	v     record.Visitor
	from  int64 // where its values begin in the file
	last  *uint64
}

// values reads values to the end: records, and lists of them. Of the first list, which may be the whole file, one element is held at a time.
func (s *spreadReader) values(list bool) error {
	if list {
		if _, err := s.dec.Token(); err != nil {
			return err
		}
		for s.dec.More() {
			if err := s.value(); err != nil {
				return atEnd(err)
			}
		}
		if _, err := s.dec.Token(); err != nil {
			return atEnd(err)
		}
	}
	for {
		if err := s.value(); err != nil {
			return err
		}
	}
}

// atEnd returns the error of a file that ends inside of a list.
func atEnd(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// value reads the next value.
func (s *spreadReader) value() error {
	s.limit.left = MaxLine
	var raw json.RawMessage
	if err := s.dec.Decode(&raw); err != nil {
		return err
	}
	if raw[0] != '[' {
		return s.record(raw)
	}
	var list []json.RawMessage
	_ = json.Unmarshal(raw, &list) // it is valid
	for _, one := range list {
		if err := s.record(one); err != nil {
			return err
		}
	}
	return nil
}

// record takes the JSON of a record, or of an omission.
func (s *spreadReader) record(raw []byte) error {
	var text bytes.Buffer
	_ = json.Compact(&text, raw) // it is valid
	if o := parseOmission(text.Bytes()); o != nil {
		s.v.ReportOmission(o)
		return nil
	}
	r, err := parseLine(text.Bytes())
	if err != nil {
		s.bad(err)
		return nil
	}
	return number(&s.v, r, s.last)
}

// bad reports damage in the value that was read last.
func (s *spreadReader) bad(err error) {
	s.v.ReportDamage(&record.Damage{Offset: s.from + s.dec.InputOffset(), Err: err})
}
