package pcap

import (
	"encoding/binary"
	"testing"

	"github.com/tetherscope/tetherscope/internal/capture/pcap/packet"
	"github.com/tetherscope/tetherscope/internal/capture/record"
)

// FuzzStream: segments of one connection in any order, with any numbers, cut and lost, make records of that connection, and
// nothing is still counted as kept in the end.
func FuzzStream(f *testing.F) {
	script := func(parts ...[]byte) (out []byte) {
		for _, p := range parts {
			out = append(append(out, p[:4]...), binary.BigEndian.AppendUint16(nil, uint16(len(p)-4))...)
			out = append(out, p[4:]...)
		}
		return out
	}
	ask := append([]byte{0, 16, 0, 0}, request...)
	answer := append([]byte{1, 16, 0, 0}, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"...)
	f.Add(script([]byte{0, 2, 0, 0}, []byte{1, 18, 0, 0}, ask, answer, append([]byte{1, 16, 9, 3}, textFrame(false, "hello")...), append([]byte{0, 17, 0, 0}, textFrame(true, "hello")...)))
	f.Add(script(ask, answer, append([]byte{1, 16, 255, 0}, textFrame(false, "hello")...)))
	client, server := newHalf2(), newHalf2()
	client.WriteString("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
	client.headers(1, false, ":method", "CONNECT", ":protocol", "websocket", ":scheme", "http", ":authority", "a", ":path", "/h2")
	server.headers(1, false, ":status", "200").data(1, textFrame(false, "hello"))
	f.Add(script(append([]byte{0, 16, 0, 0}, client.Bytes()...), append([]byte{1, 16, 0, 0}, server.Bytes()...), append([]byte{0, 16, 0, 0}, newHalf2().data(1, textFrame(true, "hello")).Bytes()...)))
	f.Add(script(append([]byte{0, 16, 9, 0}, newHalf2().data(7, textFrame(true, "hello")).Bytes()...), append([]byte{1, 16, 0, 0}, newHalf2().data(7, textFrame(false, "hello")).Bytes()...)))
	f.Fuzz(func(t *testing.T, b []byte) {
		seq := uint64(0)
		s := newStreams(record.Visitor{Record: func(r *record.Record) error {
			if seq++; r.Seq != seq || r.Conn == 0 {
				t.Errorf("record %d is numbered %d, of connection %d", seq, r.Seq, r.Conn)
			}
			return nil
		}})
		next := [2]uint32{1<<32 - 50, 7}
		for at := int64(0); len(b) >= 6; at++ {
			who, flags, jump, missing := int(b[0]&1), b[1], int8(b[2]), int(b[3])
			size := min(int(binary.BigEndian.Uint16(b[4:])), len(b)-6)
			payload := b[6 : 6+size]
			b = b[6+size:]
			next[who] += uint32(int32(jump))
			seg := packet.Segment{
				From: twoEnds[who], To: twoEnds[1-who], Seq: next[who], Ack: next[1-who], Payload: payload, Missing: missing,
				FIN: flags&1 != 0, SYN: flags&2 != 0, RST: flags&4 != 0, ACK: flags&16 != 0,
			}
			next[who] += uint32(size + missing)
			if seg.SYN || seg.FIN {
				next[who]++
			}
			if st, who := s.find(&seg); st != nil {
				st.segment(&seg, who, at, 0)
			}
		}
		if err := s.end(); err != nil || s.waiting != 0 {
			t.Errorf("%v, %d bytes are still counted as kept", err, s.waiting)
		}
	})
}
