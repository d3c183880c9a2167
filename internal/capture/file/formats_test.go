package file

import (
	"bytes"
	"errors"
	"io"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/internal/test/recordtest"
)

// These tests prove that a capture comes back from every file format as it was written, and that what is damaged is reported
// with its place while everything else is kept.

// format is a file format as the tests need it.
type format struct {
	name  string
	write func(io.Writer) fileOf
	read  func(io.Reader, record.Visitor) error
}

type fileOf interface {
	Write(*record.Record) error
	Close() error
}

var formats = []format{
	{"capture file", func(w io.Writer) fileOf { return NewWriter(w) }, Read},
	{"JSONL", func(w io.Writer) fileOf { return NewJSONLWriter(w) }, ReadJSONL},
	{"HAR", func(w io.Writer) fileOf { return NewHARWriter(w, "test") }, ReadHAR},
}

func (f format) file(t interface{ Fatal(...any) }, records []record.Record) []byte {
	var b bytes.Buffer
	w := f.write(&b)
	for i := range records {
		if err := w.Write(&records[i]); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// gather returns what a reader passes on.
func (f format) gather(file []byte) (records []record.Record, damage []*record.Damage, err error) {
	err = f.read(bytes.NewReader(file), record.Visitor{
		Record: func(r *record.Record) error { records = append(records, r.Clone()); return nil },
		Damage: func(d *record.Damage) { damage = append(damage, d) },
	})
	return records, damage, err
}

// anyCapture draws records whose numbers go up, with gaps.
func anyCapture(t *rapid.T) []record.Record {
	records := rapid.SliceOfN(recordtest.Any, 0, 8).Draw(t, "records")
	seq := uint64(0)
	for i := range records {
		seq += 1 + rapid.SampledFrom([]uint64{0, 0, 0, 1, 300}).Draw(t, "gap")
		records[i].Seq = seq
	}
	return records
}

func TestACaptureComesBackFromEveryFormat(t *testing.T) {
	for _, f := range formats {
		t.Run(f.name, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				want := anyCapture(t)
				got, damage, err := f.gather(f.file(t, want))
				if err != nil || len(damage) > 0 || len(got) != len(want) {
					t.Fatalf("%d of %d records, damage %v, error %v", len(got), len(want), damage, err)
				}
				for i := range want {
					if !reflect.DeepEqual(got[i], want[i]) {
						t.Fatalf("got  %+v\nwant %+v", got[i], want[i])
					}
				}
			})
		})
	}
}

// conversation is a small capture with a record of each kind.
func conversation(t interface{ Fatal(...any) }) []record.Record {
	var out []record.Record
	_, err := record.ReadBatch(recordtest.Sample(), func(r *record.Record) bool { out = append(out, r.Clone()); return true })
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// TestEveryCutKeepsTheRecordsBeforeIt: whatever byte a file ends at, the records that are whole are read, and a cut inside
// one is reported once. A HAR file, which is one JSON value, has the records that it got to.
func TestEveryCutKeepsTheRecordsBeforeIt(t *testing.T) {
	want := conversation(t)
	for _, f := range formats[:2] {
		file := f.file(t, want)
		kept := -1
		for n := range len(file) + 1 {
			got, damage, err := f.gather(file[:n])
			if errors.Is(err, ErrNotCapture) && n <= len(Magic) {
				continue
			}
			if err != nil || len(damage) > 1 {
				t.Fatalf("%s cut at %d: %v, %v", f.name, n, err, damage)
			}
			if len(got) < kept || !reflect.DeepEqual(got, want[:len(got)]) && len(got) > 0 {
				t.Fatalf("%s cut at %d: got %d records after %d", f.name, n, len(got), kept)
			}
			kept = len(got)
		}
		if kept != len(want) {
			t.Errorf("%s: %d of %d records from the whole file", f.name, kept, len(want))
		}
	}
	har := formats[2].file(t, want)
	for n := range len(har) {
		got, damage, err := formats[2].gather(har[:n])
		if err != nil && !errors.Is(err, ErrNotHAR) || len(damage) > 1 || len(got) > len(want) {
			t.Fatalf("HAR cut at %d: %d records, %v, %v", n, len(got), err, damage)
		}
	}
}

func TestJSONLDamageHasLineAndColumn(t *testing.T) {
	good := string(AppendJSONL(nil, &record.Record{Seq: 1, Kind: record.KindEnd, Reason: "bye"}))
	for _, c := range []struct{ bad, want string }{
		{`{"v":1,`, "line 2, column 8: unexpected end of JSON input"},
		{`nonsense`, `line 2, column 2: invalid character 'o' in literal null (expecting 'u')`},
		{`{}`, `line 2, column 1: the line has no "v" from 1 to 3: it is not a record, or a newer program wrote it`},
		{`{"v":4,"time":"x"}`, `line 2, column 1: the line has no "v" from 1 to 3: it is not a record, or a newer program wrote it`},
		{`{"v":1,"time":"x"}`, `line 2, column 8: "time" is "x": want 2026-01-31T12:00:00.123456789Z`},
		{`{"v":1,"time":"1970-01-01T00:00:00Z","kind":"fram"}`, `line 2, column 38: "kind" is "fram": no kind of record`},
		{`{"v":1,"time":"1970-01-01T00:00:00Z","kind":"end","by":"me"}`, `line 2, column 51: "by" is "me": want client, server or none`},
		{`{"v":1,"time":"1970-01-01T00:00:00Z","kind":"frame"}`, `line 2, column 45: "frame" is missing`},
		{`{"v":1,"time":"1970-01-01T00:00:00Z","kind":"frame","frame":{"opcode":16}}`, `line 2, column 62: "opcode" is 16: want 0 to 15`},
		{`{"v":1,"time":"1970-01-01T00:00:00Z","kind":"frame","frame":{"key":"123"}}`, `line 2, column 62: "key" is "123": want 8 hex digits`},
		{`{"v":1,"time":"1970-01-01T00:00:00Z","kind":"frame","frame":{"violations":["rude"]}}`, `line 2, column 62: "violations" has "rude": no violation has that name`},
		{`{"v":1,"time":"1970-01-01T00:00:00Z","kind":"response","base64":"!"}`, `line 2, column 56: "base64" is not base64: illegal base64 data at input byte 0`},
		{`{"v":2,"time":"1970-01-01T00:00:00Z","kind":"end","marks":["loud"]}`, `line 2, column 51: "marks" has "loud": no mark has that name`},
		{`{"v":1,"conn":-1}`, `line 2, column 16: json: cannot unmarshal number -1 into Go struct field line.conn of type uint32`},
	} {
		records, damage, err := formats[1].gather([]byte(good + c.bad + "\n\n" + good))
		if err != nil || len(records) != 2 || len(damage) != 1 || damage[0].Error() != c.want {
			t.Errorf("%s: %d records, error %v, damage\n got %v\nwant %s", c.bad, len(records), err, damage, c.want)
		}
	}
}

// TestLinesTakeTheLowestVersion: an older reader refuses a line with marks, which it would take for what the peers said, one of
// a kind that it does not know, and reads all others.
func TestLinesTakeTheLowestVersion(t *testing.T) {
	for want, r := range map[string]record.Record{`{"v":1,"seq":0,`: {Kind: record.KindEnd}, `{"v":2,"seq":0,`: {Kind: record.KindEnd, Marks: record.Injected}, `{"v":3,"seq":0,`: {Kind: record.KindTransit}} {
		if got := string(AppendJSONL(nil, &r)); !strings.HasPrefix(got, want) || strings.Contains(got, `"marks":["injected"]`) != (r.Marks != 0) {
			t.Error(got)
		}
	}
}

func TestALineThatIsTooLongIsPassedOver(t *testing.T) {
	good := string(AppendJSONL(nil, &record.Record{Seq: 1, Kind: record.KindEnd}))
	long := io.MultiReader(strings.NewReader(good), io.LimitReader(endless('x'), MaxLine+1), strings.NewReader("\n"+good))
	n := 0
	var damage []*record.Damage
	err := ReadJSONL(long, record.Visitor{Record: func(*record.Record) error { n++; return nil }, Damage: func(d *record.Damage) { damage = append(damage, d) }})
	if err != nil || n != 2 || len(damage) != 1 || !errors.Is(damage[0], ErrLineTooLong) || damage[0].Line != 2 {
		t.Errorf("%d records, %v, %v", n, damage, err)
	}
}

type endless byte

func (e endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = byte(e)
	}
	return len(p), nil
}

