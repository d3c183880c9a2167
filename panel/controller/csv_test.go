package controller

import (
	"encoding/csv"
	"slices"
	"strings"
	"testing"

	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/internal/frame"
)

// TestCSV: a line for each record, text as it is, bytes as digits, and nothing that a spreadsheet takes for a formula.
func TestCSV(t *testing.T) {
	var b strings.Builder
	w, err := newCSVWriter(&b)
	if err != nil {
		t.Fatal(err)
	}
	data := func(o frame.Opcode, payload string) record.Record {
		n := uint64(len(payload))
		return record.Record{Seq: 7, Conn: 2, Kind: record.KindFrame, Dir: record.In, Final: true, Inflated: n, Wire: n, Payload: []byte(payload), Header: frame.Header{Fin: true, Opcode: o, Length: n}}
	}
	list := []record.Record{
		data(frame.Text, `two "quoted", lines`+"\n"), data(frame.Text, `=HYPERLINK("http://evil.test")`), data(frame.Text, "-1+cmd"),
		data(frame.Binary, "\x00\xff"), data(frame.Close, "\x03\xe8=bye"),
		{Seq: 8, Conn: 2, Kind: record.KindClose, Code: 1000, Reason: "@sum"},
	}
	for i := range list {
		if err := w.Write(&list[i]); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	got, err := csv.NewReader(strings.NewReader(b.String())).ReadAll()
	if err != nil || len(got) != len(list)+1 {
		t.Fatalf("%d lines, %v", len(got), err)
	}
	var content []string
	for _, line := range got {
		content = append(content, line[len(line)-1])
		for _, cell := range line {
			if cell != "" && strings.ContainsAny(cell[:1], "=+-@") {
				t.Errorf("a spreadsheet takes %q for a formula", cell)
			}
		}
	}
	want := []string{"content", "two \"quoted\", lines\n", `'=HYPERLINK("http://evil.test")`, "'-1+cmd", "0x00ff", "'=bye", "'@sum"}
	if !slices.Equal(content, want) {
		t.Errorf("%q, want %q", content, want)
	}
	if got[5][10] != "1000" || got[6][10] != "1000" || got[1][4] != "in" {
		t.Errorf("codes %q and %q, direction %q", got[5][10], got[6][10], got[1][4])
	}
}
