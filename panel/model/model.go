package model

import "time"

// Options bounds what a model keeps. Zero values mean the defaults.
type Options struct {
	Rows  int            // rows kept at most; default 1,048,576. One takes about 100 bytes beside its payload
	Bytes int            // payload bytes kept at most; default 128 MiB, at least 4 MiB
	Zone  *time.Location // for times of day; default UTC
}

// Model is the state of the panel. It is not safe for use by several goroutines at once.
type Model struct {
	store store
	conns conns
	tally Tally

	lastSeq       uint64 // of the newest record taken in or passed over
	recording     bool
	unrecorded    uint64 // records passed over since recording was switched off
	serverEvicted uint64

	view   View
	filter Filter
	draft  draft // what stands in the filter box
	shown  matcher
	found  matches // what the view and the filter show
	find   bool    // the query marks rows and hides none
	seeker matcher
	hits   matches // what the query marks, when it hides none
	facets facets
	tail   tail
	marks  marks
	briefs briefs
	pairs  pairs
	schema schema
	known  *knowledge
	line   timeline

	wanted uint64 // number of the record to select when it comes; 0 for none

	began int64 // time of the first record, ns since 1970 UTC

	cleared cleared // the Clear in force
	undo    *cleared

	detail detailState
	pages  pages
	feed   Feed
	fault  string // the last malformed batch, in words
	zone   *time.Location
	rev    uint64

	options Options
}

// cleared says from which row on, and from which counts on, the panel shows things.
type cleared struct {
	from  uint64
	tally Tally
	conns map[uint32]Tally
	known *knowledge            // what was known before
	knew  map[uint32]*knowledge // of each connection
}

// New returns an empty model that records and follows.
func New(o Options) *Model {
	if o.Rows <= 0 {
		o.Rows = 1 << 20
	}
	if o.Bytes <= 0 {
		o.Bytes = 128 << 20
	}
	if o.Zone == nil {
		o.Zone = time.UTC
	}
	m := &Model{
		store:     newStore(o.Rows, o.Bytes),
		conns:     conns{byID: map[uint32]*Conn{}},
		recording: true,
		zone:      o.Zone,
		tail:      tail{rows: 20},
		detail:    newDetailState(),
		marks:     marks{notes: map[uint64]string{}},
		briefs:    briefs{of: map[uint64]string{}},
		known:     newKnowledge(maxKinds),
		options:   o,
	}
	m.refilter(Filter{}, Messages)
	return m
}

// Fresh returns an empty model with the options of m, for a capture that is looked at beside it.
func (m *Model) Fresh() *Model {
	out := New(m.options)
	out.schema = m.schema
	out.pairs.said, out.pairs.request, out.pairs.answer = m.pairs.said, m.pairs.request, m.pairs.answer
	return out
}

// Rev grows with every change that somebody could see. Two equal numbers mean that nothing needs drawing.
func (m *Model) Rev() uint64 { return m.rev }

// Update takes one message in and returns what is to be done outside.
func (m *Model) Update(msg Msg) []Effect {
	m.rev++
	switch msg := msg.(type) {
	case Batch:
		m.takeBatch(msg.Bytes)
	case PageBatch:
		if err := m.takePage(msg); err != nil {
			m.fault = "from a page: " + err.Error()
		}
		m.forget()
	case Feed:
		m.feed = msg
	case Record:
		m.recording = msg.On
	case Clear:
		m.clear()
	case Undo:
		m.undoClear()
	case SetFilter, SetView, SetFind, SetSpan, StopScan, NextHit, HideLike, OnlyLike:
		return m.updateFilter(msg)
	case ToggleMark, SetNote, NextMark:
		m.updateMarks(msg)
	case Freeze, Resize, Scroll, Move, MoveSameWay, MovePage, MoveFirst, MoveLast, Select, Unselect:
		m.updateWindow(msg)
	case Inspect, SetTab, SetShape, SetDecoder, GoPair, SetBytes, SetPage, SetBytePage, Fold, Light, LightNext, LightAt:
		m.updateDetail(msg)
	case SetSchema:
		m.setSchema(msg.Name, msg.Bytes)
	case SetMessageType:
		m.setMessageType(msg.Dir, msg.Name)
	case SetPairing:
		m.setPairing(msg.Request, msg.Answer)
	case Export:
		return []Effect{Download{Name: "tetherscope.jsonl", Type: "application/jsonl", Data: m.exportLines()}}
	case CopyAs:
		return m.copySelected(msg.Form)
	case Seek:
		return m.seek(msg.Seq)
	}
	return nil
}

