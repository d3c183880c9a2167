package packet

import (
	"encoding/binary"
	"net/netip"
)

// Segment is what a TCP packet says.
type Segment struct {
	From, To           netip.AddrPort
	Seq, Ack           uint32
	SYN, ACK, FIN, RST bool
	Payload            []byte
	Missing            int // bytes of the payload that the capture cut off
}

// parseTCP reads a TCP header (RFC 9293 §3.1).
func parseTCP(from, to netip.Addr, b []byte) (s Segment, ok bool) {
	if len(b) < 20 {
		return s, false
	}
	head := int(b[12]>>4) * 4
	if head < 20 || len(b) < head {
		return s, false
	}
	flags := b[13]
	return Segment{
		From: netip.AddrPortFrom(from, binary.BigEndian.Uint16(b)),
		To:   netip.AddrPortFrom(to, binary.BigEndian.Uint16(b[2:])),
		Seq:  binary.BigEndian.Uint32(b[4:]), Ack: binary.BigEndian.Uint32(b[8:]),
		FIN: flags&1 != 0, SYN: flags&2 != 0, RST: flags&4 != 0, ACK: flags&16 != 0,
		Payload: b[head:],
	}, true
}
