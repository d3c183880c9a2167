package model

import (
	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/panel/model/rows"
)

// PageRequest is a part of a payload that the feed cut and the server keeps, to be fetched now.
type PageRequest struct {
	Seq  uint64 // of the record
	Part string // act.PartPayload or act.PartMessage
	From int    // the first byte
}

// paging knows which rows the feed cut, and fetches what the server keeps of them: of the selected row, and of all while the filter
// asks for what is in payloads, as far as there is room.
type paging struct {
	store *rows.Store
	held  map[uint64]held // rows that the feed cut, by ID
	order []uint64        // these, oldest first
	now   fetching
}

// held is how many bytes the server keeps.
type held struct {
	payload, body uint64
	failed        bool // the server has discarded the record
}

// fetching is the row that is fetched now; none without a request that is on its way.
type fetching struct {
	request       PageRequest
	id            uint64
	payload, body []byte
	waits         bool
}

// note takes in that the feed cut a record.
func (p *paging) note(id uint64, r *record.Record) {
	if r.KeptPayload+r.KeptBody == 0 {
		return
	}
	if p.held == nil {
		p.held = map[uint64]held{}
	}
	p.held[id] = held{payload: r.KeptPayload, body: r.KeptBody}
	p.order = append(p.order, id)
}

// forget drops what was noted of evicted rows.
func (p *paging) forget(oldest uint64) {
	for len(p.order) > 0 && p.order[0] < oldest {
		delete(p.held, p.order[0])
		p.order = p.order[1:]
	}
}

// isHeld reports whether the server keeps more of a row than is here.
func (p *paging) isHeld(id uint64) bool {
	h, ok := p.held[id]
	return ok && !h.failed
}

// wanted returns the row to fetch next, [rows.None] for none.
func (p *paging) wanted(selected uint64, all bool) uint64 {
	if p.isHeld(selected) {
		return selected
	}
	if all {
		for _, id := range p.order {
			h, ok := p.held[id]
			if ok && !h.failed && h.payload+h.body <= uint64(max(0, p.store.WholeRoom())) {
				return id
			}
		}
	}
	return rows.None
}

// heldOf returns what the server had of a row whose fetched bytes were dropped.
func heldOf(r rows.Row) (h held) {
	h.payload = r.Length()
	if r.HasBody() {
		h.body = r.Inflated()
	}
	return h
}

// loading says that the rest of a row is on its way, "" when it is not.
func (p *paging) loading(id uint64) string {
	if !p.isHeld(id) {
		return ""
	}
	return ". The rest is loading from the server."
}
