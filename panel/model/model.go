package model

import (
	"time"

	"github.com/tetherscope/tetherscope/internal/capture/query"
	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/panel/model/rows"
)

// Options bounds what a model keeps. Zero values mean the defaults.
type Options struct {
	Rows  int            // rows kept at most; default 1,048,576. One takes about 100 bytes beside its payload
	Bytes int            // payload bytes kept at most; default 128 MiB, at least 4 MiB
	Zone  *time.Location // for times of day; default UTC
}

// Model is the state of the panel: the parts that own it, and what connects them. It is not safe for use by several
// goroutines at once.
type Model struct {
	store    *rows.Store
	conns    conns
	counts   counts
	intake   intake
	marks    marks
	search   search
	viewport viewport
	sel      selection

	decoding  decoding
	streams   streams
	summaries summaries
	pairing   pairing
	details   details
	grid      grid
	files     files
	paging    paging

	percentiles percentiles
	charting    charting

	wanted  uint64 // number of the record to select when it comes; 0 for none
	late    uint64 // ID of the selected row that the scan has still to bring into sight, plus 1; 0 for none
	feed    Feed
	fault   string // the last malformed batch, in words
	rev     uint64
	options Options
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
	m := &Model{store: rows.NewStore(o.Rows, o.Bytes), options: o}
	m.conns = conns{byID: map[uint32]*Conn{}}
	m.counts = counts{conns: &m.conns, stats: newMessageStats(maxKinds)}
	m.intake = intake{store: m.store, conns: &m.conns, counts: &m.counts, recording: true}
	m.marks = marks{notes: map[uint64]string{}}
	m.search = search{store: m.store, lookup: lookup{&m.conns, &m.counts, &m.marks, o.Zone}, parse: query.Parse}
	m.viewport = viewport{search: &m.search, rows: 20}
	m.sel = newSelection(m.store, &m.conns)
	m.streams = streams{store: m.store, conns: &m.conns}
	m.decoding = decoding{conns: &m.conns, streams: &m.streams}
	m.summaries = summaries{decoding: &m.decoding, viewport: &m.viewport, of: map[uint64]string{}}
	m.pairing = pairing{store: m.store, conns: &m.conns, counts: &m.counts, decoding: &m.decoding}
	m.details = details{paging: &m.paging, sel: &m.sel, conns: &m.conns, marks: &m.marks, decoding: &m.decoding, zone: o.Zone}
	m.grid = grid{store: m.store, conns: &m.conns, search: &m.search, sel: &m.sel, marks: &m.marks, summaries: &m.summaries, zone: o.Zone}
	m.files = files{store: m.store, conns: &m.conns, search: &m.search, viewport: &m.viewport, sel: &m.sel}
	m.grid.colors.search = &m.search
	m.paging.store, m.intake.paging, m.grid.paging = m.store, &m.paging, &m.paging
	m.search.order = sorting{search: &m.search, key: m.sortKey}
	m.charting = charting{search: &m.search, pairing: &m.pairing}
	m.search.restart()
	return m
}

// Fresh returns an empty model with the options of m, for a capture that is looked at beside it.
func (m *Model) Fresh() *Model {
	out := New(m.options)
	out.decoding.schema, out.grid.times = m.decoding.schema, m.grid.times
	out.grid.colors.set(m.grid.colors.rules)
	out.charting.on = m.charting.on
	out.pairing.use(m.pairing.paths, m.pairing.request, m.pairing.answer)
	return out
}

// Rev grows with every change that can be seen. Two equal numbers mean that nothing needs drawing.
func (m *Model) Rev() uint64 { return m.rev }

// Step goes on with whatever takes long, as far as budget units of work (about one row each) reach, and reports whether
// work is left. Call it after messages and again, between looks at the clock, until it returns false.
func (m *Model) Step(budget int) (more bool) {
	scanned := m.search.scan(budget)
	m.showLate()
	if scanned || m.sortStep(budget) || countFacets(&m.search, budget) || m.streams.step(budget) || m.summaries.step(budget) || m.pairing.step(budget) || m.charting.step(budget) {
		m.rev++
		return true
	}
	return false
}

// forget drops what was kept about evicted rows.
func (m *Model) forget() {
	oldest := m.store.Oldest()
	m.viewport.anchor = m.search.order.drop(oldest, m.viewport.anchor)
	m.search.forget(oldest)
	m.marks.drop(oldest)
	m.pairing.forget(oldest)
	m.paging.forget(oldest)
	m.streams.forget(oldest)
}

// Detail returns what the detail pane shows.
func (m *Model) Detail() Detail { return detailOf(&m.details) }

// Selected returns the ID of the selected row, and the largest number there is when none is selected.
func (m *Model) Selected() uint64 { return m.sel.rowID() }

// IsSelected reports whether a row is selected, alone or among others.
func (m *Model) IsSelected(id uint64) bool { return m.sel.rowID() == id || m.sel.more.has(id) }

// Selection returns the number of the selected record and its note; 0 when no row is selected.
func (m *Model) Selection() (seq uint64, note string) {
	if id := m.sel.rowID(); id != rows.None && m.sel.conn < pageConns {
		return m.sel.rec.Seq, m.marks.notes[id]
	}
	return 0, ""
}

// Query returns the text of the active filter.
func (m *Model) Query() string { return m.search.filter.Text }

// Schema returns the active descriptor set.
func (m *Model) Schema() SchemaDetail { return *m.decoding.schema.detail(m.sel.rec.Dir) }

// Pairing returns the active paths of requests and answers.
func (m *Model) Pairing() Pairing { return m.pairing.paths }

// Recompose returns a composer filled with the selected frame or message, so that sending it repeats it, uncompressed and in
// one frame. The error says why that cannot be.
func (m *Model) Recompose() (Compose, error) { return recompose(&m.sel) }

// Conn returns what is known of a connection, nil for none.
func (m *Model) Conn(id uint32) *Conn { return m.conns.byID[id] }

// OpenConns returns the open connections, newest first, at most n.
func (m *Model) OpenConns(n int) []Conn { return m.conns.open(n) }

// Records passes on what a file of the capture is to hold: when several rows are selected those, with filters the shown frames, all frames of shown messages, and
// the events of their connections; without, everything that is kept since the last Clear. Numbers go up; what a page
// reported is given the next one. A record is valid during the call. The error is that of each.
func (m *Model) Records(each func(*record.Record) error) error { return m.files.records(each) }
