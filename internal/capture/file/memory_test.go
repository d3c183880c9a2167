package file

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"runtime"
	"testing"

	"github.com/tetherscope/tetherscope/internal/capture/pcap"
	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/internal/frame"
)

// maxLive is how much of the heap a reader may hold, whatever the length of its file: buffers, open connections, the payload of one record.
const maxLive = 12 << 20

// streamed writes a capture of so many connections, one after another, to w.
func streamed(w fileOf, conns int) error {
	payload := bytes.Repeat([]byte("to be or not to be "), 50)
	var seq uint64
	put := func(r record.Record) error {
		seq++
		r.Seq, r.Time = seq, 1.7e18+int64(seq)*1000
		return w.Write(&r)
	}
	var err error
	for c := 1; c <= conns; c++ {
		conn := uint32(c)
		err = errors.Join(err,
			put(record.Record{Conn: conn, Kind: record.KindRequest, Name: "/ws", Remote: fmt.Sprintf("10.1.%d.%d:4000", c>>8, c&255), Head: []byte(
				"GET /ws HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")}),
			put(record.Record{Conn: conn, Kind: record.KindResponse, Head: []byte(
				"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n")}))
		offset := uint64(0)
		for i := range 100 {
			r := record.Record{
				Conn: conn, Kind: record.KindFrame, Dir: record.In, Header: frame.Header{Fin: true, Opcode: frame.Text, Length: uint64(len(payload))}, Offset: offset,
				Payload: payload, Message: uint64(i + 1), Final: true, Frames: 1, Wire: uint64(len(payload)), Inflated: uint64(len(payload)),
			}
			offset += uint64(len(payload)) + 4
			err = errors.Join(err, put(r))
		}
		err = errors.Join(err, put(record.Record{Conn: conn, Kind: record.KindEnd, By: record.SideClient, Reason: "the client closed the connection"}))
	}
	return errors.Join(err, w.Close())
}

// TestReadersHoldLittle: what a reader holds does not grow with its file, whatever the format, plain or compressed. HAR files are read by another
// test.
func TestReadersHoldLittle(t *testing.T) {
	const conns = 200 // 20 MB
	writers := map[string]func(io.Writer) (fileOf, error){
		"a.tscap":  func(w io.Writer) (fileOf, error) { return NewWriter(w), nil },
		"a.jsonl":  func(w io.Writer) (fileOf, error) { return NewJSONLWriter(w), nil },
		"a.pcapng": func(w io.Writer) (fileOf, error) { return pcap.NewWriter(w, "test") },
	}
	for name, writer := range writers {
		for _, compressed := range []bool{false, true} {
			in, out := io.Pipe()
			go func() {
				var to io.WriteCloser = out
				if compressed {
					to = gzip.NewWriter(out)
				}
				w, err := writer(to)
				if err == nil {
					err = errors.Join(streamed(w, conns), to.Close())
				}
				_ = out.CloseWithError(err)
			}()
			records, most := 0, uint64(0)
			base := liveHeap()
			err := ReadAny(in, name, record.Visitor{Record: func(*record.Record) error {
				if records++; records%5000 == 0 {
					live := liveHeap()
					most = max(most, live-min(base, live))
				}
				return nil
			}, Damage: func(d *record.Damage) { t.Error(d) }})
			if err != nil || records < conns*103 || most > maxLive {
				t.Errorf("%s, compressed %t: %v, %d records, at most %d bytes live", name, compressed, err, records, most)
			}
			t.Logf("%s, compressed %t: %d KiB", name, compressed, most>>10)
		}
	}
}

// liveHeap returns how many bytes of the heap are in use.
func liveHeap() uint64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
