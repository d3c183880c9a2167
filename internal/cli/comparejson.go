package cli

import (
	"io"

	"github.com/tetherscope/tetherscope/internal/capture/compare"
)

// The lines of the comparison as JSON. Times are in nanoseconds.
type (
	compareConnJSON struct {
		Conn uint32 `json:"conn"`
		Name string `json:"name"`
	}
	compareMessageJSON struct {
		Seq     uint64  `json:"seq"`
		Dir     string  `json:"dir"`
		Op      string  `json:"op"`
		Length  uint64  `json:"length"`
		Decoder string  `json:"decoder,omitempty"`
		Text    *string `json:"text,omitempty"`
		Base64  *string `json:"base64,omitempty"`
		Answer  int64   `json:"answer,omitempty"`
	}
	compareChangeJSON struct {
		Path string `json:"path"`
		Old  string `json:"old,omitempty"`
		New  string `json:"new,omitempty"`
	}
	compareLineJSON struct {
		V        int                 `json:"v"`
		Kind     string              `json:"kind"` // connection, field, place, message, note, summary
		Result   string              `json:"result,omitempty"`
		A        *compareMessageJSON `json:"a,omitempty"`
		B        *compareMessageJSON `json:"b,omitempty"`
		ConnA    *compareConnJSON    `json:"conn_a,omitempty"`
		ConnB    *compareConnJSON    `json:"conn_b,omitempty"`
		Changes  []compareChangeJSON `json:"changes,omitempty"`
		Slower   bool                `json:"slower,omitempty"`
		Name     string              `json:"name,omitempty"`
		Compared int                 `json:"compared,omitempty"`
		Differ   int                 `json:"differ,omitempty"`
		Note     string              `json:"note,omitempty"`
		Files    []string            `json:"files,omitempty"`
		Counts   map[string]int      `json:"counts,omitempty"`
	}
)

// printCompareJSON prints a comparison as JSON lines: what differs, and the summary at the end.
func printCompareJSON(w io.Writer, names []string, r *compare.Result) error {
	var lines []compareLineJSON
	for i := range r.Pairs {
		lines = appendPairJSON(lines, &r.Pairs[i])
	}
	for _, n := range r.Notes {
		lines = append(lines, compareLineJSON{Kind: "note", Note: n})
	}
	result := "same"
	if r.Counts.Different() {
		result = "different"
	}
	lines = append(lines, compareLineJSON{Kind: "summary", Result: result, Files: names, Counts: countsJSON(&r.Counts)})
	for i := range lines {
		lines[i].V = 1
		if err := writeJSON(w, &lines[i]); err != nil {
			return err
		}
	}
	return nil
}

func countsJSON(c *compare.Counts) map[string]int {
	return map[string]int{
		"same": c.Same, "changed": c.Changed, "reshaped": c.Reshaped, "missing": c.Missing, "new": c.New, "slower": c.Slower,
		"fields": c.Facts, "places": c.Places, "connections_missing": c.ConnsMissing, "connections_new": c.ConnsNew,
	}
}

// appendPairJSON appends the lines of a pair of connections: the pair, and what differs in it.
func appendPairJSON(lines []compareLineJSON, p *compare.Pair) []compareLineJSON {
	pair := compareLineJSON{Kind: "connection", Result: "paired", ConnA: connJSON(p.A), ConnB: connJSON(p.B), Slower: p.Slower}
	switch {
	case p.B == nil:
		pair.Result = compare.Missing.String()
		return append(lines, pair)
	case p.A == nil:
		pair.Result = compare.New.String()
		return append(lines, pair)
	}
	pair.Counts = countsJSON(&p.Counts)
	lines = append(lines, pair)
	for _, n := range p.Notes {
		lines = append(lines, compareLineJSON{Kind: "note", Note: n, ConnA: pair.ConnA, ConnB: pair.ConnB})
	}
	for _, f := range p.Facts {
		lines = append(lines, compareLineJSON{
			Kind: "field", Result: compare.Changed.String(), Name: f.Name, ConnA: pair.ConnA, ConnB: pair.ConnB,
			Changes: []compareChangeJSON{{f.Name, f.Old, f.New}},
		})
	}
	for _, f := range p.Places {
		result := compare.Changed.String()
		if f.Volatile {
			result = "volatile"
		}
		lines = append(lines, compareLineJSON{
			Kind: "place", Result: result, Name: f.Kind, Compared: f.Compared, Differ: f.Differ, ConnA: pair.ConnA, ConnB: pair.ConnB,
			Changes: []compareChangeJSON{{f.Path, f.Old, f.New}},
		})
	}
	for i := range p.Rows {
		if r := &p.Rows[i]; r.Class != compare.Same || r.Slower {
			lines = append(lines, rowJSON(r, &pair))
		}
	}
	return lines
}

func rowJSON(r *compare.Row, pair *compareLineJSON) compareLineJSON {
	line := compareLineJSON{Kind: "message", Result: r.Class.String(), A: messageJSON(r.A), B: messageJSON(r.B), Slower: r.Slower, ConnA: pair.ConnA, ConnB: pair.ConnB}
	for _, c := range r.Changes {
		line.Changes = append(line.Changes, compareChangeJSON(c))
	}
	return line
}

func connJSON(c *compare.Conn) *compareConnJSON {
	if c == nil {
		return nil
	}
	return &compareConnJSON{c.Number, c.Name}
}

func messageJSON(m *compare.Message) *compareMessageJSON {
	if m == nil {
		return nil
	}
	out := &compareMessageJSON{Seq: m.Seq, Dir: m.Dir.String(), Op: m.Op.String(), Length: m.Length, Decoder: m.Decoder, Answer: m.Answer}
	out.Text, out.Base64 = textOrBytes(string(m.Payload))
	return out
}
