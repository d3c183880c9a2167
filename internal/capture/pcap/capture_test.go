package pcap

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/pcapgo"

	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/internal/frame"
	"github.com/tetherscope/tetherscope/internal/test/tshark"
)

// These tests prove that Wireshark reads from our files the frames that we wrote, that we read them back as they were,
// and that lost, repeated and disordered segments of real networks change nothing that can be known.

const request = "GET /ws HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n" +
	"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Extensions: permessage-deflate\r\n\r\n"

const response = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
	"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n%s\r\n"

// talk makes up connections whose records are as our decoder makes them.
type talk struct {
	r    *rand.Rand
	now  int64
	list []record.Record
}

// connection is one of them.
type connection struct {
	t   *talk
	id  uint32
	dec [2]*frame.Decoder
	zip [2]*frame.Deflater
}

func (t *talk) put(r record.Record) {
	t.now += 1000
	r.Seq, r.Time = uint64(len(t.list)+1), t.now
	t.list = append(t.list, r)
}

func (t *talk) connect(id uint32, remote string, deflate bool) *connection {
	c := &connection{t: t, id: id}
	var p *frame.DeflateParams
	extension := ""
	if deflate {
		p, extension = &frame.DeflateParams{}, "Sec-WebSocket-Extensions: permessage-deflate\r\n"
	}
	for dir := range c.dec {
		c.dec[dir] = frame.NewDecoder(frame.Config{FromClient: dir == 0, Deflate: p})
		if p != nil {
			c.zip[dir] = frame.NewDeflater(*p, dir == 0)
		}
	}
	t.put(record.Record{Conn: id, Kind: record.KindRequest, Name: "/ws", Remote: remote, Head: []byte(request)})
	t.put(record.Record{Conn: id, Kind: record.KindResponse, Head: fmt.Appendf(nil, response, extension)})
	return c
}

// send lets one side send a frame.
func (c *connection) send(dir record.Dir, h frame.Header, payload []byte) {
	if h.Masked = dir == record.Out; h.Masked {
		h.Key = [4]byte{byte(c.t.r.Uint32()), byte(c.t.r.Uint32()), byte(c.t.r.Uint32()), 1}
	}
	c.dec[dir].Feed(frame.AppendFrame(nil, h, payload), func(f *frame.Frame) {
		r := record.Record{Conn: c.id, Dir: dir}
		r.SetFrame(f)
		c.t.put(r.Clone())
	})
}

// some sends a message or a control frame of some kind.
func (c *connection) some() {
	r := c.t.r
	dir := record.Dir(r.IntN(2))
	payload := []byte(strings.Repeat(fmt.Sprint("to be or not ", r.IntN(9)), 1+r.IntN([]int{3, 30, 3000}[r.IntN(3)])))
	h := frame.Header{Fin: true, Opcode: frame.Text}
	switch kind := r.IntN(6); {
	case kind == 0:
		h.Opcode = frame.Ping + frame.Opcode(r.IntN(2))
		payload = payload[:min(len(payload), 125)]
	case kind == 1:
		cut := r.IntN(len(payload))
		c.send(dir, frame.Header{Opcode: frame.Text}, payload[:cut])
		c.send(dir, frame.Header{Fin: true, Opcode: frame.Ping}, nil)
		h.Opcode, payload = frame.Continuation, payload[cut:]
	case kind < 4 && c.zip[dir] != nil:
		h.Rsv, payload = frame.RSV1, c.zip[dir].Append(nil, payload)
	case kind == 4:
		h.Opcode = frame.Binary
	}
	c.send(dir, h, payload)
}

func (c *connection) end() {
	c.send(record.In, frame.Header{Fin: true, Opcode: frame.Close}, []byte("\x03\xe8bye"))
	c.send(record.Out, frame.Header{Fin: true, Opcode: frame.Close}, []byte("\x03\xe8bye"))
	c.t.put(record.Record{Conn: c.id, Kind: record.KindClose, By: record.SideServer, Code: 1000, Reason: "bye", Clean: true})
	c.t.put(record.Record{Conn: c.id, Kind: record.KindEnd, By: record.SideServer, Reason: "the server closed the connection"})
}

