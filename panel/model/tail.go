package model

// Mode is what the view does when rows come in.
type Mode uint8

// The modes.
const (
	Follow Mode = iota // the last row stays in sight
	Held               // the rows on the screen stay where they are; new ones are counted
	Frozen             // as Held, and no new row is shown even below; capture goes on
)

// String returns the mode's name in capitals, as the status bar shows it.
func (m Mode) String() string {
	switch m {
	case Follow:
		return "FOLLOW"
	case Held:
		return "HELD"
	case Frozen:
		return "FROZEN"
	}
	return "unknown"
}

// tail is where the window stands. It is anchored to a row's ID and not to a place, so that rows evicted above it do not
// move what is being read.
type tail struct {
	mode   Mode
	anchor uint64 // Held, Frozen: ID of the first row in the window
	seen   uint64 // Held, Frozen: the first row ID that was never in the window; newer ones are "new"
	end    uint64 // Frozen: rows from this ID on are not shown
	back   Mode   // Frozen: what to return to
	rows   int    // how many rows fit into the window
}

// total returns how many matches there are to scroll through.
func (m *Model) total() int {
	if m.tail.mode == Frozen {
		return m.found.before(m.tail.end)
	}
	return m.found.len()
}

// first returns which match is the first in the window.
func (m *Model) first() int {
	last := max(0, m.total()-m.tail.rows)
	if m.tail.mode == Follow {
		return last
	}
	return min(m.found.before(m.tail.anchor), last)
}

// hold keeps the window where it is; rows that come from now on are new.
func (m *Model) hold() {
	if m.tail.mode != Follow {
		return
	}
	m.setFirst(m.first())
	m.tail.mode = Held
	m.tail.seen = m.store.end
}

// setFirst puts match i at the top of the window.
func (m *Model) setFirst(i int) {
	i = max(0, min(i, m.total()-m.tail.rows))
	if i < m.found.len() {
		m.tail.anchor = m.found.at(i)
	}
	if below := i + m.tail.rows; below <= m.found.len() && below > 0 {
		m.tail.seen = max(m.tail.seen, m.found.at(below-1)+1)
	}
}

// follow goes to the last row and stays there.
func (m *Model) follow() { m.tail.mode = Follow }

// freeze stops or restarts the view.
func (m *Model) freeze(on bool) {
	switch {
	case on && m.tail.mode != Frozen:
		back := m.tail.mode
		m.hold()
		m.tail.mode, m.tail.back, m.tail.end = Frozen, back, m.store.end
		m.tail.seen = m.store.end
	case !on && m.tail.mode == Frozen:
		m.tail.mode = Held
		if m.tail.back == Follow {
			m.tail.mode = Follow
		}
	}
}

// scrolled is what the person did: match first is now at the top. At the end the view follows again.
func (m *Model) scrolled(first int, atEnd bool) {
	if atEnd && m.tail.mode != Frozen {
		m.follow()
		return
	}
	m.hold()
	m.setFirst(first)
}

// unseen returns how many matches came below the window while it was held.
func (m *Model) unseen() int {
	if m.tail.mode == Follow {
		return 0
	}
	return m.found.len() - m.found.before(m.tail.seen)
}

// reveal scrolls as little as possible to bring match i into the window.
func (m *Model) reveal(i int) {
	first := m.first()
	switch {
	case i < first:
		m.setFirst(i)
	case i >= first+m.tail.rows:
		m.setFirst(i - m.tail.rows + 1)
	default:
		m.setFirst(first)
	}
}
