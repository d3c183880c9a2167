package recordtest

import (
	"time"

	"pgregory.net/rapid"

	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/internal/frame"
)

var (
	anyBytes    = rapid.SliceOfN(rapid.Byte(), 0, 300)
	anyDuration = rapid.Custom(func(t *rapid.T) time.Duration { return time.Duration(rapid.Int64Min(0).Draw(t, "ns")) })
	anyKind     = rapid.SampledFrom([]record.Kind{record.KindRequest, record.KindResponse, record.KindFrame, record.KindClose, record.KindEnd, record.KindBroken, record.KindNote, record.KindTransit})
)

// Any draws records of every kind with the fields that the kind has.
var Any = rapid.Custom(func(t *rapid.T) record.Record {
	r := record.Record{
		Time: rapid.Int64().Draw(t, "time"),
		Conn: rapid.Uint32().Draw(t, "conn"),
		Kind: anyKind.Draw(t, "kind"),
		Leg:  record.Leg(rapid.IntRange(0, 1).Draw(t, "leg")),
		Dir:  record.Dir(rapid.IntRange(0, 1).Draw(t, "dir")),

		Marks:  record.Marks(rapid.SampledFrom([]uint16{0, 0, 1, 0x80, 0xFF, 0x100, 0x1FF}).Draw(t, "marks")),
		Source: record.Source(rapid.IntRange(0, 1).Draw(t, "source")),
	}
	switch r.Kind {
	case record.KindRequest:
		r.Head, r.Name, r.Remote = anyBytes.Draw(t, "head"), rapid.String().Draw(t, "name"), rapid.String().Draw(t, "remote")
		r.Waited, r.Node = anyDuration.Draw(t, "waited"), rapid.String().Draw(t, "node")
		r.Program = record.Program{PID: rapid.Uint32().Draw(t, "pid"), Name: rapid.String().Draw(t, "program")}
	case record.KindResponse:
		r.Head = anyBytes.Draw(t, "head")
		if rapid.Bool().Draw(t, "reached") {
			r.Reached = record.Reached{
				Address: rapid.String().Draw(t, "address"), Lookup: anyDuration.Draw(t, "lookup"), Connect: anyDuration.Draw(t, "connect"),
				TLS: anyDuration.Draw(t, "TLS"), Response: anyDuration.Draw(t, "answer"),
			}
		}
	case record.KindTransit:
		for range rapid.IntRange(0, 3).Draw(t, "parts") {
			from := rapid.Uint64Range(0, 1<<62).Draw(t, "from")
			r.Transits = append(r.Transits, record.Transit{From: from, To: from + rapid.Uint64Range(0, 1<<62).Draw(t, "bytes"), Delay: anyDuration.Draw(t, "stood")})
		}
	case record.KindFrame:
		drawFrame(t, &r)
	case record.KindNote:
		r.Name, r.Reason = rapid.String().Draw(t, "name"), rapid.String().Draw(t, "reason")
	case record.KindClose, record.KindEnd, record.KindBroken:
		r.By = record.Side(rapid.IntRange(0, 2).Draw(t, "by"))
		r.Code, r.Offset = rapid.Uint16().Draw(t, "code"), rapid.Uint64().Draw(t, "offset")
		r.Reason, r.Clean = rapid.String().Draw(t, "reason"), rapid.Bool().Draw(t, "clean")
	}
	return r
})

func drawFrame(t *rapid.T, r *record.Record) {
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

// BatchOf writes a whole batch.
func BatchOf(b record.Batch, records []record.Record) []byte {
	b.Count = uint64(len(records))
	out := record.AppendBatch(nil, b)
	for i := range records {
		out = record.AppendRecord(out, &records[i])
	}
	return out
}

// Sample returns a batch with a record of each kind.
func Sample() []byte {
	return BatchOf(record.Batch{First: 7, Missed: 3, Evicted: 9}, []record.Record{
		{Kind: record.KindRequest, Conn: 1, Head: []byte("GET / HTTP/1.1\r\n\r\n"), Name: "/ws/echo", Remote: "127.0.0.1:5", Waited: time.Second, Program: record.Program{PID: 7, Name: "curl"}, Node: "b"},
		{Kind: record.KindResponse, Conn: 1, Head: []byte("HTTP/1.1 101\r\n\r\n"), Reached: record.Reached{Address: "[::1]:9", Lookup: 1, Connect: 2, TLS: 3, Response: 4}},
		{Kind: record.KindFrame, Conn: 1, Header: frame.Header{Fin: true, Opcode: frame.Text, Masked: true, Key: [4]byte{1, 2, 3, 4}, Length: 5, Size: 6}, Message: 1, Payload: []byte("Hello"), Final: true, Frames: 1, Wire: 5, Inflated: 5, Body: []byte("body")},
		{Kind: record.KindFrame, Conn: 1, Dir: record.In, Marks: record.Injected, Header: frame.Header{Fin: true, Opcode: frame.Ping, Size: 2}, Payload: []byte{}},
		{Kind: record.KindClose, Conn: 1, By: record.SideClient, Code: 1000, Reason: "done", Clean: true},
		{Kind: record.KindBroken, Conn: 1, Reason: "lost"},
		{Kind: record.KindEnd, Conn: 1, By: record.SideServer},
		{Kind: record.KindTransit, Conn: 1, Dir: record.In, Transits: []record.Transit{{To: 2, Delay: time.Millisecond}, {From: 10, To: 20}, {From: 2, To: 10, Delay: 1}}},
	})
}
