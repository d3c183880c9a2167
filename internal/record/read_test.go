package record

import (
	"bytes"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/tetherscope/tetherscope/internal/frame"
)

// These tests prove that what was written is read the same, and that reading anything else gives an error that says
// where, without a panic and without memory.

var (
	anyBytes    = rapid.SliceOfN(rapid.Byte(), 0, 300)
	anyDuration = rapid.Custom(func(t *rapid.T) time.Duration { return time.Duration(rapid.Int64Min(0).Draw(t, "ns")) })
	anyKind     = rapid.SampledFrom([]Kind{KindRequest, KindResponse, KindFrame, KindClose, KindEnd, KindBroken, KindNote, KindPassed})
)

// anyRecord draws records of every kind with the fields that the kind has.
var anyRecord = rapid.Custom(func(t *rapid.T) Record {
	r := Record{
		Time: rapid.Int64().Draw(t, "time"),
		Conn: rapid.Uint32().Draw(t, "conn"),
		Kind: anyKind.Draw(t, "kind"),
		Leg:  Leg(rapid.IntRange(0, 1).Draw(t, "leg")),
		Dir:  Dir(rapid.IntRange(0, 1).Draw(t, "dir")),

		Marks:  Marks(rapid.SampledFrom([]byte{0, 0, 1, 0x80, 0xFF}).Draw(t, "marks")),
		Source: Source(rapid.IntRange(0, 1).Draw(t, "source")),
	}
	switch r.Kind {
	case KindRequest:
		r.Head, r.Name, r.Remote = anyBytes.Draw(t, "head"), rapid.String().Draw(t, "name"), rapid.String().Draw(t, "remote")
		r.Waited = anyDuration.Draw(t, "waited")
	case KindResponse:
		r.Head = anyBytes.Draw(t, "head")
		if rapid.Bool().Draw(t, "reached") {
			r.Reached = Reached{rapid.String().Draw(t, "address"), anyDuration.Draw(t, "lookup"), anyDuration.Draw(t, "connect"), anyDuration.Draw(t, "TLS"), anyDuration.Draw(t, "answer")}
		}
	case KindPassed:
		for range rapid.IntRange(0, 3).Draw(t, "parts") {
			from := rapid.Uint64Range(0, 1<<62).Draw(t, "from")
			r.Passed = append(r.Passed, Passage{from, from + rapid.Uint64Range(0, 1<<62).Draw(t, "bytes"), anyDuration.Draw(t, "stood")})
		}
	case KindFrame:
		drawFrame(t, &r)
	case KindNote:
		r.Name, r.Reason = rapid.String().Draw(t, "name"), rapid.String().Draw(t, "reason")
	case KindClose, KindEnd, KindBroken:
		r.By = Side(rapid.IntRange(0, 2).Draw(t, "by"))
		r.Code, r.Offset = rapid.Uint16().Draw(t, "code"), rapid.Uint64().Draw(t, "offset")
		r.Reason, r.Clean = rapid.String().Draw(t, "reason"), rapid.Bool().Draw(t, "clean")
	}
	return r
})

func drawFrame(t *rapid.T, r *Record) {
	r.Header = frame.Header{
		Fin: rapid.Bool().Draw(t, "fin"), Rsv: rapid.Uint8Range(0, 7).Draw(t, "rsv"), Opcode: frame.Opcode(rapid.Uint8Range(0, 15).Draw(t, "opcode")),
		Masked: rapid.Bool().Draw(t, "masked"), Length: rapid.Uint64().Draw(t, "length"), Size: rapid.Uint8Range(0, 14).Draw(t, "size"),
	}
	if r.Header.Masked {
		r.Header.Key = [4]byte(rapid.SliceOfN(rapid.Byte(), 4, 4).Draw(t, "key"))
	}
	r.Offset, r.Violations = rapid.Uint64().Draw(t, "offset"), frame.Violations(rapid.Uint64().Draw(t, "violations"))
	r.Truncated, r.Compressed = rapid.Bool().Draw(t, "truncated"), rapid.Bool().Draw(t, "compressed")
	r.Message, r.Payload = rapid.Uint64().Draw(t, "message"), anyBytes.Draw(t, "payload")
	if r.Final = rapid.Bool().Draw(t, "final"); r.Final {
		r.Frames, r.Wire, r.Inflated = rapid.Uint32().Draw(t, "frames"), rapid.Uint64().Draw(t, "wire"), rapid.Uint64().Draw(t, "inflated")
		if rapid.Bool().Draw(t, "has body") {
			r.Body = anyBytes.Draw(t, "body")
		}
	}
}

