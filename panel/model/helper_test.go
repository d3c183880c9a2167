package model

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/internal/frame"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// batchOf encodes records as one batch whose first has number first.
func batchOf(first uint64, records ...record.Record) []byte {
	b := record.AppendBatch(nil, record.Batch{First: first, Count: uint64(len(records))})
	for i := range records {
		b = record.AppendRecord(b, &records[i])
	}
	return b
}

// feed gives m one batch and lets it finish its work.
func feed(m *Model, first uint64, records ...record.Record) {
	m.Update(Batch{batchOf(first, records...)})
	settle(m)
}

func settle(m *Model) {
	for m.Step(1 << 20) {
	}
}

// text is a whole text message in one frame.
func text(dir record.Dir, s string) record.Record {
	return data(dir, frame.Text, []byte(s))
}

func data(dir record.Dir, o frame.Opcode, p []byte) record.Record {
	n := uint64(len(p))
	return record.Record{
		Time: 1e9, Conn: 1, Kind: record.KindFrame, Dir: dir,
		Header:  frame.Header{Fin: true, Opcode: o, Length: n, Size: 2},
		Payload: p, Message: 1, Final: true, Frames: 1, Wire: n, Inflated: n,
	}
}

func control(dir record.Dir, o frame.Opcode, p string) record.Record {
	return record.Record{
		Time: 1e9, Conn: 1, Kind: record.KindFrame, Dir: dir,
		Header:  frame.Header{Fin: true, Opcode: o, Length: uint64(len(p)), Size: 2},
		Payload: []byte(p),
	}
}

// shown returns the previews of all matches.
func shown(m *Model) []string {
	var out []string
	for i := range m.viewport.total() {
		out = append(out, m.grid.line(i).Preview)
	}
	return out
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs; run with -update and look at the difference\n%s", path, firstDifference(got, string(want)))
	}
}

func firstDifference(got, want string) string {
	g, w := strings.Split(got, "\n"), strings.Split(want, "\n")
	for i := range min(len(g), len(w)) {
		if g[i] != w[i] {
			return "got  " + g[i] + "\nwant " + w[i]
		}
	}
	return "one is a prefix of the other"
}
