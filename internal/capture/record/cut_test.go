package record

import (
	"bytes"
	"testing"

	"github.com/tetherscope/tetherscope/internal/frame"
)

// TestCut proves that a batch with a long payload or body comes out with both cut, with their kept lengths and all else as it was,
// and that other batches come out as they are.
func TestCut(t *testing.T) {
	long, short := bytes.Repeat([]byte("x"), 5000), []byte("short")
	records := []Record{
		{Kind: KindRequest, Head: long, Name: "a"},
		{Kind: KindFrame, Header: frame.Header{Opcode: frame.Text, Length: 5}, Payload: short, Final: true, Frames: 1, Body: long, Inflated: 9000},
		{Kind: KindFrame, Header: frame.Header{Opcode: frame.Text, Length: 6000}, Payload: long},
		{Kind: KindFrame, Header: frame.Header{Opcode: frame.Text, Length: 5}, Payload: short},
	}
	encode := func(list []Record) []byte {
		b := AppendBatch(nil, Batch{First: 7, Count: uint64(len(list)), Missed: 2, Evicted: 4})
		for i := range list {
			b = AppendRecord(b, &list[i])
		}
		return b
	}
	whole := encode(records)
	var got []Record
	batch, err := ReadBatch(Cut(nil, whole, 100), func(r *Record) bool { got = append(got, *r); return true })
	if err != nil || batch != (Batch{First: 7, Count: 4, Missed: 2, Evicted: 4}) {
		t.Fatal(batch, err)
	}
	for i, want := range [...][4]int{{0, 0, 0, 0}, {5, 100, 5, 5000}, {100, 0, 5000, 0}, {5, 0, 0, 0}} {
		if r := got[i]; [...]int{len(r.Payload), len(r.Body), int(r.KeptPayload), int(r.KeptBody)} != want {
			t.Errorf("record %d: %d, %d, %d, %d; want %v", i, len(r.Payload), len(r.Body), r.KeptPayload, r.KeptBody, want)
		}
	}
	if payload, message := records[1].NotKept(); payload != 0 || message != 4000 {
		t.Errorf("not kept: %d, %d", payload, message)
	}
	for _, b := range [][]byte{encode(records[:1]), encode(records[3:]), whole[:4500]} {
		if out := Cut(nil, b, 100); &out[0] != &b[0] {
			t.Errorf("a batch of %d bytes was written again", len(b))
		}
	}
}
