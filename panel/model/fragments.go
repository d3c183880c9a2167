package model

import (
	"slices"
	"strconv"

	"github.com/tetherscope/tetherscope/internal/frame"
	"github.com/tetherscope/tetherscope/internal/record"
)

// maxFragments is how many frames of one message the detail lists, and maxFragmentSteps how many frames of its direction
// are looked at for them.
const (
	maxFragments     = 200
	maxFragmentSteps = 100_000
)

// chain ties the newest row to the frame before it in its direction, and a frame that is a part of a message to the others.
// A part keeps its place in the message in the column frames and, once that has come, the frame that ends the message in
// the column pair: each frame is visited once more, when its message ends.
func (m *Model) chain(k *Conn, r *record.Record, pg *page, i int) {
	id := m.store.end - 1
	last := &k.newest[r.Leg&1][r.Dir&1]
	if *last != 0 && id+1-*last < 1<<32 {
		pg.back[i] = uint32(id + 1 - *last)
	}
	*last = id + 1
	if r.Header.Opcode.IsControl() || r.Message == 0 {
		return
	}
	part := &k.part[r.Leg&1][r.Dir&1]
	if r.Header.Opcode != frame.Continuation {
		*part = 0
	}
	*part++
	if !r.Final {
		pg.frames[i] = *part
		return
	}
	place := r.Frames
	for other := range m.partsBefore(id) {
		p, n := m.store.row(other)
		p.pair[n] = id + 1
		if place--; frame.Opcode(p.first[n]&0xF) == frame.Continuation && place > 1 {
			p.frames[n] = place
		}
	}
}

// partsBefore goes over the held frames of the message of row id that came before it, newest first.
func (m *Model) partsBefore(id uint64) func(yield func(uint64) bool) {
	return func(yield func(uint64) bool) {
		pg, i := m.store.row(id)
		want, at := pg.message[i], id
		for range maxFragmentSteps {
			p, n := m.store.row(at)
			if p.back[n] == 0 || at-m.store.oldest < uint64(p.back[n]) {
				return
			}
			at -= uint64(p.back[n])
			switch p, n = m.store.row(at); {
			case p.first[n]&8 != 0:
			case p.message[n] != want || p.flags[n]&rowFinal != 0 || !yield(at):
				return
			}
		}
	}
}

// isPart reports whether the row is a frame of a message that other frames belong to as well.
func isPart(pg *page, i int) bool {
	switch first := pg.first[i]; {
	case pg.kind[i] != record.KindFrame || first&8 != 0:
		return false
	case pg.flags[i]&rowFinal != 0:
		return pg.frames[i] > 1
	default:
		return first&0x80 == 0 || first&0xF == 0 // a whole frame in which the stream broke off is no part
	}
}

// whole returns the frame that ends the message of a part; ok is false until that has come.
func (m *Model) whole(pg *page, i int) (id uint64, ok bool) {
	if !isPart(pg, i) || pg.flags[i]&rowFinal != 0 || pg.pair[i] == 0 || !m.store.held(pg.pair[i]-1) {
		return 0, false
	}
	return pg.pair[i] - 1, true
}

// fragments returns the IDs of the held frames of the message that row id is a part of, oldest first; nil for a message of
// one frame.
func (m *Model) fragments(id uint64) []uint64 {
	pg, i := m.store.row(id)
	if !isPart(pg, i) {
		return nil
	}
	if end, ok := m.whole(pg, i); ok {
		id = end
	}
	out := []uint64{id}
	for other := range m.partsBefore(id) {
		if out = append(out, other); len(out) == maxFragments {
			break
		}
	}
	slices.Reverse(out)
	return out
}

// partNote says which part of which message a frame is: "frag 1/3 → msg 43".
func (m *Model) partNote(pg *page, i int) string {
	total := "…"
	place := pg.frames[i]
	if pg.flags[i]&rowFinal != 0 {
		total = Count(uint64(place))
	} else if end, ok := m.whole(pg, i); ok {
		p, n := m.store.row(end)
		total = Count(uint64(p.frames[n]))
	}
	return "frag " + Count(uint64(place)) + "/" + total + " → msg " + utoa(pg.message[i])
}

// partLook returns the class names by which the parts of one message are drawn together: where the row stands among
// them, and kin for the parts of the message that the selected row belongs to.
func (m *Model) partLook(id uint64, pg *page, i int) string {
	look := " part"
	switch {
	case pg.flags[i]&rowFinal != 0:
		look += " closing-part"
	case frame.Opcode(pg.first[i]&0xF) != frame.Continuation:
		look += " opening-part"
	}
	if d := &m.detail; d.selected && !d.connOnly && d.id != id && d.rec.Message != 0 && d.rec.Message == pg.message[i] &&
		d.conn == pg.conn[i] && uint8(d.rec.Leg&1)<<1|uint8(d.rec.Dir&1) == pg.way[i] {
		look += " kin"
	}
	return look
}

// fragmentLinks lists the frames of the selected message or part, and how many of them are not listed.
func (m *Model) fragmentLinks() (links []FragmentLink, hidden int) {
	d := &m.detail
	if m.store.held(d.id) {
		d.fragments = m.fragments(d.id)
	}
	total := int(d.rec.Frames)
	for _, id := range d.fragments {
		if !m.store.held(id) {
			continue
		}
		pg, i := m.store.row(id)
		if pg.flags[i]&rowFinal != 0 {
			total = int(pg.frames[i])
		}
		links = append(links, FragmentLink{
			ID: id, Here: id == d.id, Whole: pg.flags[i]&rowFinal != 0,
			Label: strconv.Itoa(int(pg.frames[i])) + " · #" + utoa(pg.seq[i]) + " · " + frame.Opcode(pg.first[i]&0xF).String() + " · " + Size(pg.length[i]),
		})
	}
	if d.rec.Frames > 1 || len(links) > 0 && links[len(links)-1].Whole {
		hidden = max(0, total-len(links))
	}
	return links, hidden
}

// wayGap returns the time since the frame before in the same direction of the same connection, -1 when there was none or
// it is not held any more.
func (m *Model) wayGap(id uint64, pg *page, i int) int64 {
	back := uint64(pg.back[i])
	if back == 0 || id-m.store.oldest < back {
		return -1
	}
	p, n := m.store.row(id - back)
	return max(0, pg.time[i]-p.time[n])
}

// moveSameWay selects the next shown frame (by 1) or the one before (by -1) that went the same way as the selected one.
func (m *Model) moveSameWay(by int) {
	d := &m.detail
	if !d.selected || d.connOnly || !m.store.held(d.id) {
		m.move(by)
		return
	}
	pg, k := m.store.row(d.id)
	i := m.found.before(d.id)
	if by > 0 && !m.found.has(d.id) {
		i--
	}
	for i += by; i >= 0 && i < m.total(); i += by {
		p, n := m.store.row(m.found.at(i))
		if hasDir(p, n) && (!hasDir(pg, k) || rowDir(p, n) == rowDir(pg, k)) {
			m.show(m.found.at(i))
			return
		}
	}
}
