package packet

import (
	"maps"
	"net/netip"
)

// maxDepth is how many tunnels inside each other are followed.
const maxDepth = 8

// Dissector takes TCP segments out of packets, through links, tunnels and fragments of IP, and counts what is none. The zero
// value is ready. It is for one goroutine, and holds at most [MaxFragments] bytes of fragments.
type Dissector struct {
	counts map[Omission]uint64
	frags  fragments

	// Of the packet that is taken apart.
	cut   int
	depth int
	found bool
	out   Segment
}

// Segment takes a packet apart. It is false when the packet carries no TCP segment, which is counted, or a fragment of one that
// is not complete. The payload is that of the packet's data, or valid until the next packet.
func (d *Dissector) Segment(p *Packet) (s Segment, ok bool) {
	d.cut, d.depth, d.found, d.out = p.Cut, 0, false, Segment{}
	d.link(p.Data, p.Link)
	return d.out, d.found
}

// Why is a reason for which a packet carries no segment that can be read.
type Why uint8

// The reasons.
const (
	WhyLink      Why = iota + 1 // the link is not known; Number is its number
	WhyNotIP                    // the link carries something else, ARP for example; Number is its type, 0 where it has none
	WhyNotTCP                   // IP carries something else; Number is its protocol
	WhyTunnel                   // in a tunnel or behind a header that is not read; Number is what it carries
	WhyEncrypted                // IPsec or Wi-Fi that is encrypted; Number is the IP protocol, 0 for Wi-Fi
	WhyFragments                // a fragment of IP whose other ones are not in the capture
	WhyCut                      // the capture kept less than the headers
	WhyDamaged                  // a header cannot be
)

// Omission is what packets have in common that carry no segment.
type Omission struct {
	Why    Why
	Number uint16
}

// maxOmissions is how many numbers are counted one by one.
const maxOmissions = 64

// omit counts the packet.
func (d *Dissector) omit(why Why, number int) {
	switch {
	case d.found:
		return
	case why == WhyDamaged && d.cut > 0:
		why = WhyCut
	}
	if d.counts == nil {
		d.counts = map[Omission]uint64{}
	}
	o := Omission{why, uint16(number)}
	if _, known := d.counts[o]; !known && len(d.counts) >= maxOmissions {
		o.Number = 0
	}
	d.counts[o]++
}

// Omitted returns how many packets carried no segment so far, by reason. Fragments that still wait count as incomplete.
func (d *Dissector) Omitted() map[Omission]uint64 {
	counts := maps.Clone(d.counts)
	if n := d.frags.missing(); n > 0 {
		if counts == nil {
			counts = map[Omission]uint64{}
		}
		counts[Omission{Why: WhyFragments}] += n
	}
	return counts
}

// tcp takes a TCP segment.
func (d *Dissector) tcp(from, to netip.Addr, b []byte, missing int) {
	s, ok := parseTCP(from, to, b)
	if !ok {
		d.omit(WhyDamaged, 0)
		return
	}
	s.Missing = min(d.cut, missing)
	d.out, d.found = s, true
}
