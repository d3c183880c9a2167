// These tests prove that a run is the records of its frames, whichever of them a reader wants.
package record

import (
	"bytes"
	"fmt"
	"reflect"
	"testing"

	"pgregory.net/rapid"

	"github.com/tetherscope/tetherscope/internal/frame"
)

// aRun returns a run of n messages, and what a decoder makes records of for the same frames.
func aRun(t *rapid.T, dir Dir, before int) (run Run, records [][]byte) {
	c := frame.Config{FromClient: dir == Out, LeaveMasked: true}
	passes, feeds := frame.NewDecoder(c), frame.NewDecoder(c)
	message := func(i int) []byte {
		h := frame.Header{Fin: true, Opcode: rapid.SampledFrom([]frame.Opcode{frame.Text, frame.Binary}).Draw(t, "opcode"), Masked: dir == Out}
		if h.Masked {
			h.Key = [4]byte{1, byte(i / 2), 3, 4} // every other one repeats a key
		}
		return frame.AppendFrame(nil, h, bytes.Repeat([]byte{byte('a' + i)}, rapid.SampledFrom([]int{0, 1, 125, 126, 300}).Draw(t, "length")))
	}
	rec := Record{Time: 77, Conn: 300, Dir: dir}
	for i := range before {
		b := message(i)
		passes.Feed(b, func(*frame.Frame) {})
		feeds.Feed(b, func(*frame.Frame) {})
	}
	var wire []byte
	for i := range rapid.IntRange(1, 9).Draw(t, "messages") {
		wire = append(wire, message(before+i)...)
	}
	feeds.Feed(wire, func(f *frame.Frame) {
		rec.SetFrame(f)
		records = append(records, AppendRecord(nil, rec.Unmasked()))
	})
	run = Run{Time: 77, Conn: 300, Dir: dir, Bytes: wire}
	var n int
	if run.Run, n = passes.PassRun(wire, MaxRun); n != len(wire) {
		t.Fatalf("%d of %d bytes are a run", n, len(wire))
	}
	return run, records
}

func TestRunsAreTheRecordsOfTheirFrames(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var entries []byte
		var want [][]byte
		for i := range rapid.IntRange(1, 4).Draw(t, "entries") {
			if rapid.Bool().Draw(t, "a record") {
				r := &Record{
					Kind: KindFrame, Time: int64(i), Conn: 5, Payload: []byte("payload"), LeftMasked: true,
					Header: frame.Header{Fin: true, Opcode: frame.Binary, Masked: true, Key: [4]byte{9, 8, 7, 6}, Length: 7, Size: 6},
				}
				entries, want = AppendRecord(entries, r), append(want, AppendRecord(nil, r.Unmasked()))
				continue
			}
			run, records := aRun(t, rapid.SampledFrom([]Dir{Out, In}).Draw(t, "direction"), rapid.IntRange(0, 3).Draw(t, "before"))
			entries, want = AppendRun(entries, &run), append(want, records...)
		}
		var counted uint64
		for b := entries; len(b) > 0; {
			size, records := Entry(b)
			counted, b = counted+records, b[size:]
		}
		if counted != uint64(len(want)) {
			t.Fatalf("the entries are %d records, want %d", counted, len(want))
		}
		skip := rapid.IntRange(0, len(want)).Draw(t, "skip")
		count := rapid.IntRange(0, len(want)-skip).Draw(t, "count")
		before := bytes.Clone(entries)
		got := AppendEntries([]byte("before"), entries, uint64(skip), uint64(count))
		if w := "before" + string(bytes.Join(want[skip:skip+count], nil)); string(got) != w {
			t.Fatalf("records %d to %d of %d:\n got %x\nwant %x", skip, skip+count, len(want), got, w)
		}
		if !bytes.Equal(entries, before) {
			t.Fatal("the entries were changed: other readers have them, too")
		}
	})
}

func TestEachRecordOfARun(t *testing.T) {
	wire := frame.AppendFrame(nil, frame.Header{Fin: true, Opcode: frame.Text}, []byte("one"))
	wire = frame.AppendFrame(wire, frame.Header{Fin: true, Opcode: frame.Binary}, []byte("three"))
	run := Run{Time: 5, Conn: 2, Dir: In, Run: frame.Run{Frames: 2, Offset: 100, Message: 7}, Bytes: wire}
	var got []string
	run.Each(func(r *Record) {
		got = append(got, fmt.Sprintf("%d #%d %s %d at %d: %q", r.Time, r.Conn, r.Dir, r.Message, r.Offset, r.Payload))
	})
	if want := []string{`5 #2 in 7 at 100: "one"`, `5 #2 in 8 at 105: "three"`}; !reflect.DeepEqual(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