func TestDamagedCaptureFiles(t *testing.T) {
	records := conversation(t)
	header := AppendHeader(nil)
	block := func(seq uint64) []byte {
		return AppendBlock(nil, recordtest.BatchOf(record.Batch{First: seq}, records[:2]))
	}
	flipped := block(3)
	flipped[len(flipped)-1] ^= 1
	for _, c := range []struct {
		name string
		file []byte
		kept int
		want error // damage
	}{
		{"a batch with a flipped bit", bytes.Join([][]byte{header, block(1), flipped, block(5)}, nil), 4, ErrBlock},
		{"a length past the limit", bytes.Join([][]byte{header, block(1), {0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 0, 0}}, nil), 2, ErrLength},
		{"a length past the end", bytes.Join([][]byte{header, block(1), {0, 0, 0, 1, 0, 0, 0, 0}}, nil), 2, ErrTail},
		{"a batch of another version", bytes.Join([][]byte{header, AppendBlock(nil, []byte{9}), block(1)}, nil), 2, record.ErrVersion},
	} {
		got, damage, err := formats[0].gather(c.file)
		if err != nil || len(got) != c.kept || len(damage) != 1 || !errors.Is(damage[0], c.want) {
			t.Errorf("%s: %d records, damage %v, error %v", c.name, len(got), damage, err)
		}
	}
	for text, want := range map[string]error{"": ErrNotCapture, "GET / HTTP/1.1\r\n": ErrNotCapture, Magic + "\x02": ErrNewer} {
		if _, _, err := formats[0].gather([]byte(text)); !errors.Is(err, want) {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestReadersStopWhenTheVisitorFails(t *testing.T) {
	stop := errors.New("enough")
	for _, f := range formats {
		n := 0
		err := f.read(bytes.NewReader(f.file(t, conversation(t))), record.Visitor{Record: func(*record.Record) error { n++; return stop }})
		if !errors.Is(err, stop) || n != 1 {
			t.Errorf("%s: %v after %d records", f.name, err, n)
		}
	}
}

// fuzzFormat proves of a reader that no file makes it panic, and that what it reads can be written and read again.
func fuzzFormat(f *testing.F, in format) {
	all := conversation(f)
	f.Add(in.file(f, all))
	for i := range all { // small ones are what a fuzzer gets far with
		f.Add(in.file(f, all[i:i+1]))
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		got, _, err := in.gather(file)
		if err != nil {
			return
		}
		again, damage, err := in.gather(in.file(t, got))
		if err != nil || len(damage) > 0 || !reflect.DeepEqual(got, again) {
			t.Fatalf("error %v, damage %v\n got %+v\nwant %+v", err, damage, again, got)
		}
	})
}

func FuzzReadFile(f *testing.F)  { fuzzFormat(f, formats[0]) }
func FuzzReadJSONL(f *testing.F) { fuzzFormat(f, formats[1]) }
func FuzzReadHAR(f *testing.F)   { fuzzFormat(f, formats[2]) }
