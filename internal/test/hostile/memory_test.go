package hostile

import (
	"bytes"
	"errors"
	"runtime"
	"strings"
	"testing"

	"github.com/tetherscope/tetherscope/internal/budget"
	"github.com/tetherscope/tetherscope/internal/capture/file"
	"github.com/tetherscope/tetherscope/internal/capture/pcap"
	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/internal/frame"
	"github.com/tetherscope/tetherscope/internal/test/budgettest"
)

// These tests prove that no file and no peer makes this process hold much more than what it sent. They measure live heap after a
// collection: resident memory depends on what the machine does besides.

// live returns the bytes of heap that are in use.
func live() int64 {
	runtime.GC()
	runtime.GC() // the first one only marks what cleanups release
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// peak returns by how much the live heap grew at most where work calls its argument.
func peak(work func(look func())) (grew int64) {
	base := live()
	work(func() { grew = max(grew, live()-base) })
	return grew
}

// noise is what does not compress.
func noise(n int) []byte {
	b, x := make([]byte, n), uint32(1)
	for i := range b {
		x = x*1664525 + 1013904223
		b[i] = byte(x >> 24)
	}
	return b
}

// TestUnfinishedMessagesShareABudget proves that compressed messages that never end hold at most the budget of the process, that the refusal is
// counted, and that what they hold is returned when their connections are gone.
func TestUnfinishedMessagesShareABudget(t *testing.T) {
	const peers = 40
	part := frame.AppendFrame(nil, frame.Header{Opcode: frame.Binary, Rsv: frame.RSV1}, noise(12<<20))
	refused := budget.Unfinished.Refused()
	var list []*frame.Decoder
	grew := peak(func(look func()) {
		for range peers {
			d := frame.NewDecoder(frame.Config{Deflate: &frame.DeflateParams{}})
			d.Feed(part, func(*frame.Frame) {})
			list = append(list, d)
		}
		look()
	})
	if grew > 80<<20 {
		t.Errorf("%d unfinished messages hold %d MiB", peers, grew>>20)
	}
	if budget.Unfinished.Refused()-refused < peers/2 {
		t.Errorf("%d refusals were counted", budget.Unfinished.Refused()-refused)
	}
	var last frame.Violations
	end := frame.AppendFrame(nil, frame.Header{Fin: true, Opcode: frame.Continuation}, []byte("x"))
	list[peers-1].Feed(end, func(f *frame.Frame) { last = f.Violations })
	if last&frame.InflateLimit == 0 {
		t.Errorf("the last message is reported as %v", last)
	}
	list = nil
	budgettest.Returned(t, budget.Unfinished)
}

// TestUnfinishedFramesShareABudget proves that decoders that keep large payloads hold at most the budget of the process of frames and of messages in
// fragments that have not ended, that a frame of which less is kept says so, and that all is returned when they end.
func TestUnfinishedFramesShareABudget(t *testing.T) {
	const peers = 10
	budgettest.Returned(t, budget.Unfinished)
	t.Cleanup(budget.Unfinished.SetLimit(16 << 20))
	payload := noise(8 << 20)
	whole := frame.AppendFrame(nil, frame.Header{Opcode: frame.Binary, Fin: true, Masked: true, Key: [4]byte{1, 2, 3, 4}}, payload)
	fragment := frame.AppendFrame(nil, frame.Header{Opcode: frame.Binary}, payload)
	for name, c := range map[string]struct{ begin, end []byte }{
		"frames":    {whole[:len(whole)-1], whole[len(whole)-1:]},
		"fragments": {fragment, frame.AppendFrame(nil, frame.Header{Opcode: frame.Continuation, Fin: true}, []byte("x"))},
	} {
		var list []*frame.Decoder
		short := 0
		count := func(f *frame.Frame) {
			if f.Short {
				short++
			}
		}
		grew := peak(func(look func()) {
			for range peers {
				d := frame.NewDecoder(frame.Config{Snap: 16 << 20, FromClient: name == "frames"})
				d.Feed(c.begin, count)
				list = append(list, d)
			}
			look()
		})
		if grew > 48<<20 {
			t.Errorf("%s: %d hold %d MiB", name, peers, grew>>20)
		}
		for _, d := range list {
			d.Feed(c.end, count)
		}
		if short < peers/2 || budget.Unfinished.Used() != 0 {
			t.Errorf("%s: %d say that less is kept, %d bytes are not returned", name, short, budget.Unfinished.Used())
		}
	}
}

// TestIdleInflatersAreSmall proves that ten thousand connections that inflated one small message hold little.
func TestIdleInflatersAreSmall(t *testing.T) {
	p := frame.DeflateParams{}
	wire := frame.AppendFrame(nil, frame.Header{Fin: true, Opcode: frame.Text, Rsv: frame.RSV1}, frame.NewDeflater(p, false).Append(nil, []byte("a small message")))
	list := make([]*frame.Decoder, 0, 10_000)
	grew := peak(func(look func()) {
		for range cap(list) {
			d := frame.NewDecoder(frame.Config{Deflate: &p})
			d.Feed(wire, func(*frame.Frame) {})
			list = append(list, d)
		}
		look()
	})
	if grew > 40<<20 {
		t.Errorf("%d idle inflaters hold %d MiB", len(list), grew>>20)
	}
	runtime.KeepAlive(list)
}

// TestPacketsWithManyInflaters proves that a small packet file of many compressed connections that never end costs little.
func TestPacketsWithManyInflaters(t *testing.T) {
	const streams = 4000
	var b bytes.Buffer
	w, err := pcap.NewWriter(&b, "test")
	if err != nil {
		t.Fatal(err)
	}
	p := frame.DeflateParams{}
	request := "GET /ws HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n" +
		"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Extensions: permessage-deflate\r\n\r\n"
	response := "HTTP/1.1 101 x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n" +
		"Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n"
	answer := record.Record{Dir: record.In}
	d := frame.NewDecoder(frame.Config{Deflate: &p})
	d.Feed(frame.AppendFrame(nil, frame.Header{Fin: true, Opcode: frame.Text, Rsv: frame.RSV1}, frame.NewDeflater(p, false).Append(nil, []byte("a small message"))),
		func(f *frame.Frame) { answer.SetFrame(f); answer = answer.Clone() })
	for i := range streams {
		for _, r := range []record.Record{{Kind: record.KindRequest, Head: []byte(request)}, {Kind: record.KindResponse, Dir: record.In, Head: []byte(response)}, answer} {
			r.Conn, r.Time = uint32(i+1), 1_700_000_000e9+int64(i)
			if err := w.Write(&r); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	records := 0
	grew := peak(func(look func()) {
		err = file.ReadAny(bytes.NewReader(b.Bytes()), "x.pcapng", record.Visitor{Record: func(*record.Record) error {
			if records++; records == 2*streams {
				look()
			}
			return nil
		}})
		look()
	})
	if err != nil || records < 3*streams {
		t.Fatalf("%d records, %v", records, err)
	}
	t.Logf("a file of %d KiB: %d MiB", b.Len()>>10, grew>>20)
	if grew > 150<<20 {
		t.Errorf("a file of %d KiB makes its reader hold %d MiB", b.Len()>>10, grew>>20)
	}
}

// counter counts what is written.
type counter int64

func (c *counter) Write(b []byte) (int, error) {
	*c += counter(len(b))
	return len(b), nil
}

// TestAClaimedLengthMakesNoLargeFile proves that records that only claim to have been long become no packets, and that this is counted.
func TestAClaimedLengthMakesNoLargeFile(t *testing.T) {
	var size counter
	w, err := pcap.NewWriter(&size, "test")
	if err != nil {
		t.Fatal(err)
	}
	for i := range 40 {
		r := record.Record{
			Kind: record.KindFrame, Conn: uint32(i + 1), Dir: record.In, Payload: []byte("x"), Message: 1, Final: true,
			Header: frame.Header{Fin: true, Opcode: frame.Binary, Length: 16<<20 - 1},
		}
		if err := w.Write(&r); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if size > 40<<20 || w.Lost < 30 {
		t.Errorf("40 records of a byte became %d MiB, %d are reported as left out", size>>20, w.Lost)
	}
}

// TestAHARFileTakesLittleMoreThanItself proves that a HAR file of many small messages is held in about its own size while it is put in order
// (18 MB took 857 MB), that this counts in the budget, and is given back.
func TestAHARFileTakesLittleMoreThanItself(t *testing.T) {
	text := harOf(400_000)
	records := 0
	grew := peak(func(look func()) {
		err := file.ReadHAR(strings.NewReader(text), record.Visitor{Record: func(*record.Record) error {
			if records++; records == 1 || records == 400_000 { // the whole file is held from the first record on
				look()
			}
			return nil
		}})
		if err != nil {
			t.Error(err)
		}
	})
	t.Logf("a file of %d MB: %d MiB", len(text)/1e6, grew>>20)
	if records != 400_001 || grew > 48<<20 {
		t.Errorf("%d records; a file of %d MB makes its reader hold %d MiB", records, len(text)/1e6, grew>>20)
	}
	if budget.Importers.Used() != 0 || budget.Importers.Peak() < 20<<20 {
		t.Errorf("of the budget %d bytes are taken, at most %d were", budget.Importers.Used(), budget.Importers.Peak())
	}
}

// harOf is a HAR file of so many small messages.
func harOf(messages int) string {
	return `{"log":{"entries":[{"startedDateTime":"2026-01-31T12:00:01Z","request":{"url":"ws://a/"},"response":{},"_webSocketMessages":[` +
		strings.Repeat(`{"type":"send","time":1,"opcode":1,"data":"x"},`, messages-1) + `{"type":"send","time":1,"opcode":1,"data":"x"}]}]}}`
}

// TestAHARFilePastTheBudgetIsReadUpToThere proves that what finds no room is damage with its position, and that what stands before is kept.
func TestAHARFilePastTheBudgetIsReadUpToThere(t *testing.T) {
	t.Cleanup(budget.Importers.SetLimit(4 << 20))
	refused := budget.Importers.Refused()
	var damage []*record.Damage
	records := 0
	err := file.ReadHAR(strings.NewReader(harOf(100_000)), record.Visitor{
		Record: func(*record.Record) error { records++; return nil },
		Damage: func(d *record.Damage) { damage = append(damage, d) },
	})
	if err != nil || len(damage) != 1 || !errors.Is(damage[0].Err, file.ErrHARBudget) || damage[0].Offset < 1<<20 || records < 10_000 || records > 90_000 {
		t.Errorf("%d records, %v, %v", records, damage, err)
	}
	if budget.Importers.Refused() == refused || budget.Importers.Used() != 0 {
		t.Errorf("%d refused, %d bytes still taken", budget.Importers.Refused()-refused, budget.Importers.Used())
	}
}
