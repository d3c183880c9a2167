package model

import (
	"github.com/tetherscope/tetherscope/panel/model/rows"
	"github.com/tetherscope/tetherscope/scope/act"
)

// NextPage returns the part of a payload that is to be fetched now: [Page] brings it, and then there may be another. It returns
// false while one is on its way, and when nothing is wanted.
func (m *Model) NextPage() (PageRequest, bool) {
	p := &m.paging
	if p.now.waits {
		return PageRequest{}, false
	}
	id := p.wanted(m.sel.rowID(), m.search.filter.Text != "" && m.search.query.AsksPayload())
	if id == rows.None || !m.store.Has(id) {
		return PageRequest{}, false
	}
	if p.now.id != id || p.now.request.Seq == 0 {
		p.now = fetching{id: id, request: PageRequest{Seq: m.store.Row(id).Seq(), Part: act.PartPayload}}
	}
	p.now.waits = true
	return p.now.request, true
}

// takePage takes a fetched part, and with the last one the whole payload.
func (m *Model) takePage(page Page) {
	p := &m.paging
	now := &p.now
	if !now.waits || page.Seq != now.request.Seq {
		return
	}
	now.waits = false
	h := p.held[now.id]
	if page.Problem != "" || len(page.Bytes) == 0 && page.Size > now.request.From {
		h.failed = true
		p.held[now.id] = h
		*now = fetching{}
		return
	}
	part := &now.payload
	if now.request.Part == act.PartMessage {
		part = &now.body
	}
	*part = append(*part, page.Bytes...)
	switch now.request.From = len(*part); {
	case len(*part) < page.Size:
	case now.request.Part == act.PartPayload && h.body > 0:
		now.request.Part, now.request.From = act.PartMessage, 0
	default:
		m.setWhole(now.id, now.payload, now.body)
		*now = fetching{}
	}
}

// setWhole puts a fetched payload in the place of its beginning, and has what looks at payloads look again.
func (m *Model) setWhole(id uint64, payload, body []byte) {
	if !m.store.Has(id) {
		return
	}
	p := &m.paging
	h := p.held[id]
	delete(p.held, id)
	for _, gone := range m.store.SetWhole(id, payload, body) {
		p.held[gone] = heldOf(m.store.Row(gone))
	}
	if m.store.Row(id).Kept() < uint32(len(payload)) { // more than the store takes
		h.failed = true
		p.held[id] = h
	}
	delete(m.summaries.of, id)
	m.search.reconsider(id)
	if m.sel.rowID() == id {
		m.sel.refresh()
	}
}
