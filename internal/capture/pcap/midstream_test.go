package pcap

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"testing"

	"github.com/tetherscope/tetherscope/internal/capture/pcap/packet"
	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/internal/frame"
)

// These tests prove that a stream without a handshake is called a WebSocket when it is one, and only then.

// said is what one end sends in one segment.
type said struct {
	who     int
	payload []byte
}

// readStreams reads TCP connections, whose beginnings are in the capture or not, and returns the records.
func readStreams(t *testing.T, list [][]said, began bool) (out []record.Record) {
	t.Helper()
	s := newStreams(record.Visitor{Record: func(r *record.Record) error { out = append(out, r.Clone()); return nil }})
	for i, talk := range list {
		ends := [2]netip.AddrPort{
			netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, 0, 1}), uint16(1024+i)),
			netip.MustParseAddrPort("10.0.0.2:999"),
		}
		next := [2]uint32{1000, 5000}
		for who := range ends {
			if began {
				seg := packet.Segment{From: ends[who], To: ends[1-who], Seq: next[who] - 1, SYN: true, ACK: who == 1, Ack: next[0]}
				st, who := s.find(&seg)
				st.segment(&seg, who, 0, 0)
			}
		}
		for at, one := range talk {
			if one.payload == nil { // lost
				next[one.who] += 100
				continue
			}
			seg := packet.Segment{From: ends[one.who], To: ends[1-one.who], Seq: next[one.who], Ack: next[1-one.who], ACK: true, Payload: one.payload}
			next[one.who] += uint32(len(one.payload))
			st, who := s.find(&seg)
			st.segment(&seg, who, int64(at), 0)
		}
	}
	if err := s.end(); err != nil {
		t.Fatal(err)
	}
	if s.waiting != 0 {
		t.Errorf("%d bytes are still counted as waiting", s.waiting)
	}
	return out
}

func noise(r *rand.Rand, n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	return b
}

// size is a length as real traffic has it: mostly short.
func size(r *rand.Rand) int { return 1 + r.IntN([]int{8, 40, 130, 300, 1400}[r.IntN(5)]) }

// prefixed is a message behind its length, and a few bytes before and after that.
func prefixed(r *rand.Rand, before []byte, width int, after []byte, little bool) []byte {
	body := append(bytes.Clone(after), noise(r, size(r))...)
	var n [8]byte
	if little {
		binary.LittleEndian.PutUint64(n[:], uint64(len(body)))
		return append(append(bytes.Clone(before), n[:width]...), body...)
	}
	binary.BigEndian.PutUint64(n[:], uint64(len(body)))
	return append(append(bytes.Clone(before), n[8-width:]...), body...)
}

// protocols make one message each, as other protocols do.
var protocols = map[string]func(r *rand.Rand, who int) []byte{
	"tls": func(r *rand.Rand, _ int) []byte { return prefixed(r, []byte{23, 3, 3}, 2, nil, false) },
	"ssh": func(r *rand.Rand, _ int) []byte { return noise(r, 16*(1+r.IntN(20))) },
	"smb": func(r *rand.Rand, _ int) []byte { return prefixed(r, nil, 4, []byte("\xfeSMB@\x00"), false) },
	"kafka": func(r *rand.Rand, _ int) []byte {
		return prefixed(r, nil, 4, []byte{0, byte(r.IntN(20)), 0, byte(r.IntN(8))}, false)
	},
	"dns":  func(r *rand.Rand, _ int) []byte { return prefixed(r, nil, 2, noise(r, 2), false) },
	"amqp": func(r *rand.Rand, _ int) []byte { return append(prefixed(r, []byte{1, 0, 1}, 4, nil, false), 0xCE) },
	"mysql": func(r *rand.Rand, _ int) []byte {
		b := prefixed(r, nil, 3, nil, true)
		return append(b[:3:3], append([]byte{byte(r.IntN(4))}, b[3:]...)...)
	},
	"grpc":   func(r *rand.Rand, _ int) []byte { return prefixed(r, []byte{0}, 4, []byte{10}, false) },
	"docker": func(r *rand.Rand, _ int) []byte { return prefixed(r, []byte{1, 0, 0, 0}, 4, nil, false) },
	"mqtt": func(r *rand.Rand, _ int) []byte {
		return prefixed(r, []byte{[]byte{0x30, 0x82, 0x90, 0xC0, 0x40}[r.IntN(5)]}, 1, []byte{0, 1}, false)
	},
	"asn1": func(r *rand.Rand, who int) []byte { // both halves are tagged like unmasked frames
		b := noise(r, r.IntN(100))
		return append([]byte{0x81 + byte(who), byte(len(b))}, b...)
	},
	"telnet": func(r *rand.Rand, _ int) []byte { return append([]byte{0xFF, 0xFB}, noise(r, 1)...) },
	"length": func(r *rand.Rand, _ int) []byte { return prefixed(r, nil, 1, nil, false) },
}

