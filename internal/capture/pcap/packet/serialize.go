package packet

import (
	"encoding/binary"
	"net/netip"
)

// macs are locally administered addresses, of the sender and the receiver.
var macs = [2][6]byte{{2, 0, 0, 0, 0, 1}, {2, 0, 0, 0, 0, 2}}

// AppendTCP appends a segment as an Ethernet packet with checksums. Both addresses must be of the same family. Server says
// that the second of two made-up Ethernet addresses sends it. A payload longer than 65,000 bytes is cut.
func AppendTCP(dst []byte, s *Segment, server bool) []byte {
	payload := s.Payload[:min(len(s.Payload), 65_000)]
	from, to := macs[0], macs[1]
	if server {
		from, to = to, from
	}
	dst = append(append(dst, to[:]...), from[:]...)
	if s.From.Addr().Is4() {
		dst = appendIPv4(binary.BigEndian.AppendUint16(dst, etherIPv4), s, len(payload))
	} else {
		dst = appendIPv6(binary.BigEndian.AppendUint16(dst, etherIPv6), s, len(payload))
	}
	at := len(dst)
	dst = appendTCPHeader(dst, s)
	dst = append(dst, payload...)
	binary.BigEndian.PutUint16(dst[at+16:], tcpChecksum(s.From.Addr(), s.To.Addr(), dst[at:]))
	return dst
}

const tcpHead = 20

func appendIPv4(dst []byte, s *Segment, payload int) []byte {
	at := len(dst)
	dst = append(dst, 0x45, 0)
	dst = binary.BigEndian.AppendUint16(dst, uint16(20+tcpHead+payload))
	dst = append(dst, 0, 0, 0, 0, 64, protocolTCP, 0, 0)
	dst = append(append(dst, s.From.Addr().AsSlice()...), s.To.Addr().AsSlice()...)
	binary.BigEndian.PutUint16(dst[at+10:], fold(sum(0, dst[at:])))
	return dst
}

func appendIPv6(dst []byte, s *Segment, payload int) []byte {
	dst = append(dst, 0x60, 0, 0, 0)
	dst = binary.BigEndian.AppendUint16(dst, uint16(tcpHead+payload))
	dst = append(dst, protocolTCP, 64)
	from, to := s.From.Addr().As16(), s.To.Addr().As16()
	return append(append(dst, from[:]...), to[:]...)
}

func appendTCPHeader(dst []byte, s *Segment) []byte {
	dst = binary.BigEndian.AppendUint16(dst, s.From.Port())
	dst = binary.BigEndian.AppendUint16(dst, s.To.Port())
	dst = binary.BigEndian.AppendUint32(dst, s.Seq)
	dst = binary.BigEndian.AppendUint32(dst, s.Ack)
	flags := byte(0)
	for _, f := range [...]struct {
		on  bool
		bit byte
	}{{s.FIN, 1}, {s.SYN, 2}, {s.RST, 4}, {len(s.Payload) > 0, 8}, {s.ACK, 16}} {
		if f.on {
			flags |= f.bit
		}
	}
	return append(dst, tcpHead/4<<4, flags, 0xFF, 0xFF, 0, 0, 0, 0) // a window of 65,535, no checksum yet, no urgent data
}

// tcpChecksum is that of RFC 9293 §3.1, over the pseudo-header and the segment.
func tcpChecksum(from, to netip.Addr, segment []byte) uint16 {
	n := sum(sum(0, from.AsSlice()), to.AsSlice()) + protocolTCP + uint64(len(segment))
	return fold(sum(n, segment))
}

// sum adds 16-bit words in network byte order.
func sum(n uint64, b []byte) uint64 {
	for ; len(b) >= 2; b = b[2:] {
		n += uint64(b[0])<<8 | uint64(b[1])
	}
	if len(b) == 1 {
		n += uint64(b[0]) << 8
	}
	return n
}

func fold(n uint64) uint16 {
	for n > 0xFFFF {
		n = n>>16 + n&0xFFFF
	}
	return ^uint16(n)
}
