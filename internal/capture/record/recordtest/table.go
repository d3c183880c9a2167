package recordtest

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Table is a batch, field by field.
type Table struct {
	Header  Part
	Records []Part
}

// Part is the header of a batch, or a record without the length before it.
type Part struct {
	Name   string
	Fields []Field
}

// Field is one field of a part.
type Field struct {
	Name  string
	Bytes []byte
}

// bytes returns the fields one after the other.
func (p Part) bytes() []byte {
	var all []byte
	for _, f := range p.Fields {
		all = append(all, f.Bytes...)
	}
	return all
}

// at returns the name of the field that holds the byte at offset i.
func (p Part) at(i int) string {
	for _, f := range p.Fields {
		if i < len(f.Bytes) {
			return f.Name
		}
		i -= len(f.Bytes)
	}
	return "the end"
}

// Batch returns the whole batch.
func (t Table) Batch() []byte {
	b := t.Header.bytes()
	for _, r := range t.Records {
		record := r.bytes()
		b = binary.AppendUvarint(b, uint64(len(record)))
		b = append(b, record...)
	}
	return b
}

// Page reads the table of what a page writes.
func Page(t testing.TB) Table {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root(t), "internal", "capture", "record", "testdata", "page.batch.txt"))
	if err != nil {
		t.Fatal(err)
	}
	return parse(t, string(text))
}

// root returns the folder of the module: the nearest one above the test with a go.mod.
func root(t testing.TB) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
		up := filepath.Dir(dir)
		if up == dir {
			t.Fatal("no go.mod above the test")
		}
		dir = up
	}
}

func parse(t testing.TB, text string) (table Table) {
	t.Helper()
	part := &table.Header
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\n")
		name, value, _ := strings.Cut(strings.TrimSpace(line), ": ")
		switch {
		case line == "" || line[0] == '#' || line == "batch":
		case strings.HasPrefix(line, "record: "):
			table.Records = append(table.Records, Part{Name: value})
			part = &table.Records[len(table.Records)-1]
		default:
			b, err := hex.DecodeString(value)
			if err != nil {
				t.Fatalf("%q: %v", line, err)
			}
			part.Fields = append(part.Fields, Field{name, b})
		}
	}
	return table
}

// Compare fails the test, with the name of the field, when a batch is not the one of the table.
func Compare(t testing.TB, batch []byte, table Table) {
	t.Helper()
	header := table.Header.bytes()
	if !bytes.HasPrefix(batch, header) {
		t.Fatalf("the batch begins with %x, want %x", batch[:min(len(batch), len(header))], header)
	}
	rest := batch[len(header):]
	for i, want := range table.Records {
		length, n := binary.Uvarint(rest)
		if n <= 0 || uint64(len(rest)-n) < length {
			t.Fatalf("record %d (%s): the length is malformed: %x", i+1, want.Name, rest[:min(len(rest), 10)])
		}
		compareRecord(t, i+1, rest[n:n+int(length)], want)
		rest = rest[n+int(length):]
	}
	if len(rest) > 0 {
		t.Errorf("%d bytes follow the last record", len(rest))
	}
}

func compareRecord(t testing.TB, number int, got []byte, part Part) {
	t.Helper()
	want := part.bytes()
	if bytes.Equal(got, want) {
		return
	}
	at := 0
	for at < len(got) && at < len(want) && got[at] == want[at] {
		at++
	}
	t.Errorf("record %d (%s) differs at byte %d, field %q\n got  %x\n want %x", number, part.Name, at, part.at(at), got, want)
}