// conversation is three connections at once, over IPv4 and IPv6, two of them compressed.
func conversation(seed uint64, frames int) []record.Record {
	t := &talk{r: rand.New(rand.NewPCG(seed, 1)), now: time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC).UnixNano()}
	conns := []*connection{
		t.connect(1, "198.51.100.7:50001", false), t.connect(2, "198.51.100.7:50002", true), t.connect(3, "[2001:db8::7]:50003", true),
	}
	for range frames {
		conns[t.r.IntN(3)].some()
	}
	for _, c := range conns {
		c.end()
	}
	return t.list
}

// pcapng writes records in packets of at most segment bytes.
func pcapng(t testing.TB, list []record.Record, segment int) []byte {
	t.Helper()
	var b bytes.Buffer
	w, err := NewWriter(&b, "test")
	if err != nil {
		t.Fatal(err)
	}
	w.segment = segment
	for i := range list {
		if err := w.Write(&list[i]); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func gather(file []byte) (list []record.Record, damage []*record.Damage, err error) {
	err = Read(bytes.NewReader(file), record.Visitor{
		Record: func(r *record.Record) error { list = append(list, r.Clone()); return nil },
		Damage: func(d *record.Damage) { damage = append(damage, d) },
	})
	return list, damage, err
}

func TestTsharkSeesTheFramesThatWereWritten(t *testing.T) {
	list := conversation(1, 1500)
	file := filepath.Join(t.TempDir(), "a.pcapng")
	if err := os.WriteFile(file, pcapng(t, list, segmentSize), 0o600); err != nil {
		t.Fatal(err)
	}
	seen, err := tshark.Frames(t.Context(), file, 80)
	if errors.Is(err, tshark.ErrNotInstalled) && os.Getenv("TETHERSCOPE_REQUIRE_TOOLS") == "" {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	theirs, ours := map[string][]string{}, map[string][]string{}
	for _, f := range seen {
		key := fmt.Sprintf("%s %t", f.ClientPort, f.FromServer)
		theirs[key] = append(theirs[key], f.String())
	}
	for _, r := range list {
		if r.Kind != record.KindFrame {
			continue
		}
		f := tshark.Frame{
			Fin: r.Header.Fin, Rsv: uint64(r.Header.Rsv), Opcode: uint64(r.Header.Opcode), Masked: r.Header.Masked,
			Length: r.Header.Length, Payload: hex.EncodeToString(r.Payload),
		}
		if f.Masked {
			f.Key = hex.EncodeToString(r.Header.Key[:])
		}
		key := fmt.Sprintf("%d %t", 50000+r.Conn, r.Dir == record.In)
		ours[key] = append(ours[key], f.String())
	}
	if len(ours) != 6 || len(seen) < 1500 || !reflect.DeepEqual(ours, theirs) {
		for key := range ours {
			t.Errorf("%s: %d frames of ours, %d of tshark's", key, len(ours[key]), len(theirs[key]))
		}
	}
}

// TestPacketsComeBackAsRecords: everything, the times, and what our decoder makes of it.
func TestPacketsComeBackAsRecords(t *testing.T) {
	for _, segment := range []int{segmentSize, 100, 1} {
		want := conversation(2, 25)
		got, damage, err := gather(pcapng(t, want, segment))
		if err != nil || len(damage) > 0 {
			t.Fatal(err, damage)
		}
		same(t, want, got)
	}
}

func same(t *testing.T, want, got []record.Record) {
	t.Helper()
	for i := range max(len(want), len(got)) {
		if i >= len(want) || i >= len(got) {
			t.Fatalf("got %d records, want %d", len(got), len(want))
		}
		w, g := want[i], got[i]
		if w.Kind == record.KindClose {
			w.Time = g.Time // it follows from the frames: it has no packet
		}
		if len(w.Payload)+len(g.Payload) == 0 {
			w.Payload, g.Payload = nil, nil // a decoder gives either for none
		}
		if !reflect.DeepEqual(g, w) {
			t.Fatalf("record %d:\n got %+v\nwant %+v", i, g, w)
		}
	}
}

// raw is a packet of a file.
type raw struct {
	data []byte
	info gopacket.CaptureInfo
}

func unpack(t testing.TB, file []byte) (list []raw) {
	t.Helper()
	r, err := pcapgo.NewNgReader(bytes.NewReader(file), pcapgo.DefaultNgReaderOptions)
	if err != nil {
		t.Fatal(err)
	}
	for {
		data, info, err := r.ReadPacketData()
		if errors.Is(err, io.EOF) {
			return list
		}
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, raw{data, info})
	}
}

// pcap writes packets as a classic pcap file, which is read as well.
func pcap(t *testing.T, list []raw) []byte {
	t.Helper()
	var b bytes.Buffer
	w := pcapgo.NewWriterNanos(&b)
	if err := w.WriteFileHeader(1<<18, layers.LinkTypeEthernet); err != nil {
		t.Fatal(err)
	}
	for _, p := range list {
		if err := w.WritePacket(p.info, p.data); err != nil {
			t.Fatal(err)
		}
	}
	return b.Bytes()
}

// frames are what one connection said in each direction: what disorder between the directions does not change.
func frames(list []record.Record) map[string][]string {
	out := map[string][]string{}
	for _, r := range list {
		if r.Kind == record.KindFrame {
			key := fmt.Sprint(r.Remote, r.Conn, r.Dir)
			out[key] = append(out[key], fmt.Sprintf("%d %v %x %x", r.Offset, r.Header, r.Payload, r.Body))
		}
	}
	return out
}

func TestRepeatedAndDisorderedSegmentsChangeNothing(t *testing.T) {
	for seed := range uint64(8) {
		want := conversation(seed, 60)
		packets := unpack(t, pcapng(t, want, 700))
		r := rand.New(rand.NewPCG(seed, 2))
		var mixed []raw
		for i, p := range packets {
			mixed = append(mixed, p)
			if i > 20 && r.IntN(4) == 0 {
				mixed = append(mixed, packets[i-r.IntN(9)]) // a retransmission
			}
			if j := len(mixed) - 1; i > 20 && r.IntN(3) == 0 {
				mixed[j], mixed[j-1] = mixed[j-1], mixed[j]
			}
		}
		got, damage, err := gather(pcap(t, mixed))
		if err != nil || len(damage) > 0 || !reflect.DeepEqual(frames(got), frames(want)) {
			t.Fatalf("seed %d: error %v, damage %v, %d records, want %d", seed, err, damage, len(got), len(want))
		}
	}
}

// TestACaptureThatBeginsLater has no handshake: the frames are found all the same, from the first segment that holds
// whole ones, and RSV1 is taken for compression whose context is lost.
func TestACaptureThatBeginsLater(t *testing.T) {
	talk := &talk{r: rand.New(rand.NewPCG(5, 5)), now: 1e18}
	c := talk.connect(1, "198.51.100.7:50001", false)
	for range 30 {
		c.some()
	}
	c.end()
	packets := unpack(t, pcapng(t, talk.list, segmentSize))
	got, damage, err := gather(pcap(t, packets[5:]))
	if err != nil || len(damage) > 0 {
		t.Fatal(err, damage)
	}
	if got[0].Kind != record.KindRequest || got[0].Name != "joined mid-stream" || got[0].Head != nil {
		t.Errorf("begins with %+v", got[0])
	}
	if !reflect.DeepEqual(frames(got), frames(talk.list)) {
		t.Errorf("got %d records, want %d", len(got), len(talk.list))
	}
}

func FuzzRead(f *testing.F) {
	f.Add(pcapng(f, conversation(6, 8), 300))
	f.Fuzz(func(t *testing.T, file []byte) {
		seq := uint64(0)
		err := Read(bytes.NewReader(file), record.Visitor{Record: func(r *record.Record) error {
			if seq++; r.Seq != seq || r.Conn == 0 {
				t.Errorf("record %d is numbered %d, of connection %d", seq, r.Seq, r.Conn)
			}
			return nil
		}})
		if err != nil && !errors.Is(err, ErrNotPcap) {
			t.Error(err)
		}
	})
}

// FuzzWrite proves that whatever records say, the writer makes packets of them or leaves them out, and counts.
func FuzzWrite(f *testing.F) {
	f.Add(record.AppendRecord(nil, &conversation(6, 8)[4]))
	f.Fuzz(func(t *testing.T, b []byte) {
		w, err := NewWriter(io.Discard, "")
		if err != nil {
			t.Fatal(err)
		}
		batch := append(record.AppendBatch(nil, record.Batch{First: 1, Count: 1}), b...)
		_, _ = record.ReadBatch(batch, func(r *record.Record) bool {
			if err := w.Write(r); err != nil {
				t.Errorf("%+v: %v", r, err)
			}
			return true
		})
	})
}
