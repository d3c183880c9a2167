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
}

// protocolTCP is TCP's number in IP headers.
const protocolTCP = 6

// ParseTCP takes a packet apart. It is false when the packet is not TCP over IP, is a fragment of IP, or ends within a
// header. The payload is that of data.
func ParseTCP(data []byte, link Link) (s Segment, ok bool) {
	p := network(data, link)
	if len(p) == 0 {
		return s, false
	}
	var from, to netip.Addr
	var tcp []byte
	switch p[0] >> 4 {
	case 4:
		from, to, tcp = ipv4(p)
	case 6:
		from, to, tcp = ipv6(p)
	}
	return parseTCP(from, to, tcp)
}

// ipv4 returns what an IPv4 packet carries when that is TCP (RFC 791 §3.1).
func ipv4(p []byte) (from, to netip.Addr, tcp []byte) {
	if len(p) < 20 || p[9] != protocolTCP {
		return from, to, nil
	}
	head, total := int(p[0]&15)*4, int(binary.BigEndian.Uint16(p[2:]))
	if moreOrOffset := binary.BigEndian.Uint16(p[6:]) &^ 0xC000; head < 20 || len(p) < head || moreOrOffset != 0 {
		return from, to, nil
	}
	if total == 0 { // the network card cuts the segment up itself, behind the capture
		total = len(p)
	}
	if total < head {
		return from, to, nil
	}
	p = p[:min(total, len(p))] // Ethernet pads short packets
	return netip.AddrFrom4([4]byte(p[12:])), netip.AddrFrom4([4]byte(p[16:])), p[head:]
}

// ipv6 returns what an IPv6 packet carries when that is TCP (RFC 8200 §3, §4).
func ipv6(p []byte) (from, to netip.Addr, tcp []byte) {
	const head = 40
	if len(p) < head {
		return from, to, nil
	}
	next, rest := p[6], p[head:]
	if n := int(binary.BigEndian.Uint16(p[4:])); n > 0 {
		rest = rest[:min(n, len(rest))]
	}
	for range 8 {
		switch next {
		case protocolTCP:
			return netip.AddrFrom16([16]byte(p[8:])), netip.AddrFrom16([16]byte(p[24:])), rest
		case 0, 43, 60: // hop-by-hop, routing, destination options
			if len(rest) < 8 || len(rest) < 8+int(rest[1])*8 {
				return from, to, nil
			}
			next, rest = rest[0], rest[8+int(rest[1])*8:]
		default:
			return from, to, nil
		}
	}
	return from, to, nil
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
