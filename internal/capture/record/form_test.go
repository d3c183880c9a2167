package record

import (
	"reflect"
	"slices"
	"testing"

	"github.com/tetherscope/tetherscope/internal/capture/record/recordtest"
	"github.com/tetherscope/tetherscope/internal/frame"
)

// pageRecords are the records of testdata/page.batch.txt.
func pageRecords() []Record {
	const ms = int64(1_000_000)
	at := func(kind Kind, time int64) Record {
		return Record{Kind: kind, Time: 1_700_000_000_000*ms + time, Conn: 1, Source: SourcePage}
	}
	request := at(KindRequest, 0)
	request.Name, request.Remote = "wss://example.test/chat", "worker https://example.test/page · tether, resilient"
	attempt := at(KindNote, ms)
	attempt.Name, attempt.Reason = "attempt", "as asked"
	open := at(KindNote, 2*ms+ms/2)
	open.Name, open.Reason = "open", "subprotocol chat"
	message := func(dir Dir, time int64, number uint64, op frame.Opcode, size byte, payload []byte) Record {
		r := at(KindFrame, time)
		n := uint64(len(payload))
		r.Dir, r.Message, r.Payload = dir, number, payload
		r.Header = frame.Header{Fin: true, Opcode: op, Length: n, Size: size}
		r.Final, r.Frames, r.Wire, r.Inflated = true, 1, n, n
		return r
	}
	binary := make([]byte, 200)
	for i := range binary {
		binary[i] = byte(i)
	}
	closed := at(KindClose, 6*ms)
	closed.Code, closed.Reason, closed.Clean = 4001, "token expired", true
	return []Record{
		request, attempt, open,
		message(Out, 3*ms, 1, frame.Text, 2, []byte("žluť 馬 🐎")),
		message(In, 4*ms, 1, frame.Binary, 4, binary),
		message(In, 5*ms, 2, frame.Text, 2, nil),
		closed,
	}
}

// TestOneForm: AppendBatch and AppendRecord write what the table of fields says, byte for byte, and ReadBatch reads it. The
// test of static/tap.js (package wasm/tether/inspect) holds its writer to the same table.
func TestOneForm(t *testing.T) {
	table := recordtest.Page(t)
	records := pageRecords()
	batch := AppendBatch(nil, Batch{First: 1, Count: uint64(len(records))})
	for i := range records {
		batch = AppendRecord(batch, &records[i])
	}
	recordtest.Compare(t, batch, table)
	seq := uint64(0)
	_, err := ReadBatch(table.Batch(), func(r *Record) bool {
		seq++
		want := records[seq-1]
		want.Seq = seq
		got := *r
		got.Payload = slices.Clip(append([]byte(nil), got.Payload...))
		if len(got.Head) == 0 {
			got.Head = nil
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("record %d is\n%+v, want\n%+v", seq, got, want)
		}
		return true
	})
	if err != nil || seq != uint64(len(records)) {
		t.Errorf("%d records read, %v", seq, err)
	}
}
