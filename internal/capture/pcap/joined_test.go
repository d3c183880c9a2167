package pcap

import (
	"bytes"
	"slices"
	"testing"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"

	"github.com/tetherscope/tetherscope/internal/capture/pcap/packet"
	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/internal/frame"
)

// half2 writes HTTP/2 frames of one end.
type half2 struct {
	bytes.Buffer
	f   *http2.Framer
	enc *hpack.Encoder
	b   bytes.Buffer
}

func newHalf2() *half2 {
	h := &half2{}
	h.f, h.enc = http2.NewFramer(&h.Buffer, nil), hpack.NewEncoder(&h.b)
	return h
}

// headers writes fields that refer to the table of earlier ones, or whole.
func (h *half2) headers(stream uint32, whole bool, fields ...string) *half2 {
	h.b.Reset()
	for i := 0; i < len(fields); i += 2 {
		_ = h.enc.WriteField(hpack.HeaderField{Name: fields[i], Value: fields[i+1], Sensitive: whole})
	}
	_ = h.f.WriteHeaders(http2.HeadersFrameParam{StreamID: stream, BlockFragment: h.b.Bytes(), EndHeaders: true})
	return h
}

func (h *half2) data(stream uint32, p []byte) *half2 {
	_ = h.f.WriteData(stream, false, p)
	return h
}

// joined reads segments of a connection whose beginning is not in the capture; who sent them alternates, the client first.
func joined(t *testing.T, segments ...[]byte) (list []record.Record, omitted map[string]uint64) {
	t.Helper()
	omitted = map[string]uint64{}
	s := newStreams(record.Visitor{
		Record:  func(r *record.Record) error { list = append(list, r.Clone()); return nil },
		Omitted: func(o *record.Omission) { omitted[o.Reason] = o.Count },
	})
	next := [2]uint32{70, 9000}
	for at, p := range segments {
		who := at & 1
		seg := packet.Segment{From: twoEnds[who], To: twoEnds[1-who], Seq: next[who], Ack: next[1-who], ACK: true, Payload: p}
		next[who] += uint32(len(p))
		st, who := s.find(&seg)
		st.segment(&seg, who, int64(at), 0)
	}
	if err := s.end(); err != nil || s.waiting != 0 {
		t.Errorf("%v, %d bytes are still counted as kept", err, s.waiting)
	}
	return list, omitted
}

// TestHTTP2JoinedMidway: of an HTTP/2 connection that began before the capture, a WebSocket that opens without earlier header fields is read from
// its handshake on, and one that is open as any without a handshake. What only earlier fields tell of is counted.
func TestHTTP2JoinedMidway(t *testing.T) {
	client, server := newHalf2(), newHalf2()
	connect := []string{":method", "CONNECT", ":protocol", "websocket", ":scheme", "http", ":authority", "a", ":path", "/late", "sec-websocket-version", "13"}
	list, omitted := joined(t,
		bytes.Clone(client.data(7, textFrame(true, "open before")).Next(1<<16)), bytes.Clone(server.data(7, textFrame(false, "answered")).Next(1<<16)),
		bytes.Clone(client.headers(9, true, connect...).Next(1<<16)), bytes.Clone(server.headers(9, false, ":status", "200").data(9, textFrame(false, "hello")).Next(1<<16)),
		bytes.Clone(client.data(9, textFrame(true, "hi")).Next(1<<16)), bytes.Clone(server.data(7, textFrame(false, "more")).Next(1<<16)),
	)
	if got, want := texts(list), []string{"out open before", "in answered", "in hello", "out hi", "in more"}; !slices.Equal(got, want) || len(omitted) != 0 {
		t.Errorf("got %q, want %q; omitted %v", got, want, omitted)
	}
	for _, r := range list {
		if r.Violations&^frame.RepeatedKey != 0 || r.Kind == record.KindRequest && r.Name != map[uint32]string{1: "joined mid-stream", 2: "/late"}[r.Conn] {
			t.Errorf("%+v", r)
		}
	}
	client = newHalf2()
	client.headers(1, false, connect...).Reset() // before the capture
	list, omitted = joined(t, bytes.Clone(client.headers(3, false, connect...).Next(1<<16)), bytes.Clone(server.headers(3, false, ":status", "200").data(3, textFrame(false, "hello")).Next(1<<16)))
	if len(list) != 0 || omitted["http2-tables"] != 1 || len(omitted) != 1 {
		t.Errorf("%d records, omitted %v", len(list), omitted)
	}
}