// batchOf writes a whole batch.
func batchOf(b Batch, records []Record) []byte {
	b.Count = uint64(len(records))
	out := AppendBatch(nil, b)
	for i := range records {
		out = AppendRecord(out, &records[i])
	}
	return out
}

// readAll reads a batch into records that outlive it.
func readAll(b []byte) (Batch, []Record, error) {
	var records []Record
	batch, err := ReadBatch(b, func(r *Record) bool {
		c := *r
		c.Head, c.Payload, c.Body = bytes.Clone(r.Head), bytes.Clone(r.Payload), bytes.Clone(r.Body)
		records = append(records, c)
		return true
	})
	return batch, records, err
}

func TestRecordsComeBackAsTheyWere(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := Batch{First: rapid.Uint64Range(1, 1<<62).Draw(t, "first"), Missed: rapid.Uint64().Draw(t, "missed"), Evicted: rapid.Uint64().Draw(t, "evicted")}
		records := rapid.SliceOfN(anyRecord, 0, 5).Draw(t, "records")
		batch, got, err := readAll(batchOf(want, records))
		want.Count = uint64(len(records))
		if err != nil || batch != want || len(got) != len(records) {
			t.Fatalf("batch %+v, %d records, %v", batch, len(got), err)
		}
		for i, r := range records {
			r.Seq = want.First + uint64(i)
			if !reflect.DeepEqual(got[i], r) {
				t.Fatalf("got  %+v\nwant %+v", got[i], r)
			}
		}
	})
}

// sample is a batch with a record of each kind.
func sample() []byte {
	return batchOf(Batch{First: 7, Missed: 3, Evicted: 9}, []Record{
		{Kind: KindRequest, Conn: 1, Head: []byte("GET / HTTP/1.1\r\n\r\n"), Name: "/ws/echo", Remote: "127.0.0.1:5", Waited: time.Second},
		{Kind: KindResponse, Conn: 1, Head: []byte("HTTP/1.1 101\r\n\r\n"), Reached: Reached{"[::1]:9", 1, 2, 3, 4}},
		{Kind: KindFrame, Conn: 1, Header: frame.Header{Fin: true, Opcode: frame.Text, Masked: true, Key: [4]byte{1, 2, 3, 4}, Length: 5, Size: 6}, Message: 1, Payload: []byte("Hello"), Final: true, Frames: 1, Wire: 5, Inflated: 5, Body: []byte("body")},
		{Kind: KindFrame, Conn: 1, Dir: In, Marks: Injected, Header: frame.Header{Fin: true, Opcode: frame.Ping, Size: 2}, Payload: []byte{}},
		{Kind: KindClose, Conn: 1, By: SideClient, Code: 1000, Reason: "done", Clean: true},
		{Kind: KindBroken, Conn: 1, Reason: "lost"},
		{Kind: KindEnd, Conn: 1, By: SideServer},
		{Kind: KindPassed, Conn: 1, Dir: In, Passed: []Passage{{0, 2, time.Millisecond}, {10, 20, 0}, {2, 10, 1}}},
	})
}

func TestABatchThatIsCutIsAnErrorAtTheCut(t *testing.T) {
	whole := sample()
	for n := range whole {
		_, records, err := readAll(whole[:n])
		var at *Error
		if !errors.As(err, &at) || at.Offset > n || len(records) == 8 {
			t.Fatalf("%d of %d bytes: %d records, %v", n, len(whole), len(records), err)
		}
		cause := ErrMalformed
		if n == 0 {
			cause = ErrVersion
		}
		if !errors.Is(err, cause) {
			t.Fatalf("%d bytes: %v", n, err)
		}
	}
}

