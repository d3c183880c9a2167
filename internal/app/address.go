package app

import (
	"net/netip"
	"strings"
)

// maxHops is how many entries of X-Forwarded-For are looked at, from the right.
const maxHops = 16

// clientAddress decides which address a request came from. Each proxy appends to X-Forwarded-For whom it talked to, so
// the list is read from the right and only as long as those who wrote it are trusted: what a client wrote itself stands
// to the left of its own address and is never reached.
func clientAddress(remote netip.Addr, forwarded []string, trusted []netip.Prefix) netip.Addr {
	addr := remote.Unmap()
	hops := strings.Split(strings.Join(forwarded, ","), ",")
	for i := len(hops) - 1; i >= 0 && i >= len(hops)-maxHops && within(addr, trusted); i-- {
		hop, err := netip.ParseAddr(strings.TrimSpace(hops[i]))
		if err != nil {
			return addr
		}
		addr = hop.Unmap().WithZone("")
	}
	return addr
}

func within(a netip.Addr, nets []netip.Prefix) bool {
	for _, n := range nets {
		if n.Contains(a) {
			return true
		}
	}
	return false
}

// bucket is what limits per address count by: an IPv4 address, or the /64 that one IPv6 host can pick from freely.
func bucket(a netip.Addr) netip.Prefix {
	bits := 32
	if a.Is6() {
		bits = 64
	}
	p, err := a.Prefix(bits)
	if err != nil {
		return netip.Prefix{} // an address that is not valid: all of those share one bucket
	}
	return p
}
