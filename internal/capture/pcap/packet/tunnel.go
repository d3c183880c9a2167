package packet

import "encoding/binary"

// The ports of UDP on which tunnels are looked for: VXLAN as assigned (RFC 7348 §8.1) and as Linux began with it, and Geneve
// (RFC 8926 §3.3).
const (
	portVXLAN    = 4789
	portVXLANOld = 8472
	portGeneve   = 6081
)

// gre takes what GRE carries (RFC 2784, RFC 2890).
func (d *Dissector) gre(b []byte) {
	if !d.has(b, 4) {
		return
	}
	flags, kind, head := binary.BigEndian.Uint16(b), binary.BigEndian.Uint16(b[2:]), 4
	const (
		checksum   = 0x8000
		routing    = 0x4000
		key        = 0x2000
		sequence   = 0x1000
		ackVersion = 0x0080
		version    = 0x0007
	)
	if flags&routing != 0 {
		d.omit(WhyTunnel, protocolGRE)
		return
	}
	for _, bit := range []uint16{checksum, key, sequence} {
		if flags&bit != 0 {
			head += 4
		}
	}
	if flags&version == 1 && flags&ackVersion != 0 { // PPTP (RFC 2637 §4.1)
		head += 4
	}
	if flags&version > 1 {
		d.omit(WhyTunnel, protocolGRE)
		return
	}
	if d.has(b, head) {
		d.deeper(func() { d.tagged(kind, b[head:]) })
	}
}

// udp takes what a tunnel over UDP carries.
func (d *Dissector) udp(b []byte) {
	if !d.has(b, 8) {
		return
	}
	port, b := binary.BigEndian.Uint16(b[2:]), b[8:]
	switch {
	case (port == portVXLAN || port == portVXLANOld) && len(b) >= 8 && b[0] == 8: // a network number is there
		d.deeper(func() { d.ethernet(b[8:], 12) })
	case port == portGeneve && len(b) >= 8 && b[0]>>6 == 0:
		head := 8 + int(b[0]&0x3F)*4
		if d.has(b, head) {
			kind := binary.BigEndian.Uint16(b[2:])
			d.deeper(func() { d.tagged(kind, b[head:]) })
		}
	default:
		d.omit(WhyNotTCP, protocolUDP)
	}
}
