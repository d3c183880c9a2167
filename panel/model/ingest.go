package model

import (
	"github.com/tetherscope/tetherscope/internal/record"
)

// take reads one batch into the store. Records that this panel has already (a feed that reconnects sends the server's
// ring again) are skipped by number; numbers that were jumped over become a gap row. It returns how many rows came.
func (m *Model) take(b []byte) (rows int, err error) {
	batch, err := record.ReadBatch(b, func(r *record.Record) bool {
		switch {
		case r.Seq <= m.lastSeq:
		case !m.recording:
			m.unrecorded++
			m.lastSeq = r.Seq
		case r.Kind == record.KindPassed:
			rows += m.addGap(r)
			m.passed(r)
		default:
			rows += m.addGap(r)
			m.add(r)
			rows++
		}
		return true
	})
	m.serverEvicted = max(m.serverEvicted, batch.Evicted)
	return rows, err
}

// addGap adds a gap row before r when records between the last one and r are missing, and says how many rows it added.
func (m *Model) addGap(r *record.Record) int {
	missing := r.Seq - m.lastSeq - 1 + m.unrecorded
	if missing == 0 {
		return 0
	}
	why := gapFeed
	switch {
	case m.unrecorded > 0:
		why = gapPaused
	case m.lastSeq == 0:
		why = gapBefore
	}
	pg, i := m.store.push(nil, nil)
	clearRow(pg, i)
	pg.kind[i], pg.time[i], pg.seq[i] = kindGap, r.Time, r.Seq-missing
	pg.length[i], pg.code[i] = missing, uint16(why)
	m.unrecorded = 0
	m.tally.add(pg, i)
	return 1
}

// Why records are missing; kept in the code column of a gap row.
type gapReason uint16

const (
	gapFeed   gapReason = iota // the server dropped them because this panel was too slow, or the feed was down
	gapBefore                  // the server's ring no longer had them when the panel connected
	gapPaused                  // recording was off
	gapPage                    // a page had more to tell than the panel took
)

// clearRow zeroes the columns that push did not write.
func clearRow(pg *page, i int) {
	pg.seq[i], pg.time[i], pg.offset[i], pg.violations[i], pg.message[i] = 0, 0, 0, 0, 0
	pg.length[i], pg.wire[i], pg.inflated[i] = 0, 0, 0
	pg.conn[i], pg.frames[i], pg.key[i], pg.code[i] = 0, 0, [4]byte{}, 0
	pg.delta[i], pg.took[i], pg.pair[i], pg.back[i], pg.stood[i] = -1, 0, 0, 0, 0
	pg.kind[i], pg.way[i], pg.first[i], pg.size[i], pg.opcode[i], pg.flags[i] = 0, 0, 0, 0, 0, 0
	pg.marks[i] = 0
}

// add keeps one record as a row, O(1) but for the copy of its bytes.
func (m *Model) add(r *record.Record) {
	m.lastSeq = r.Seq
	k := m.conns.get(r.Conn)
	payload, body := rowBytes(r)
	pg, i := m.store.push(payload, body)
	clearRow(pg, i)
	pg.kind[i], pg.seq[i], pg.time[i], pg.conn[i] = r.Kind, r.Seq, r.Time, r.Conn
	pg.way[i], pg.flags[i], pg.marks[i] = uint8(r.Leg&1)<<1|uint8(r.Dir&1), rowFlags(r), r.Marks
	if r.Kind == record.KindFrame {
		m.addFrame(k, r, pg, i)
	} else {
		pg.code[i], pg.size[i], pg.offset[i] = r.Code, uint8(r.By), r.Offset
	}
	if r.Kind == record.KindNote {
		pg.code[i] = noteCode(r.Name)
	}
	m.timeRow(k, r, pg, i)
	if r.Kind == record.KindFrame {
		m.line.add(r.Time, r.Dir)
		m.known.frame(pg, i)
		k.knows().frame(pg, i)
	}
	k.note(r)
	k.last = m.store.end - 1
	k.Tally.add(pg, i)
	m.tally.add(pg, i)
}

// rowBytes returns what the arena keeps of a record: the frame's payload and the message's body, or of an event its head
// or its words.
func rowBytes(r *record.Record) (payload, body []byte) {
	switch r.Kind {
	case record.KindFrame:
		return r.Payload, r.Body
	case record.KindRequest:
		return r.Head, []byte(r.Name + "\x00" + r.Remote)
	case record.KindResponse:
		return r.Head, nil
	case record.KindClose, record.KindEnd, record.KindBroken:
		return []byte(r.Reason), nil
	case record.KindNote:
		return noteText(r), nil
	case record.KindPassed: // no row
	}
	return nil, nil
}

func rowFlags(r *record.Record) (f uint8) {
	for _, b := range [...]struct {
		on  bool
		bit uint8
	}{
		{r.Truncated, rowTruncated},
		{r.Final, rowFinal},
		{r.Header.Masked, rowMasked},
		{r.Clean, rowClean},
		{r.Body != nil, rowHasBody},
		{r.Source == record.SourcePage, rowPage},
	} {
		if b.on {
			f |= b.bit
		}
	}
	return f
}

func (m *Model) addFrame(k *Conn, r *record.Record, pg *page, i int) {
	h := r.Header
	first := h.Rsv<<4 | byte(h.Opcode)&0xF
	if h.Fin {
		first |= 0x80
	}
	opcode, compressed := k.messageOpcode(r)
	if compressed {
		pg.flags[i] |= rowCompressed
	}
	pg.first[i], pg.opcode[i], pg.size[i], pg.key[i] = first, opcode, h.Size, h.Key
	pg.length[i], pg.wire[i], pg.inflated[i] = h.Length, r.Wire, r.Inflated
	pg.offset[i], pg.violations[i] = r.Offset, uint64(r.Violations)
	pg.message[i], pg.frames[i] = r.Message, r.Frames
	m.chain(k, r, pg, i)
}
