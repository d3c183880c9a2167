package packet

import "encoding/binary"

// Link is the kind of a packet's outermost header: a number of the tcpdump project's list (LINKTYPE_…).
type Link uint16

// The links whose packets can be read. Packets of other ones are counted as [WhyLink].
const (
	LinkNull     Link = 0   // BSD loopback: an address family in the byte order of the machine that captured
	LinkEthernet Link = 1   // also what Linux calls its loopback
	LinkPPP      Link = 9   // address, control and protocol, or the protocol alone
	LinkPPPHDLC  Link = 50  // PPP in HDLC-like framing
	LinkPPPoE    Link = 51  // PPP over Ethernet, without Ethernet
	LinkRaw      Link = 101 // begins with IP
	LinkCHDLC    Link = 104 // Cisco HDLC
	Link80211    Link = 105 // Wi-Fi, without radio information
	LinkLoop     Link = 108 // OpenBSD loopback: an address family in network byte order
	LinkSLL      Link = 113 // "any" interface of Linux
	LinkRadiotap Link = 127 // Wi-Fi behind radio information
	LinkPPI      Link = 192 // any other link behind information of each packet
	LinkPPPDir   Link = 204 // PPP behind a direction
	LinkIPv4     Link = 228
	LinkIPv6     Link = 229
	LinkNFLOG    Link = 239 // packets that Linux's firewall logged
	LinkPKTAP    Link = 258 // "pktap" interface of macOS: says the link of each packet
	LinkSLL2     Link = 276 // "any" interface of Linux, second version
	linkPKTAPOld Link = 149 // as older versions of it number it, of those kept for users
	linkRawBSD   Link = 12  // raw IP, as some BSDs number it
	linkRawOther Link = 14
)

// Types of a frame's payload, as Ethernet numbers them.
const (
	etherIPv4   = 0x0800
	etherIPv6   = 0x86DD
	etherVLAN   = 0x8100
	etherQinQ   = 0x88A8
	etherQinQ2  = 0x9100
	etherPPPoE  = 0x8864
	etherPPP    = 0x880B
	etherMPLS   = 0x8847
	etherMPLS2  = 0x8848
	etherBridge = 0x6558 // a whole Ethernet frame

	pppIPv4  = 0x0021 // as PPP numbers them
	pppIPv6  = 0x0057
	pppMPLS  = 0x0281
	pppFirst = 0x4000 // those from here on carry no packets of networks

	maxLength = 1500 // the largest value that is a length where Ethernet has a type (IEEE 802.3 §3.2.6)
)

// link cuts the link's header off.
func (d *Dissector) link(data []byte, link Link) {
	switch link {
	case LinkEthernet:
		d.ethernet(data, 12)
	case LinkSLL:
		d.ethernet(data, 14)
	case LinkSLL2:
		if d.has(data, 20) {
			d.tagged(binary.BigEndian.Uint16(data), data[20:])
		}
	case LinkNull, LinkLoop:
		if d.has(data, 4) {
			d.ip(data[4:])
		}
	case LinkPPP, LinkPPPHDLC:
		d.ppp(data)
	case LinkPPPDir:
		if d.has(data, 1) {
			d.ppp(data[1:])
		}
	case LinkPPPoE:
		d.pppoe(data)
	case LinkCHDLC:
		d.ethernet(data, 2)
	case Link80211:
		d.wifi(data)
	case LinkRadiotap:
		d.radiotap(data)
	case LinkPPI:
		d.ppi(data)
	case LinkPKTAP, linkPKTAPOld:
		d.pktap(data)
	case LinkNFLOG:
		d.nflog(data)
	case LinkRaw, LinkIPv4, LinkIPv6, linkRawBSD, linkRawOther:
		d.ip(data)
	default:
		d.omit(WhyLink, int(link))
	}
}

// has reports whether a header of n bytes is there; without it the packet is counted.
func (d *Dissector) has(data []byte, n int) bool {
	if len(data) >= n {
		return true
	}
	d.omit(WhyDamaged, 0)
	return false
}