// TestOtherProtocolsAreNoWebSockets reads 13,000 streams, whole and with lost packets, from their beginnings and from later on.
func TestOtherProtocolsAreNoWebSockets(t *testing.T) {
	for name, message := range protocols {
		for _, lossy := range []bool{false, true} {
			otherProtocol(t, name, message, lossy)
		}
	}
}

func otherProtocol(t *testing.T, name string, message func(r *rand.Rand, who int) []byte, lossy bool) {
	t.Helper()
	r := rand.New(rand.NewPCG(7, uint64(len(name))))
	var list [][]said
	for range 1000 {
		var talk []said
		for range 1 + r.IntN(60) {
			who := r.IntN(2)
			one := said{who, message(r, who)}
			if lossy && r.IntN(8) == 0 {
				one.payload = nil
			}
			talk = append(talk, one)
		}
		list = append(list, talk)
	}
	for _, began := range []bool{false, true} {
		if got := readStreams(t, list, began); len(got) > 0 {
			t.Errorf("%s, lossy %t, began %t: %d records, the first ones %v", name, lossy, began, len(got), got[:min(len(got), 3)])
		}
	}
}

// TestAWebSocketIsFoundMidStream: whatever its first frames are, every frame from the first segment on that is known to
// begin with one is recorded, also those that were held back, in their order.
func TestAWebSocketIsFoundMidStream(t *testing.T) {
	r := rand.New(rand.NewPCG(8, 8))
	for n := range 2000 {
		var talk []said
		var want []string
		for i := range 4 + r.IntN(20) {
			who := r.IntN(2)
			if i < 2 {
				who = (i + n) % 2
			}
			h := frame.Header{Fin: true, Opcode: []frame.Opcode{frame.Text, frame.Binary, frame.Ping, frame.Pong}[r.IntN(4)], Masked: who == 0}
			copy(h.Key[:], noise(r, 4))
			body := fmt.Appendf(nil, "message %d ü", i)
			talk = append(talk, said{who, frame.AppendFrame(nil, h, body)})
			if !h.Opcode.IsControl() {
				want = append(want, fmt.Sprintf("%s %s", record.Dir(who), body))
			}
		}
		got := readStreams(t, [][]said{talk}, false)
		if fmt.Sprint(texts(got)) != fmt.Sprint(want) {
			t.Fatalf("stream %d: got %q, want %q", n, texts(got), want)
		}
		checkConnections(t, got, true)
	}
}

// TestUnmaskedFramesAreNotEnough: without a client's frames there is no evidence, and what is held back stays bounded.
func TestUnmaskedFramesAreNotEnough(t *testing.T) {
	var talk []said
	for range 1000 {
		talk = append(talk, said{1, frame.AppendFrame(nil, frame.Header{Fin: true, Opcode: frame.Binary}, make([]byte, 1000))})
	}
	if got := readStreams(t, [][]said{talk}, false); len(got) > 0 {
		t.Error(got[:3])
	}
}
