package model

import (
	"encoding/base64"
	"encoding/json"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/internal/capture/redact"
	"github.com/tetherscope/tetherscope/panel/model/rows"
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
	Truncated  bool     `json:"truncated,omitempty"` // by the end of the stream
	Cut        uint64   `json:"cut,omitempty"`       // bytes that the capture did not keep
	Code       uint16   `json:"code,omitempty"`
	Violations []string `json:"violations,omitempty"`
	Marks      []string `json:"marks,omitempty"`
	Text       *string  `json:"text,omitempty"`
	Base64     string   `json:"base64,omitempty"`
	Missing    uint64   `json:"missing,omitempty"`
	Source     string   `json:"source,omitempty"` // "page": FIN, mask and wire are not known
}

// exportLines returns the shown rows, or of them those that are selected when several are, as JSON lines: in the Messages view the messages, in Frames the frames.
// Credentials of handshakes are hidden unless secrets.
func exportLines(x *files, secrets bool) []byte {
	x.search.finish() // a file must not lack what the scan has not come to yet
	var out []byte
	ids := x.sel.chosen()
	if len(ids) == 0 {
		ids = x.search.found.ids[x.search.found.head:][:x.viewport.found()]
	}
	for _, id := range ids {
		line, err := json.Marshal(exportRow(x, id, secrets))
		if err != nil {
			continue // cannot happen: the line has only strings and numbers
		}
		out = append(append(out, line...), '\n')
	}
	return out
}

func exportRow(x *files, id uint64, secrets bool) exportLine {
	row := x.store.Row(id)
	r := x.conns.record(row)
	if !secrets {
		r = *redact.Record(&r)
	}
	l := exportLine{
		Seq: r.Seq, Time: time.Unix(0, r.Time).UTC().Format(time.RFC3339Nano), Conn: r.Conn,
		Kind: r.Kind.String(), Type: row.Label(x.search.view), Code: r.Code,
		Marks: strings.Fields(r.Marks.String()),
	}
	switch r.Kind {
	case rows.KindGap:
		l.Kind, l.Missing = "gap", row.Missing()
		return l
	case record.KindTransit: // no row
	case record.KindFrame:
		l.setFrame(&r, x.search.view)
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

func (l *exportLine) setFrame(r *record.Record, v rows.View) {
	fin := r.Header.Fin
	l.Dir, l.Fin, l.Rsv, l.Masked = r.Dir.String(), &fin, r.Header.Rsv, r.Header.Masked
	l.Length, l.Compressed, l.Truncated = r.Header.Length, r.Compressed, r.Truncated
	content := r.Payload
	cutPayload, cutMessage := r.NotKept()
	l.Cut = cutPayload
	if r.Final && (v == rows.Messages || r.Frames == 1) {
		l.Length, l.Wire, l.Frames = r.Inflated, r.Wire, r.Frames
		content, l.Cut = r.Bytes(), cutMessage
	}
	l.setBytes(content)
	for broken := range r.Violations.All() {
		l.Violations = append(l.Violations, broken.Name+" ("+broken.Section+")")
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
