package packet

import (
	"cmp"
	"net/netip"
	"slices"

	"github.com/tetherscope/tetherscope/internal/budget"
)

// The limits of reassembly: what is begun and not complete is given up, the oldest first.
const (
	MaxFragments = 4 << 20 // bytes of fragments that wait for others
	maxDatagrams = 256
	maxDatagram  = 65_535
)

// fragments are the IP packets of which not all parts have come.
type fragments struct {
	list       []*assembly // the oldest first
	bytes      int
	incomplete uint64 // parts that were given up
	room       budget.Lease
}

type assemblyKey struct {
	from, to netip.Addr
	id       uint32
	protocol int // of IPv4: there it is a part of the key (RFC 791 §3.2)
}

// assembly is one of them.
type assembly struct {
	key      assemblyKey
	protocol int
	parts    []part // in order, without overlaps
	size     int    // of the whole; -1 while that is not known
	bytes    int
}

type part struct {
	offset int
	body   []byte
}

// reassemble takes a part of an IP packet. It is true when g is now the whole.
func (d *Dissector) reassemble(g *datagram) bool {
	f := &d.frags
	if g.missing > 0 && d.cut > 0 {
		d.omit(WhyCut, 0)
		return false
	}
	if g.offset+len(g.body) > maxDatagram || g.more && len(g.body)%8 != 0 {
		d.omit(WhyDamaged, 0)
		return false
	}
	key := assemblyKey{from: g.from, to: g.to, id: g.id}
	if g.from.Is4() {
		key.protocol = g.protocol
	}
	at := slices.IndexFunc(f.list, func(a *assembly) bool { return a.key == key })
	if at < 0 {
		f.list = append(f.list, &assembly{key: key, size: -1})
		at = len(f.list) - 1
	}
	a := f.list[at]
	f.bytes += a.add(g)
	if whole := a.whole(); whole != nil {
		f.list = slices.Delete(f.list, at, at+1)
		f.bytes -= a.bytes
		*g = datagram{from: g.from, to: g.to, protocol: a.protocol, body: whole}
		if !g.from.Is4() && !g.extensions() {
			d.omit(WhyDamaged, 0)
			return false
		}
		return true
	}
	for len(f.list) > maxDatagrams || f.bytes > MaxFragments || !f.room.Hold(budget.Packets, int64(f.bytes)) {
		f.evict()
	}
	return false
}

// evict gives the oldest one up. It is false when there is none.
func (f *fragments) evict() bool {
	if len(f.list) == 0 {
		return false
	}
	a := f.list[0]
	f.list = slices.Delete(f.list, 0, 1)
	f.bytes -= a.bytes
	f.incomplete += uint64(len(a.parts))
	return true
}

// missing returns how many parts were given up, or wait.
func (f *fragments) missing() uint64 {
	n := f.incomplete
	for _, a := range f.list {
		n += uint64(len(a.parts))
	}
	return n
}

// add takes a part, and returns how many bytes of it are new. Of parts that overlap the first one counts.
func (a *assembly) add(g *datagram) (taken int) {
	if !g.more {
		a.size = g.offset + len(g.body)
	}
	if g.offset == 0 {
		a.protocol = g.protocol
	}
	at, twice := slices.BinarySearchFunc(a.parts, g.offset, func(p part, offset int) int { return cmp.Compare(p.offset, offset) })
	if twice {
		return 0
	}
	if at > 0 && a.parts[at-1].offset+len(a.parts[at-1].body) > g.offset || at < len(a.parts) && g.offset+len(g.body) > a.parts[at].offset {
		return 0
	}
	a.parts = slices.Insert(a.parts, at, part{g.offset, slices.Clone(g.body)})
	a.bytes += len(g.body)
	return len(g.body)
}

// whole returns the whole, or nil.
func (a *assembly) whole() []byte {
	if a.size < 0 || a.bytes < a.size {
		return nil
	}
	out := make([]byte, 0, a.size)
	for _, p := range a.parts {
		if p.offset != len(out) {
			return nil
		}
		out = append(out, p.body...)
	}
	return out[:min(len(out), a.size)]
}
