package model

import (
	"strings"

	"github.com/tetherscope/tetherscope/internal/record"
	"github.com/tetherscope/tetherscope/panel/model/query"
)

// maxPassedRows is how many frames of a direction are looked at for what one record tells of them: those are its newest.
const maxPassedRows = 4096

// passed notes of frames that are there already how long they stood in the proxy. It is told a moment after they came.
func (m *Model) passed(r *record.Record) {
	m.lastSeq = r.Seq
	k := m.conns.byID[r.Conn]
	if k == nil || len(r.Passed) == 0 {
		return
	}
	least := r.Passed[0].From
	for _, p := range r.Passed {
		least = min(least, p.From)
	}
	id, earliest := k.newest[r.Leg&1][r.Dir&1], m.store.end
	for range maxPassedRows {
		if id == 0 || !m.store.held(id-1) {
			break
		}
		pg, i := m.store.row(id - 1)
		end := pg.offset[i] + uint64(pg.size[i]) + pg.length[i]
		ours := pg.marks[i]&record.Injected != 0 && pg.offset[i] == 0 // a copy that a rule made has no place among the sender's bytes
		if !ours && end <= least {
			break
		}
		if took := passedAt(r.Passed, end); took > 0 && !ours && pg.stood[i] == 0 {
			pg.stood[i], earliest = took, id-1
		}
		if pg.back[i] == 0 {
			break
		}
		id -= uint64(pg.back[i])
	}
	m.askAgain(earliest)
}

// passedAt returns how long the part that has the byte before end stood, at least 1; 0 when it was not told.
func passedAt(list []record.Passage, end uint64) int64 {
	for _, p := range list {
		if p.From < end && end <= p.To {
			return max(1, int64(p.Stood))
		}
	}
	return 0
}

// askAgain asks rows from id on again, if the query asks for what has just become known of them.
func (m *Model) askAgain(id uint64) {
	if id >= m.found.next && id >= m.hits.next || !strings.Contains(m.filter.Text, "stood") {
		return
	}
	if q, err := query.Parse(m.filter.Text); err != nil || q.HasContext() {
		m.refilter(m.filter, m.view)
		return
	}
	m.found.rewind(id)
	m.hits.rewind(id)
}

// relayed reports whether the connection is one of a proxy.
func (k *Conn) relayed() bool { return k != nil && k.reached.Address != "" }

// legOf says on which leg of a proxy a ping was answered: beyond it, as its sender is on this side.
func (k *Conn) legOf(ping record.Dir) string {
	switch {
	case !k.relayed():
		return ""
	case ping == record.Out:
		return " on the upstream leg"
	}
	return " on the client leg"
}

// stoodFact says how long the selected frame stood in the proxy.
func (m *Model) stoodFact() []Fact {
	d := &m.detail
	if !m.conns.byID[d.conn].relayed() || !m.store.held(d.id) {
		return nil
	}
	pg, i := m.store.row(d.id)
	if pg.stood[i] == 0 {
		return []Fact{{"In the proxy", "not told", "dropped, held, made here, or not written to the other leg yet"}}
	}
	return []Fact{{"In the proxy", Duration(pg.stood[i]), "from the arrival of its last byte on one leg until it was written to the other"}}
}

// legFacts says how both legs of a connection came about.
func (k *Conn) legFacts() (out []Fact) {
	add := func(name string, ns int64, note string) {
		if ns > 0 {
			out = append(out, Fact{name, Duration(ns), note})
		}
	}
	add("Client leg", int64(k.waited), "from the acceptance of TCP to the whole request, TLS included")
	if k.asked != 0 && k.replied != 0 {
		add("Answered", max(1, k.replied-k.asked), "from the request to the answer, to the client")
	}
	if r := k.reached; k.relayed() {
		out = append(out, Fact{"Upstream leg", safe(r.Address), "the address that was dialled"})
	}
	add("Name lookup", int64(k.reached.Lookup), "")
	add("TCP connect", int64(k.reached.Connect), "")
	add("TLS handshake", int64(k.reached.TLS), "")
	add("Target's answer", int64(k.reached.Answer), "from the request, sent, to the head of the answer")
	return out
}
