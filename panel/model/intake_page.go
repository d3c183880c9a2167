package model

import (
	"strings"

	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/internal/frame"
	"github.com/tetherscope/tetherscope/panel/model/format"
	"github.com/tetherscope/tetherscope/panel/model/rows"
)

// PageBatch is a batch of records that a page reported. They have numbers of their own beside those of the server.
type PageBatch struct {
	Page  string // which page; two with the same name are one
	Bytes []byte // copied
}

// PageGone says that a page is gone, and its sockets with it: it could not report how they ended.
type PageGone struct{ Page string }

func (PageBatch) isMsg() {}
func (PageGone) isMsg()  {}

// Connections that pages reported have numbers from pageConns up, pageShare for each page; a page that opens more begins
// again. At most maxPages pages have a number at a time; then the
// numbers are given out again from the start.
const (
	pageConns = 1 << 31
	pageShare = 1 << 12
	maxPages  = 4096
)

// What a page says is at most so long: more than tap.js and any browser have.
const (
	maxPageText    = 16 << 10 // bytes of an address or a reason
	maxPageMessage = 1 << 40  // bytes of a message, by its own account: sums of it cannot overflow
	maxPageTime    = 1 << 62  // ns since 1970
)

// pages gives the connections of pages their numbers.
type pages struct {
	index   map[string]uint32
	came    map[string]uint64 // number behind the last record that came of a page
	next    uint32
	records uint64 // that pages reported
}

func (p *pages) base(name string) uint32 {
	n, known := p.index[name]
	if !known {
		if p.index == nil || len(p.index) >= maxPages {
			p.index, p.came = map[string]uint32{}, map[string]uint64{}
		}
		n = p.next % (pageConns / pageShare)
		p.next++
		p.index[name] = n
	}
	return pageConns + n*pageShare
}

// takePage takes in what a page reported. A page may report anything: what only a tap can know is not believed.
func (t *intake) takePage(b PageBatch) error {
	head, err := record.ReadBatch(b.Bytes, func(*record.Record) bool { return false })
	if err != nil {
		return err
	}
	if !t.recording {
		t.unrecorded = plausible(t.unrecorded + plausible(min(head.Count, uint64(len(b.Bytes)))+plausible(head.Missed)))
		return nil
	}
	base, lost := t.pages.base(b.Page), plausible(head.Missed)
	if head.First < t.pages.came[b.Page] {
		return nil // the same batch came on another way: of a worker, every frame of its origin gets it
	}
	t.pages.came[b.Page] = head.First + head.Count
	_, err = record.ReadBatch(b.Bytes, func(r *record.Record) bool {
		if !fromPage(r) {
			return true
		}
		if lost+t.unrecorded > 0 {
			t.addPageGap(r, lost)
			lost = 0
		}
		t.pages.records++
		r.Conn, r.Seq = base+r.Conn%pageShare, t.lastSeq
		r.Offset = t.pages.records
		t.add(r)
		return true
	})
	return err
}

// pageGone ends the connections of a page that is gone.
func (t *intake) pageGone(name string) {
	n, known := t.pages.index[name]
	if !known {
		return
	}
	base := pageConns + n*pageShare
	for _, k := range t.conns.order {
		if k.ID < base || k.ID >= base+pageShare || k.State == Closed || k.State == Refused {
			continue
		}
		t.pages.records++
		t.add(&record.Record{
			Kind: record.KindEnd, Source: record.SourcePage, Conn: k.ID, Seq: t.lastSeq, Time: max(k.lastTime, 1), Offset: t.pages.records, Reason: "the page was left",
		})
	}
}

// plausible bounds a count that a page gave.
func plausible(n uint64) uint64 { return min(n, maxPageMessage) }

// fromPage limits r to what a page may report; false for what it cannot.
func fromPage(r *record.Record) bool {
	switch r.Kind {
	case record.KindFrame:
		if r.Header.Opcode != frame.Text && r.Header.Opcode != frame.Binary || !r.Final {
			return false
		}
		r.Inflated = max(min(r.Inflated, maxPageMessage), uint64(len(r.Payload)))
		r.Header.Fin, r.Header.Rsv, r.Header.Masked, r.Header.Length = true, 0, false, r.Inflated
		r.Violations, r.Truncated, r.Compressed, r.Body, r.Wire, r.Frames = 0, false, false, nil, r.Inflated, 1
	case record.KindRequest, record.KindClose, record.KindEnd, record.KindNote:
		r.Head, r.By, r.Waited, r.Program, r.Node = nil, record.SideNone, 0, record.Program{}, ""
	case record.KindResponse, record.KindBroken, record.KindTransit:
		return false
	default:
		return false
	}
	r.Source, r.Leg, r.Marks = record.SourcePage, record.LegClient, 0
	r.Time = max(0, min(r.Time, maxPageTime))
	for _, s := range []*string{&r.Name, &r.Remote, &r.Reason} {
		if len(*s) > maxPageText {
			*s = strings.ToValidUTF8((*s)[:maxPageText], "") + "…"
		}
	}
	return true
}

func (t *intake) addPageGap(r *record.Record, lost uint64) {
	why := rows.GapPage
	if t.unrecorded > 0 {
		why = rows.GapPaused
	}
	t.counts.tally.Add(t.store.AddGap(r.Time, t.lastSeq, lost+t.unrecorded, why))
	t.unrecorded = 0
}

// ConnLabel returns a connection's number for people: "7", "p3.1" for the first connection of the third page, and "n1" for the first
// one of other nodes.
func ConnLabel(id uint32) string {
	if id < pageConns {
		return record.ConnName(id)
	}
	n := id - pageConns
	return "p" + format.Uint(uint64(n/pageShare)+1) + "." + format.Uint(uint64(n%pageShare))
}

// isReported reports whether a row came from a page while it ran, and so has a number of its own kind.
func isReported(r rows.Row) bool { return r.Conn() >= pageConns }

// seqText returns the number cell of a row.
func seqText(r rows.Row) string {
	if isReported(r) {
		return "p" + format.Uint(r.Offset())
	}
	return format.Uint(r.Seq())
}
