package record_test

import (
	"bytes"
	"errors"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/internal/frame"
	"github.com/tetherscope/tetherscope/internal/test/recordtest"
)

// These tests prove that what was written is read the same, and that reading anything else gives an error that says
// where, without a panic and without memory.

// readAll reads a batch into records that outlive it.
func readAll(b []byte) (record.Batch, []record.Record, error) {
	var records []record.Record
	batch, err := record.ReadBatch(b, func(r *record.Record) bool {
		c := *r
		c.Head, c.Payload, c.Body = bytes.Clone(r.Head), bytes.Clone(r.Payload), bytes.Clone(r.Body)
		records = append(records, c)
		return true
	})
	return batch, records, err
}

func TestRecordsComeBackAsTheyWere(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := record.Batch{First: rapid.Uint64Range(1, 1<<62).Draw(t, "first"), Missed: rapid.Uint64().Draw(t, "missed"), Evicted: rapid.Uint64().Draw(t, "evicted")}
		records := rapid.SliceOfN(recordtest.Any, 0, 5).Draw(t, "records")
		batch, got, err := readAll(recordtest.BatchOf(want, records))
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

func TestABatchThatIsCutIsAnErrorAtTheCut(t *testing.T) {
	whole := recordtest.Sample()
	for n := range whole {
		_, records, err := readAll(whole[:n])
		var at *record.Error
		if !errors.As(err, &at) || at.Offset > n || len(records) == 8 {
			t.Fatalf("%d of %d bytes: %d records, %v", n, len(whole), len(records), err)
		}
		cause := record.ErrMalformed
		if n == 0 {
			cause = record.ErrVersion
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
	b := recordtest.BatchOf(record.Batch{First: 1}, []record.Record{{Kind: record.KindFrame, Header: frame.Header{Size: frame.MaxHeaderSize + 1}}})
	if _, _, err := readAll(b); !errors.Is(err, record.ErrMalformed) {
		t.Errorf("got %v", err)
	}
}

// TestBatchesOfBeforeAreRead: version 1 is version 2 without marks.
func TestBatchesOfBeforeAreRead(t *testing.T) {
	b := recordtest.BatchOf(record.Batch{First: 1}, []record.Record{{Kind: record.KindEnd, Conn: 3, Reason: "over"}})
	b[0] = 1
	if _, got, err := readAll(b); err != nil || len(got) != 1 || got[0].Reason != "over" || got[0].Marks != 0 {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestUnknownKindsAreSkippedOver(t *testing.T) {
	b := record.AppendBatch(nil, record.Batch{First: 1, Count: 2})
	b = append(b, 15, 200, 3, 0, 1, 0, 0, 0, 0, 0, 0, 0, 5, 'n', 'e', 'w')
	b = record.AppendRecord(b, &record.Record{Kind: record.KindEnd, Reason: "known"})
	_, got, err := readAll(b)
	if err != nil || len(got) != 2 || got[0].Kind != 200 || got[0].Time != 1 || got[0].Conn != 5 || got[0].Dir != record.In || got[1].Reason != "known" {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestReadingStopsWhenAsked(t *testing.T) {
	n := 0
	batch, err := record.ReadBatch(recordtest.Sample(), func(*record.Record) bool { n++; return n < 2 })
	if n != 2 || err != nil || batch.Count != 8 {
		t.Errorf("%d records, %+v, %v", n, batch, err)
	}
}

func FuzzReadBatch(f *testing.F) {
	whole := recordtest.Sample()
	f.Add(whole)
	f.Add(whole[:len(whole)/2])
	f.Add([]byte("\x01\x01\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01\x00\x00"))
	f.Fuzz(func(t *testing.T, b []byte) {
		held := 0
		var records []record.Record
		batch, err := record.ReadBatch(b, func(r *record.Record) bool {
			held += len(r.Head) + len(r.Payload) + len(r.Body) + len(r.Name) + len(r.Remote) + len(r.Reason)
			c := *r
			c.Head, c.Payload, c.Body = bytes.Clone(r.Head), bytes.Clone(r.Payload), bytes.Clone(r.Body)
			records = append(records, c)
			return true
		})
		if held > len(b) || len(records) > len(b) {
			t.Fatalf("%d records with %d bytes from %d", len(records), held, len(b))
		}
		var at *record.Error
		switch {
		case err == nil && uint64(len(records)) != batch.Count:
			t.Fatalf("%d records of %d without an error", len(records), batch.Count)
		case err != nil && (!errors.As(err, &at) || at.Offset < 0 || at.Offset > len(b)):
			t.Fatalf("%v in %d bytes", err, len(b))
		case err != nil:
			return
		}
		// What was read can be written and read again.
		_, again, err := readAll(recordtest.BatchOf(batch, records))
		if err != nil || !reflect.DeepEqual(again, records) {
			t.Fatalf("%v: got %+v, want %+v", err, again, records)
		}
	})
}