// ethernet takes the payload behind a type that stands at a place.
func (d *Dissector) ethernet(data []byte, at int) {
	if d.has(data, at+2) {
		d.tagged(binary.BigEndian.Uint16(data[at:]), data[at+2:])
	}
}

// tagged takes the payload behind a type; tags of VLANs may be stacked before it, each with the next type.
func (d *Dissector) tagged(kind uint16, data []byte) {
	for kind == etherVLAN || kind == etherQinQ || kind == etherQinQ2 {
		if !d.has(data, 4) {
			return
		}
		kind, data = binary.BigEndian.Uint16(data[2:]), data[4:]
	}
	switch kind {
	case etherIPv4, etherIPv6:
		d.ip(data)
	case etherMPLS, etherMPLS2:
		d.mpls(data)
	case etherPPPoE:
		d.pppoe(data)
	case etherPPP:
		d.ppp(data)
	case etherBridge:
		d.deeper(func() { d.ethernet(data, 12) })
	default:
		if kind <= maxLength { // a length: what follows says its type itself; padding is left to IP's own length
			d.snap(data)
			return
		}
		d.omit(WhyNotIP, int(kind))
	}
}

// snap takes the payload of LLC with SNAP (RFC 1042).
func (d *Dissector) snap(data []byte) {
	if !d.has(data, 3) {
		return
	}
	if data[0] != 0xAA || data[1] != 0xAA || data[2] != 3 {
		d.omit(WhyNotIP, 0)
		return
	}
	if !d.has(data, 8) {
		return
	}
	if kind := binary.BigEndian.Uint16(data[6:]); kind > maxLength {
		d.tagged(kind, data[8:])
	} else {
		d.omit(WhyNotIP, int(kind))
	}
}

// mpls takes the payload behind a stack of labels (RFC 3032 §2.1): IP, as its version says.
func (d *Dissector) mpls(data []byte) {
	for bottom := false; !bottom; data = data[4:] {
		if !d.has(data, 5) {
			return
		}
		bottom = data[2]&1 != 0
	}
	if v := data[0] >> 4; v == 4 || v == 6 {
		d.ip(data)
	} else {
		d.omit(WhyTunnel, etherMPLS)
	}
}

func (d *Dissector) pppoe(data []byte) {
	if d.has(data, 6) {
		d.ppp(data[6:])
	}
}

// ppp takes the payload of PPP (RFC 1661 §2, RFC 1662 §3.1): address and control may be left out, and so may the upper half
// of the protocol.
func (d *Dissector) ppp(data []byte) {
	if len(data) >= 2 && data[0] == 0xFF && data[1] == 3 {
		data = data[2:]
	}
	if !d.has(data, 2) {
		return
	}
	protocol, size := binary.BigEndian.Uint16(data), 2
	if data[0]&1 != 0 {
		protocol, size = uint16(data[0]), 1
	}
	switch {
	case protocol == pppIPv4 || protocol == pppIPv6:
		d.ip(data[size:])
	case protocol == pppMPLS:
		d.mpls(data[size:])
	case protocol < pppFirst:
		d.omit(WhyTunnel, int(protocol)) // compressed headers, multilink
	default:
		d.omit(WhyNotIP, int(protocol))
	}
}

// nflog takes the packet out of the list of attributes that Linux's firewall logs. Their numbers are in the byte order of the
// machine that captured.
func (d *Dissector) nflog(data []byte) {
	const (
		head    = 4
		payload = 9
	)
	if !d.has(data, head+4) {
		return
	}
	var order binary.ByteOrder = binary.LittleEndian
	if size := order.Uint16(data[head:]); size < 4 || int(size) > len(data)-head+d.cut {
		order = binary.BigEndian
	}
	for rest := data[head:]; len(rest) >= 4; {
		size, kind := int(order.Uint16(rest)), order.Uint16(rest[2:])
		if size < 4 {
			break
		}
		if kind == payload {
			d.ip(rest[4:min(size, len(rest))])
			return
		}
		rest = rest[min((size+3)&^3, len(rest)):]
	}
	d.omit(WhyDamaged, 0)
}