func (m *Model) updateWindow(msg Msg) {
	switch msg := msg.(type) {
	case Freeze:
		m.freeze(msg.On)
	case Resize:
		m.resize(msg.Rows)
	case Scroll:
		m.scrolled(msg.First, msg.AtEnd)
	case Move:
		m.move(msg.By)
	case MoveSameWay:
		m.moveSameWay(msg.By)
	case MovePage:
		m.move(msg.By * max(1, m.tail.rows-1))
	case MoveFirst:
		m.move(-m.total())
	case MoveLast:
		m.freeze(false)
		m.follow()
	case Select:
		m.selectRow(msg.ID)
	case Unselect:
		m.detail.unselect()
	}
}

func (m *Model) takeBatch(b []byte) {
	if _, err := m.take(b); err != nil {
		m.fault = err.Error()
	}
	m.forget()
	if m.wanted != 0 && m.wanted <= m.lastSeq {
		m.seek(m.wanted)
	}
}

// forget lets go of what was kept about evicted rows.
func (m *Model) forget() {
	oldest := m.store.oldest
	m.found.drop(oldest)
	m.hits.drop(oldest)
	m.facets.own.drop(oldest)
	for _, t := range [...]*matcher{&m.shown, &m.seeker, &m.facets.asker} {
		if t.scanner != nil {
			t.scanner.Forget(oldest)
		}
	}
	m.marks.drop(oldest)
	m.pairs.next = max(m.pairs.next, oldest)
}

// Step goes on with whatever takes long, as far as budget units of work (about one row each) reach, and reports whether
// work is left. Call it after messages and again, between looks at the clock, until it returns false.
func (m *Model) Step(budget int) (more bool) {
	switch {
	case m.found.next < m.store.end:
		m.rev++
		m.found.scan(&m.store, &m.shown, budget)
	case m.seeks() && m.hits.next < m.store.end:
		m.rev++
		m.hits.scan(&m.store, &m.seeker, budget)
	case m.countFacets(budget):
		m.rev++
	case m.brief(budget):
		m.rev++
	case m.pairs.next < m.store.end:
		m.rev++
		m.pairUp(budget)
	default:
		return false
	}
	return true
}

// clear hides all rows that are there, until undone.
func (m *Model) clear() {
	was := m.cleared
	m.undo = &was
	m.cleared = cleared{from: m.store.end, tally: m.tally, conns: m.conns.tallies(), known: m.known, knew: m.conns.forget()}
	m.known = newKnowledge(maxKinds)
	m.detail.unselect()
	if m.tail.mode == Held {
		m.follow()
	}
	m.refilter(m.filter, m.view)
}

func (m *Model) undoClear() {
	if m.undo == nil {
		return
	}
	m.known.add(m.cleared.known)
	m.conns.remember(m.cleared.knew)
	m.cleared, m.undo = *m.undo, nil
	m.refilter(m.filter, m.view)
}

// resize changes how many rows fit. A selected row that was in sight stays in sight.
func (m *Model) resize(rows int) {
	rows = max(1, rows)
	if m.tail.mode == Follow || rows == m.tail.rows {
		m.tail.rows = rows
		return
	}
	first, was := m.first(), m.tail.rows
	m.tail.rows = rows
	m.setFirst(first)
	if !m.detail.selected || m.detail.connOnly {
		return
	}
	if i := m.found.before(m.detail.id); i >= first && i < first+was && i < m.total() {
		m.reveal(i)
	}
}

// move moves the selection by so many matches, or selects the last one in the window when none is selected.
func (m *Model) move(by int) {
	total := m.total()
	if total == 0 {
		return
	}
	i := min(m.first()+m.tail.rows, total) - 1
	if m.detail.selected && !m.detail.connOnly {
		i = m.found.before(m.detail.id)
		if by > 0 && (i >= total || m.found.at(i) != m.detail.id) {
			i-- // the selected row is not shown: the next one is already at i
		}
		i += by
	} else if by < -1 {
		i = 0
	}
	i = max(0, min(i, total-1))
	m.hold()
	m.reveal(i)
	m.pick(m.found.at(i))
}

// selectRow selects a row by its ID and holds the window, so that it stays in sight.
func (m *Model) selectRow(id uint64) {
	if !m.store.held(id) {
		return
	}
	m.hold()
	m.pick(id)
}
