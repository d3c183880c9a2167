package model

import (
	"encoding/base64"
	"encoding/json"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/tetherscope/tetherscope/internal/record"
)

// exportLine is one row of the grid as a JSON line. Names are those of the words in package model.
type exportLine struct {
	Seq        uint64   `json:"seq"`
	Time       string   `json:"time"`
	Conn       uint32   `json:"conn,omitempty"`
	Kind       string   `json:"kind"`
	Dir        string   `json:"dir,omitempty"`
	Type       string   `json:"type"`
	Fin        *bool    `json:"fin,omitempty"`
	Rsv        uint8    `json:"rsv,omitempty"`
	Masked     bool     `json:"masked,omitempty"`
	Length     uint64   `json:"length"`
	Wire       uint64   `json:"wire,omitempty"`
	Frames     uint32   `json:"frames,omitempty"`
	Compressed bool     `json:"compressed,omitempty"`
	Truncated  bool     `json:"truncated,omitempty"`
	Code       uint16   `json:"code,omitempty"`
	Violations []string `json:"violations,omitempty"`
	Marks      []string `json:"marks,omitempty"`
	Text       *string  `json:"text,omitempty"`
	Base64     string   `json:"base64,omitempty"`
	Missing    uint64   `json:"missing,omitempty"`
	Source     string   `json:"source,omitempty"` // "page": FIN, mask and wire are not known
}

// exportLines returns the shown rows as JSON lines: in the Messages view the messages, in Frames the frames.
func (m *Model) exportLines() []byte {
	for m.found.next < m.store.end { // a file must not lack what the scan has not come to yet
		m.found.scan(&m.store, &m.shown, 1<<20)
	}
	var out []byte
	for i := range m.total() {
		line, err := json.Marshal(m.exportRow(m.found.at(i)))
		if err != nil {
			continue // cannot happen: the line has only strings and numbers
		}
		out = append(append(out, line...), '\n')
	}
	return out
}

func (m *Model) exportRow(id uint64) exportLine {
	pg, i := m.store.row(id)
	r := m.recordAt(id)
	l := exportLine{
		Seq: r.Seq, Time: time.Unix(0, r.Time).UTC().Format(time.RFC3339Nano), Conn: r.Conn,
		Kind: r.Kind.String(), Type: rowLabel(pg, i, m.view), Code: r.Code,
		Marks: strings.Fields(r.Marks.String()),
	}
	switch r.Kind {
	case kindGap:
		l.Kind, l.Missing = "gap", pg.length[i]
		return l
	case record.KindPassed: // no row
	case record.KindFrame:
		m.exportFrame(&l, &r)
	case record.KindRequest, record.KindResponse:
		l.setBytes(r.Head)
	case record.KindClose, record.KindEnd, record.KindBroken, record.KindNote:
		l.setBytes([]byte(r.Reason))
	}
	if r.Source == record.SourcePage {
		l.Source, l.Fin, l.Masked, l.Wire, l.Frames = r.Source.String(), nil, false, 0, 0
	}
	return l
}

func (m *Model) exportFrame(l *exportLine, r *record.Record) {
	fin := r.Header.Fin
	l.Dir, l.Fin, l.Rsv, l.Masked = r.Dir.String(), &fin, r.Header.Rsv, r.Header.Masked
	l.Length, l.Compressed, l.Truncated = r.Header.Length, r.Compressed, r.Truncated
	content := r.Payload
	if r.Final && (m.view == Messages || r.Frames == 1) {
		l.Length, l.Wire, l.Frames = r.Inflated, r.Wire, r.Frames
		content = r.Bytes()
	}
	l.setBytes(content)
	for v := range r.Violations.All() {
		l.Violations = append(l.Violations, v.Name+" ("+v.Section+")")
	}
}

func (l *exportLine) setBytes(b []byte) {
	if utf8.Valid(b) {
		s := string(b)
		l.Text = &s
		return
	}
	l.Base64 = base64.StdEncoding.EncodeToString(b)
}
