package model

import (
	"github.com/tetherscope/tetherscope/internal/frame"
	"github.com/tetherscope/tetherscope/panel/model/format"
	"github.com/tetherscope/tetherscope/panel/model/rows"
)

// PairLink leads from a request to its first answer, from an answer to what it answers, and from a part of a message to the
// frame that ends it.
type PairLink struct {
	ID    uint64
	Label string // "answered by #57 after 1.80 ms"
}

func pairLink(d *details) *PairLink {
	r, ok := d.sel.row()
	if !ok {
		return nil
	}
	other, ok := r.Pair()
	if !ok {
		return nil
	}
	id := other.ID()
	if _, ok := r.Whole(); ok {
		return &PairLink{id, "the whole message is at #" + format.Uint(other.Seq())}
	}
	if id > d.sel.id {
		return &PairLink{id, "answered by #" + format.Uint(other.Seq()) + " after " + format.Duration(other.ResponseTime()) + pingLeg(d, r)}
	}
	return &PairLink{id, "answers #" + format.Uint(other.Seq()) + " after " + format.Duration(r.ResponseTime()) + pingLeg(d, other)}
}

// pingLeg says on which leg of a proxy a ping was answered; nothing of another row.
func pingLeg(d *details, r rows.Row) string {
	if r.Opcode() != frame.Ping {
		return ""
	}
	return legOf(d.conns.of(r), r.Dir())
}

// proxyFact says how long the selected frame was in the proxy.
func proxyFact(d *details) []Fact {
	r, ok := d.sel.row()
	if !ok || !isProxied(d.conns.of(r)) {
		return nil
	}
	if r.ProxyDelay() == 0 {
		return []Fact{{"Proxy delay", "not known", "dropped, intercepted, injected, or not written to the other leg yet"}}
	}
	return []Fact{{"Proxy delay", format.Duration(r.ProxyDelay()), "from receiving its last byte on one leg to writing it to the other"}}
}
