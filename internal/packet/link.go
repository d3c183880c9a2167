package packet

// Link is the kind of a packet's outermost header: a number of the tcpdump project's list (LINKTYPE_…).
type Link uint16

// The links whose packets can be read. Packets of other ones are passed over.
const (
	LinkNull     Link = 0   // BSD loopback: an address family in the byte order of the machine that captured
	LinkEthernet Link = 1   // also what Linux calls its loopback
	LinkRaw      Link = 101 // begins with IP
	LinkLoop     Link = 108 // OpenBSD loopback: an address family in network byte order
	LinkSLL      Link = 113 // "any" interface of Linux
	LinkIPv4     Link = 228
	LinkIPv6     Link = 229
	LinkSLL2     Link = 276 // "any" interface of Linux, second version
	linkRawBSD   Link = 12  // raw IP, as some BSDs number it
	linkRawOther Link = 14
)

// Types of a frame's payload, as Ethernet numbers them.
const (
	etherIPv4  = 0x0800
	etherIPv6  = 0x86DD
	etherVLAN  = 0x8100
	etherQinQ  = 0x88A8
	etherQinQ2 = 0x9100
	etherPPPoE = 0x8864
)

// network cuts the link's header off and returns the IP packet; nil when there is none.
func network(data []byte, link Link) []byte {
	switch link {
	case LinkEthernet:
		return ethernet(data, 12)
	case LinkSLL:
		return ethernet(data, 14)
	case LinkSLL2:
		if len(data) < 20 {
			return nil
		}
		return etherPayload(uint16(data[0])<<8|uint16(data[1]), data[20:])
	case LinkNull, LinkLoop:
		if len(data) < 4 {
			return nil
		}
		return data[4:]
	case LinkRaw, LinkIPv4, LinkIPv6, linkRawBSD, linkRawOther:
		return data
	}
	return nil
}

// ethernet takes the payload behind a type that stands at a place.
func ethernet(data []byte, at int) []byte {
	for range 4 { // VLAN tags may be stacked
		if len(data) < at+2 {
			return nil
		}
		kind := uint16(data[at])<<8 | uint16(data[at+1])
		switch kind {
		case etherVLAN, etherQinQ, etherQinQ2:
			at += 4
		default:
			return etherPayload(kind, data[at+2:])
		}
	}
	return nil
}

func etherPayload(kind uint16, data []byte) []byte {
	switch kind {
	case etherIPv4, etherIPv6:
		return data
	case etherPPPoE:
		const head = 8 // of PPPoE, and the protocol of PPP
		if len(data) < head {
			return nil
		}
		if p := uint16(data[6])<<8 | uint16(data[7]); p == 0x0021 || p == 0x0057 {
			return data[head:]
		}
	}
	return nil
}
