package file

import (
	"bytes"
	"encoding/json"

	"github.com/tetherscope/tetherscope/internal/capture/record"
)

// omissionLine is an omission as a line among records.
type omissionLine struct {
	V       int           `json:"v"`
	Omitted *jsonOmission `json:"omitted"`
}

type jsonOmission struct {
	Reason string `json:"reason"`
	Count  uint64 `json:"count"`
	Unit   string `json:"unit"`
	Text   string `json:"text"`
	Advice string `json:"advice,omitempty"`
}

// AppendOmission appends what a reader passed over as a line: {"v":1,"omitted":{"reason":"tls","count":3,…}}.
func AppendOmission(dst []byte, o *record.Omission) []byte {
	j := jsonOmission{valid(o.Reason), o.Count, valid(o.Unit), valid(o.Text), valid(o.Advice)}
	b, err := json.Marshal(omissionLine{1, &j})
	if err != nil {
		return dst // strings and a number: it cannot fail
	}
	return append(append(dst, b...), '\n')
}

// parseOmission reads such a line; nil for any other.
func parseOmission(text []byte) *record.Omission {
	const begin = `{"v":1,"omitted":`
	if !bytes.HasPrefix(text, []byte(begin)) {
		return nil
	}
	var l omissionLine
	if json.Unmarshal(text, &l) != nil || l.Omitted == nil {
		return nil
	}
	o := record.Omission(*l.Omitted)
	return &o
}