func TestMalformedBatches(t *testing.T) {
	for _, c := range []struct {
		name    string
		batch   string
		records int
		want    string
	}{
		{"empty", "", 0, "record: at byte 0: batch of a version that this program does not know"},
		{"a later version", "\x03\x01\x00\x00\x00", 0, "at byte 0: batch of a version that this program does not know"},
		{"a count without records", "\x01\x01\x05\x00\x00", 0, "at byte 5: malformed batch"},
		{"bytes behind the records", "\x01\x01\x00\x00\x00x", 0, "at byte 5: malformed batch"},
		{"an empty record", "\x01\x01\x01\x00\x00\x00", 0, "at byte 6: malformed batch"},
		{"a record longer than the batch", "\x01\x01\x01\x00\x00\x7f\x03", 0, "at byte 6: malformed batch"},
		{"a number past 64 bits", "\x01" + strings.Repeat("\xff", 11), 0, "at byte 1: malformed batch"},
		{"a connection past 32 bits", "\x01\x01\x01\x00\x00\x10\x02\x00\x00" + "12345678" + "\xff\xff\xff\xff\x1f\x00", 0, "at byte 22: malformed batch"},
		{"a payload longer than its record", "\x01\x01\x01\x00\x00\x0d\x02\x00\x00" + "12345678" + "\x01\x7f" + "next", 0, "at byte 19: malformed batch"},
	} {
		_, records, err := readAll([]byte(c.batch))
		if err == nil || !strings.Contains(err.Error(), c.want) || len(records) != c.records {
			t.Errorf("%s: %d records, %v, want %s", c.name, len(records), err, c.want)
		}
	}
}

func TestAHeaderSizeThatCannotBeIsMalformed(t *testing.T) {
	b := batchOf(Batch{First: 1}, []Record{{Kind: KindFrame, Header: frame.Header{Size: frame.MaxHeaderSize + 1}}})
	if _, _, err := readAll(b); !errors.Is(err, ErrMalformed) {
		t.Errorf("got %v", err)
	}
}

// TestBatchesOfBeforeAreRead: version 1 is version 2 without marks.
func TestBatchesOfBeforeAreRead(t *testing.T) {
	b := batchOf(Batch{First: 1}, []Record{{Kind: KindEnd, Conn: 3, Reason: "over"}})
	b[0] = 1
	if _, got, err := readAll(b); err != nil || len(got) != 1 || got[0].Reason != "over" || got[0].Marks != 0 {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestUnknownKindsAreSkippedOver(t *testing.T) {
	b := AppendBatch(nil, Batch{First: 1, Count: 2})
	b = append(b, 15, 200, 3, 0, 1, 0, 0, 0, 0, 0, 0, 0, 5, 'n', 'e', 'w')
	b = AppendRecord(b, &Record{Kind: KindEnd, Reason: "known"})
	_, got, err := readAll(b)
	if err != nil || len(got) != 2 || got[0].Kind != 200 || got[0].Time != 1 || got[0].Conn != 5 || got[0].Dir != In || got[1].Reason != "known" {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestReadingStopsWhenAsked(t *testing.T) {
	n := 0
	batch, err := ReadBatch(sample(), func(*Record) bool { n++; return n < 2 })
	if n != 2 || err != nil || batch.Count != 8 {
		t.Errorf("%d records, %+v, %v", n, batch, err)
	}
}

func FuzzReadBatch(f *testing.F) {
	whole := sample()
	f.Add(whole)
	f.Add(whole[:len(whole)/2])
	f.Add([]byte("\x01\x01\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01\x00\x00"))
	f.Fuzz(func(t *testing.T, b []byte) {
		held := 0
		var records []Record
		batch, err := ReadBatch(b, func(r *Record) bool {
			held += len(r.Head) + len(r.Payload) + len(r.Body) + len(r.Name) + len(r.Remote) + len(r.Reason)
			c := *r
			c.Head, c.Payload, c.Body = bytes.Clone(r.Head), bytes.Clone(r.Payload), bytes.Clone(r.Body)
			records = append(records, c)
			return true
		})
		if held > len(b) || len(records) > len(b) {
			t.Fatalf("%d records with %d bytes from %d", len(records), held, len(b))
		}
		var at *Error
		switch {
		case err == nil && uint64(len(records)) != batch.Count:
			t.Fatalf("%d records of %d without an error", len(records), batch.Count)
		case err != nil && (!errors.As(err, &at) || at.Offset < 0 || at.Offset > len(b)):
			t.Fatalf("%v in %d bytes", err, len(b))
		case err != nil:
			return
		}
		// What was read can be written and read again.
		_, again, err := readAll(batchOf(batch, records))
		if err != nil || !reflect.DeepEqual(again, records) {
			t.Fatalf("%v: got %+v, want %+v", err, again, records)
		}
	})
}
