package model

import (
	"sort"

	"github.com/tetherscope/tetherscope/panel/model/format"
	"github.com/tetherscope/tetherscope/panel/model/rows"
)

func (m *Model) updateWindow(msg Msg) {
	switch msg := msg.(type) {
	case Freeze:
		m.freeze(msg.On)
	case Resize:
		m.viewport.resize(msg.Rows, m.sel.rowID())
	case Scroll:
		m.viewport.scrolled(msg.First, msg.AtEnd)
	case Move:
		m.move(msg.By)
	case MoveSameDir:
		m.moveSameDir(msg.By)
	case MovePage:
		m.move(msg.By * max(1, m.viewport.rows-1))
	case MoveFirst:
		m.move(-m.viewport.total())
	case MoveLast:
		if m.search.order.sorted() {
			m.move(m.viewport.total())
			return
		}
		m.live()
	case Live:
		m.live()
	case Select:
		m.selectRow(msg.ID)
	case Unselect:
		m.sel.clear()
	case NextHit:
		m.nextHit(msg.By)
	case NextMark:
		m.nextMark()
	case GoPair:
		if p := pairLink(&m.details); p != nil {
			m.show(p.ID)
			m.selectRow(p.ID) // also one that the filter hides
		}
	}
}

// freeze stops or restarts the view. One that restarts is in the order of time.
func (m *Model) freeze(on bool) {
	if !on {
		m.search.order.start(Sorting{})
	}
	m.viewport.freeze(on)
}

// live goes to the newest row and follows.
func (m *Model) live() {
	m.freeze(false)
	m.viewport.follow()
}

// sortBy sorts by a column: ascending at first, then descending, and then not.
func (m *Model) sortBy(column string) {
	switch by := m.search.order.by; {
	case columnIndex(column) < 0:
	case by.Column != column:
		m.viewport.freeze(true)
		m.search.order.start(Sorting{Column: column})
	case !by.Descending:
		m.search.order.start(Sorting{Column: column, Descending: true})
	default:
		m.freeze(false)
	}
}

// sortStep goes on with sorting, and shows the first rows when it is done.
func (m *Model) sortStep(budget int) bool {
	did := m.search.order.step(budget)
	if did && m.search.order.sorted() {
		m.viewport.setFirst(0)
	}
	return did
}

// move moves the selection by so many matches, or selects the last one in the window when none is selected.
func (m *Model) move(by int) {
	if m.viewport.total() == 0 {
		return
	}
	i := m.viewport.beside(m.sel.rowID(), by)
	m.viewport.hold()
	m.viewport.reveal(i)
	m.sel.pick(m.search.list().at(i))
}

// moveSameDir selects the next shown frame (by 1) or the one before (by -1) that has the direction of the selected one.
func (m *Model) moveSameDir(by int) {
	selected, ok := m.sel.row()
	if !ok {
		m.move(by)
		return
	}
	found := m.search.list()
	i := found.before(m.sel.id)
	if by > 0 && !found.has(m.sel.id) {
		i--
	}
	for i += by; i >= 0 && i < m.viewport.total(); i += by {
		r := m.store.Row(found.at(i))
		if r.HasDir() && (!selected.HasDir() || r.Dir() == selected.Dir()) {
			m.show(found.at(i))
			return
		}
	}
}

// nextHit moves the selection to the next row that the query marks, and from the last to the first. Where the query
// hides the other rows, every row is one.
func (m *Model) nextHit(by int) {
	if !m.search.marks() {
		m.move(by)
		return
	}
	from := m.sel.rowID()
	if from == rows.None {
		from = m.viewport.anchor
	}
	if id, ok := m.search.nextHit(from, by); ok {
		m.show(id)
	}
}

// nextMark selects the next marked row that is shown, and from the last goes to the first.
func (m *Model) nextMark() {
	if id, ok := m.marks.next(m.sel.rowID()+1, m.search.list()); ok { // behind rows.None comes row 0
		m.show(id)
	}
}

// show selects a row and brings it into sight, when it is among the matches.
func (m *Model) show(id uint64) {
	if m.viewport.show(id) {
		m.sel.pick(id)
	}
}

// selectRow selects a row by its ID and holds the window, so that it stays in sight.
func (m *Model) selectRow(id uint64) {
	if !m.store.Has(id) {
		return
	}
	m.viewport.hold()
	m.sel.pick(id)
}

// seek selects the record with a number, now or when it comes.
func (m *Model) seek(seq uint64) []Effect {
	m.wanted = 0
	if seq > m.intake.lastSeq {
		m.wanted = seq
		return nil
	}
	from := m.store.Oldest()
	id := from + uint64(sort.Search(int(m.store.End()-from), func(i int) bool {
		return m.store.Row(from+uint64(i)).Seq() >= seq
	}))
	if !m.store.Has(id) || m.store.Row(id).Seq() != seq {
		return []Effect{Notify{"Record " + format.Count(seq) + " was discarded (memory limit)"}}
	}
	m.search.reach(id)
	m.show(id)
	m.selectRow(id)
	if m.search.found.next <= id {
		m.late = id + 1
	}
	return nil
}

// showLate brings the row that a link leads to into sight once the scan has come to it: rows may come faster than they are
// scanned, as they do when the panel starts.
func (m *Model) showLate() {
	switch id := m.late - 1; {
	case m.late == 0:
	case m.sel.rowID() != id: // the person selected another one meanwhile
		m.late = 0
	case m.search.found.next > id:
		m.late = 0
		m.viewport.show(id)
	}
}

// setLayout changes how rows are drawn. A conversation is of one connection: that of the selected row, or the newest.
func (m *Model) setLayout(l Layout) {
	m.grid.layout = min(l, NumLayouts-1)
	f := m.search.filter
	if l != Conversation || f.Conn != 0 {
		return
	}
	if r, ok := m.sel.row(); ok {
		f.Conn = r.Conn()
	}
	if n := len(m.conns.order); f.Conn == 0 && n > 0 {
		f.Conn = m.conns.order[n-1].ID
	}
	f.Text = m.search.draft.text
	m.search.setFilter(f)
}
