package model

import (
	"strconv"
	"strings"

	"github.com/tetherscope/tetherscope/internal/frame"
	"github.com/tetherscope/tetherscope/internal/record"
)

// PageBatch is a batch of records that a page told of. They have numbers of their own beside those of the server.
type PageBatch struct {
	Page  string // which page; two with the same name are one
	Bytes []byte // copied
}

func (PageBatch) isMsg() {}

// Connections that pages told of have numbers from pageConns up, pageShare for each page; a page that opens more begins
// again. So many pages are told apart at a time; then their numbers are given out anew.
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
	index map[string]uint32
	next  uint32
	told  uint64 // records
}

func (p *pages) base(name string) uint32 {
	n, known := p.index[name]
	if !known {
		if p.index == nil || len(p.index) >= maxPages {
			p.index = map[string]uint32{}
		}
		n = p.next % (pageConns / pageShare)
		p.next++
		p.index[name] = n
	}
	return pageConns + n*pageShare
}

// takePage takes in what a page told. A page may tell anything: what only a wire can know is not believed.
func (m *Model) takePage(b PageBatch) error {
	head, err := record.ReadBatch(b.Bytes, func(*record.Record) bool { return false })
	if err != nil {
		return err
	}
	if !m.recording {
		m.unrecorded = plausible(m.unrecorded + plausible(min(head.Count, uint64(len(b.Bytes)))+plausible(head.Missed)))
		return nil
	}
	base, lost := m.pages.base(b.Page), plausible(head.Missed)
	_, err = record.ReadBatch(b.Bytes, func(r *record.Record) bool {
		if !fromPage(r) {
			return true
		}
		if lost+m.unrecorded > 0 {
			m.addPageGap(r, lost)
			lost = 0
		}
		m.pages.told++
		r.Conn, r.Seq = base+r.Conn%pageShare, m.lastSeq
		r.Offset = m.pages.told
		m.add(r)
		return true
	})
	return err
}

// plausible bounds a count that a page gave.
func plausible(n uint64) uint64 { return min(n, maxPageMessage) }

// fromPage makes r what a page may tell; false for what it cannot.
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
		r.Head, r.By, r.Waited = nil, record.SideNone, 0
	case record.KindResponse, record.KindBroken, record.KindPassed:
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

func (m *Model) addPageGap(r *record.Record, lost uint64) {
	why := gapPage
	if m.unrecorded > 0 {
		why = gapPaused
	}
	pg, i := m.store.push(nil, nil)
	clearRow(pg, i)
	pg.kind[i], pg.time[i], pg.seq[i] = kindGap, r.Time, m.lastSeq
	pg.length[i], pg.code[i] = lost+m.unrecorded, uint16(why)
	m.unrecorded = 0
	m.tally.add(pg, i)
}

// isTold reports whether a row came from a page while it lived, and so has a number of its own kind.
func isTold(pg *page, i int) bool { return pg.conn[i] >= pageConns }

// rowSeq returns the number cell of a row.
func rowSeq(pg *page, i int) string {
	if isTold(pg, i) {
		return "p" + utoa(pg.offset[i])
	}
	return utoa(pg.seq[i])
}

// ConnLabel returns a connection's number for people: "7", and "p3.1" for the first connection of the third page.
func ConnLabel(id uint32) string {
	if id < pageConns {
		return strconv.FormatUint(uint64(id), 10)
	}
	n := id - pageConns
	return "p" + utoa(uint64(n/pageShare)+1) + "." + utoa(uint64(n%pageShare))
}

// unknown stands in a cell for what a page cannot know.
const unknown = "–"

// The words of notes, by the code that their rows have.
var noteWords = [...]string{"note", "attempt", "open", "wait", "lost", "queue", "drop", "error", "joined", "hint"}

// noteCode returns the code of a word, 0 for one that is not known.
func noteCode(word string) uint16 {
	for i, w := range noteWords {
		if w == word {
			return uint16(i)
		}
	}
	return 0
}

func noteWord(code uint16) string { return noteWords[int(code)%len(noteWords)] }

// noteText returns what the arena keeps of a note: a word that has no code stands in it.
func noteText(r *record.Record) []byte {
	if noteCode(r.Name) == 0 && r.Name != noteWords[0] {
		return []byte(r.Name + ": " + r.Reason)
	}
	return []byte(r.Reason)
}

// told takes in what a client told of itself.
func (k *Conn) told(r *record.Record) {
	switch r.Name {
	case "attempt", "wait", "lost":
		k.State = Connecting
	case "open":
		k.State = Open
		if rest, ok := strings.CutPrefix(r.Reason, "subprotocol "); ok {
			k.Subprotocol, _, _ = strings.Cut(rest, "; ")
		}
		k.Deflate = strings.Contains(r.Reason, "permessage-deflate")
	}
}

// pageFacts is what the Frame tab shows of a message that a page told of.
func (d *detailState) pageFacts() []Fact {
	return []Fact{
		{"Opcode", d.rec.Header.Opcode.String(), "text or binary: the page knows that"},
		{"Payload", Count(d.rec.Header.Length) + " bytes", "as the page gets it"},
		{"FIN", unknown, "the browser joins fragments before the page sees them"},
		{"RSV1–3", unknown, ""},
		{"MASK, masking key", unknown, "a browser masks what it sends and does not tell how"},
		{"Wire size", unknown, "compression is the browser's"},
	}
}
