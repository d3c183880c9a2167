package packet

import (
	"encoding/binary"
	"net/netip"
)

// Protocols, as IP numbers them.
const (
	protocolIPv4 = 4
	protocolTCP  = 6
	protocolUDP  = 17
	protocolIPv6 = 41
	protocolGRE  = 47
	protocolESP  = 50
)

// datagram is what an IP packet says.
type datagram struct {
	from, to netip.Addr
	protocol int
	body     []byte
	missing  int // bytes behind the body that the capture cut off

	fragment bool
	id       uint32
	offset   int
	more     bool
}

// ip takes an IP packet.
func (d *Dissector) ip(p []byte) {
	if !d.has(p, 1) {
		return
	}
	var g datagram
	ok := false
	switch p[0] >> 4 {
	case 4:
		g, ok = d.ipv4(p)
	case 6:
		g, ok = d.ipv6(p)
	default:
		d.omit(WhyNotIP, 0)
		return
	}
	if !ok {
		d.omit(WhyDamaged, 0)
		return
	}
	if g.fragment {
		if ok = d.reassemble(&g); !ok {
			return
		}
	}
	d.carried(&g)
}

// carried takes what an IP packet carries.
func (d *Dissector) carried(g *datagram) {
	switch g.protocol {
	case protocolTCP:
		d.tcp(g.from, g.to, g.body, g.missing)
	case protocolIPv4, protocolIPv6:
		d.deeper(func() { d.ip(g.body) })
	case protocolGRE:
		d.gre(g.body)
	case protocolUDP:
		d.udp(g.body)
	case protocolESP:
		d.omit(WhyEncrypted, protocolESP)
	default:
		d.omit(WhyNotTCP, g.protocol)
	}
}

// deeper takes what is inside a tunnel.
func (d *Dissector) deeper(take func()) {
	if d.depth++; d.depth > maxDepth {
		d.omit(WhyDamaged, 0)
		return
	}
	take()
}

// ipv4 reads an IPv4 packet (RFC 791 §3.1).
func (d *Dissector) ipv4(p []byte) (g datagram, ok bool) {
	if len(p) < 20 {
		return g, false
	}
	head, total := int(p[0]&15)*4, int(binary.BigEndian.Uint16(p[2:]))
	if total == 0 { // the network card cuts the segment up itself, behind the capture
		total = len(p) + d.cut
	}
	if head < 20 || len(p) < head || total < head {
		return g, false
	}
	part := binary.BigEndian.Uint16(p[6:])
	g = datagram{
		from: netip.AddrFrom4([4]byte(p[12:])), to: netip.AddrFrom4([4]byte(p[16:])), protocol: int(p[9]),
		missing: max(0, total-len(p)),
		id:      uint32(binary.BigEndian.Uint16(p[4:])), offset: int(part&0x1FFF) * 8, more: part&0x2000 != 0,
	}
	g.fragment = g.more || g.offset > 0
	g.body = p[head:min(total, len(p))] // Ethernet pads short packets
	return g, true
}

// ipv6 reads an IPv6 packet and its extension headers (RFC 8200 §3, §4).
func (d *Dissector) ipv6(p []byte) (g datagram, ok bool) {
	const head = 40
	if len(p) < head {
		return g, false
	}
	g = datagram{from: netip.AddrFrom16([16]byte(p[8:])), to: netip.AddrFrom16([16]byte(p[24:])), protocol: int(p[6]), body: p[head:]}
	if n := int(binary.BigEndian.Uint16(p[4:])); n > 0 {
		g.missing = max(0, n-len(g.body))
		g.body = g.body[:min(n, len(g.body))]
	} else {
		g.missing = d.cut
	}
	return g, g.extensions()
}

// extensions cuts extension headers off.
func (g *datagram) extensions() bool {
	const most = 16
	for range most {
		size := 8
		switch g.protocol {
		case 0, 43, 60, 135, 139, 140: // hop-by-hop, routing, destination options, mobility, host identity, shim6
			if len(g.body) < 8 {
				return false
			}
			size += int(g.body[1]) * 8
		case 44: // fragment; one that is the whole packet is none (RFC 6946)
			if len(g.body) < 8 {
				return false
			}
			part := binary.BigEndian.Uint16(g.body[2:])
			g.id, g.offset, g.more = binary.BigEndian.Uint32(g.body[4:]), int(part&^7), part&1 != 0
			g.fragment = g.more || g.offset > 0
		case 51: // authentication: its length counts 4 bytes (RFC 4302 §2.2)
			if len(g.body) < 8 {
				return false
			}
			size += int(g.body[1]) * 4
		default:
			return true
		}
		if len(g.body) < size {
			return false
		}
		g.protocol, g.body = int(g.body[0]), g.body[size:]
		if g.fragment {
			return true // the headers behind it are read once it is whole
		}
	}
	return false
}
