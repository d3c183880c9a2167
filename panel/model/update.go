package model

import (
	"github.com/tetherscope/tetherscope/internal/capture/query"
	"github.com/tetherscope/tetherscope/panel/model/format"
)

// Update takes one message in and returns what is to be done outside.
func (m *Model) Update(msg Msg) []Effect {
	m.rev++
	switch msg := msg.(type) {
	case Batch, FileBatch, PageBatch, PageGone, Feed, Record, Clear, Undo:
		return m.updateRows(msg)
	case SetFilter, SetView, SetFind, Brush, StopScan, HideSimilar, OnlySimilar:
		return m.updateFilter(msg)
	case ToggleMark, SetNote:
		m.updateMarks(msg)
		m.grid.colors.reset()
	case Freeze, Resize, Scroll, Move, MoveSameDir, MovePage, MoveFirst, MoveLast, Live, Select, Unselect, NextHit, NextMark, GoPair:
		m.updateWindow(msg)
	case Inspect, SetTab, SetShape, SetBytes, SetPage, SetBytePage, Fold, Highlight, HighlightNext, HighlightAt:
		m.updateDetail(msg)
	case SetDecoder, SetSchema, SetMessageType, SetPairing:
		m.updateDecoding(msg)
	case Export:
		return []Effect{Download{Name: "tetherscope.jsonl", Type: "application/jsonl", Data: exportLines(&m.files, msg.Secrets)}}
	case CopyAs:
		if ids := m.sel.chosen(); len(ids) > 1 {
			return []Effect{PutClipboard{copySeveral(&m.files, &m.sel, ids, msg.Form), " of " + format.Plural(uint64(len(ids)), "row")}}
		}
		if text, ok := copyAs(&m.files, &m.sel, msg.Form); ok {
			return []Effect{PutClipboard{text, m.sel.cutNote()}}
		}
	case Seek:
		return m.seek(msg.Seq)
	case SelectAlso:
		m.selectAlso(msg.ID)
	case SelectTo:
		return m.selectTo(msg.ID)
	case Extend:
		return m.extend(msg.By)
	case SeekRow:
		return m.seekRow(msg.Number)
	case SeekTime:
		return m.seekTime(msg.Nanoseconds)
	case SetLayout:
		m.setLayout(msg.Layout)
	case SortBy:
		m.sortBy(msg.Column)
	case SetColors:
		m.grid.colors.set(msg.Rules)
	case ShowCharts:
		m.charting.show(msg.On)
	case SetTimes:
		m.grid.times = msg.Times
	case Page:
		m.takePage(msg)
		m.grid.colors.reset()
	}
	return nil
}

func (m *Model) updateRows(msg Msg) []Effect {
	switch msg := msg.(type) {
	case Batch:
		return m.takeBatch(msg.Bytes)
	case FileBatch:
		m.conns.file = msg.File
		return m.takeBatch(msg.Bytes)
	case PageBatch:
		if err := m.intake.takePage(msg); err != nil {
			m.fault = "from a page: " + err.Error()
		}
		m.forget()
	case PageGone:
		m.intake.pageGone(msg.Page)
	case Feed:
		m.feed = msg
	case Record:
		m.intake.recording = msg.On
	case Clear:
		if m.search.order.by.Column != "" {
			m.freeze(false)
		}
		m.counts.clear(m.store.End())
		m.sel.clear()
		if m.viewport.mode == Paused {
			m.viewport.follow()
		}
		m.search.setFrom(m.counts.mark.from)
	case Undo:
		if m.counts.undoClear() {
			m.search.setFrom(m.counts.mark.from)
		}
	}
	return nil
}

func (m *Model) takeBatch(b []byte) []Effect {
	if err := m.intake.take(b); err != nil {
		m.fault = err.Error()
	}
	m.search.askAgain(m.intake.delayed, query.ProxyDelay)
	m.forget()
	if m.wanted != 0 && m.wanted <= m.intake.lastSeq {
		return m.seek(m.wanted)
	}
	return nil
}

func (m *Model) updateFilter(msg Msg) []Effect {
	switch msg := msg.(type) {
	case SetFilter:
		m.search.setFilter(msg.Filter)
	case SetView:
		m.search.setView(msg.View)
	case SetFind:
		m.search.setFind(msg.On)
	case Brush:
		return m.updateTimes(msg)
	case StopScan:
		m.search.stop()
	case HideSimilar:
		return m.narrow(true)
	case OnlySimilar:
		return m.narrow(false)
	}
	return nil
}

// updateTimes narrows the filter to a span of time: in its text where times of day can say it, else beside the text.
func (m *Model) updateTimes(b Brush) []Effect {
	f := m.search.filter
	text, ok := m.brush(b.From, b.To)
	f.Text, f.From, f.To = text, 0, 0
	if !ok {
		f.From, f.To = b.From, b.To
	}
	m.search.setFilter(f)
	return []Effect{PutFilter{text}}
}

// narrow leaves of the shown rows those that are similar to the selected one, or the others.
func (m *Model) narrow(others bool) []Effect {
	similar := similarQuery(&m.sel)
	if similar == "" {
		return nil
	}
	f := m.search.filter
	f.Text = narrow(f.Text, similar, others)
	m.search.setFilter(f)
	return []Effect{PutFilter{f.Text}}
}

func (m *Model) updateMarks(msg Msg) {
	switch msg := msg.(type) {
	case ToggleMark:
		switch ids := m.sel.chosen(); {
		case len(ids) > 1 && msg.ID == m.sel.id:
			m.toggleMarks(ids)
		case m.store.Has(msg.ID):
			m.marks.toggle(msg.ID)
		}
	case SetNote:
		if m.store.Has(msg.ID) {
			m.marks.set(msg.ID, msg.Text)
		}
	}
	if m.search.filter.Text != "" {
		m.search.restart() // the query may ask for marks
	}
}

func (m *Model) updateDetail(msg Msg) {
	d := &m.sel
	switch msg := msg.(type) {
	case Inspect:
		d.inspect(msg.Conn)
	case SetTab:
		d.tab, d.page = msg.Tab, 0
	case SetShape:
		d.shape, d.page = msg.Shape, 0
	case SetBytes:
		d.bytesAs = msg.As
	case Highlight:
		highlightLine(&m.details, msg.Line)
	case HighlightNext:
		highlightNextLine(&m.details, msg.By)
	case HighlightAt:
		highlightLine(&m.details, decodedView(&m.details).At(msg.Offset))
	case SetBytePage:
		d.bytePage = max(0, msg.Page)
	case SetPage:
		d.page = max(0, msg.Page)
	case Fold:
		d.folded[msg.Offset] = !d.folded[msg.Offset]
	}
}

// updateDecoding changes how messages are understood: what was understood before is decoded again.
func (m *Model) updateDecoding(msg Msg) {
	switch msg := msg.(type) {
	case SetDecoder:
		if !m.decoding.choose(m.sel.conn, msg.Name) {
			return
		}
		m.streams.restart()
	case SetSchema:
		m.decoding.schema.set(msg.Name, msg.Bytes)
	case SetMessageType:
		m.decoding.schema.setType(msg.Dir, msg.Name)
	case SetPairing:
		m.pairing.set(msg.Request, msg.Answer)
		return
	}
	m.sel.reread()
	m.summaries.reset()
}
