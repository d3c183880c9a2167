package recordfilter

import (
	"encoding/binary"
	"time"

	"github.com/tetherscope/tetherscope/internal/capture/query"
	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/internal/frame"
)

// Row is a record as a query sees it: what the panel's Frames view has. The frame that ends a message stands for the whole
// message, as the application got it. There are no notes and marks, and no latency of answers. The zero Row is ready; it
// must be given all records of its connections, in order, and is not safe for use by several goroutines at once.
type Row struct {
	*record.Record
	File  string // where the records are from
	first int64  // time of the first record
	begun bool
	ended bool   // the record ends its connection
	last  uint32 // and that is its number
	conns map[uint32]*connRow
}

// connRow is what is remembered of a connection until its end.
type connRow struct {
	name  record.Words
	last  int64 // time of its last record
	delta int64
	rtt   int64
	pings [2]ping // the last of each direction
}

type ping struct {
	at      int64
	payload string
}

// Name says what a connection is called whose request is not among the records.
func (w *Row) Name(conn uint32, words record.Words) {
	if w.conns == nil {
		w.conns = map[uint32]*connRow{}
	}
	w.conns[conn] = &connRow{name: words, last: -1}
}

// Set moves to the next record. It keeps r until the next call.
func (w *Row) Set(r *record.Record) {
	if !w.begun {
		w.first, w.begun = r.Time, true
	}
	if w.conns == nil {
		w.conns = map[uint32]*connRow{}
	}
	if w.ended { // nothing follows for that connection
		delete(w.conns, w.last)
	}
	w.Record, w.ended, w.last = r, r.Kind == record.KindEnd, r.Conn
	c := w.conns[r.Conn]
	if c == nil {
		c = &connRow{last: -1}
		w.conns[r.Conn] = c
	}
	c.delta, c.rtt = -1, 0
	if r.Kind == record.KindTransit {
		return // it tells of frames that were before
	}
	if c.last >= 0 {
		c.delta = r.Time - c.last
	}
	c.last = r.Time
	switch r.Kind {
	case record.KindRequest:
		c.name = record.WordsOf(r)
	case record.KindFrame:
		c.ping(r)
	case record.KindEnd, record.KindResponse, record.KindClose, record.KindBroken, record.KindNote, record.KindTransit:
	}
}

// ping keeps a ping, and finds the time that a pong took.
func (c *connRow) ping(r *record.Record) {
	switch r.Header.Opcode { //nolint:exhaustive // the others have no answer
	case frame.Ping:
		c.pings[r.Dir] = ping{r.Time, string(r.Payload)}
	case frame.Pong:
		asked := &c.pings[1-r.Dir]
		if asked.at != 0 && asked.payload == string(r.Payload) {
			c.rtt = r.Time - asked.at
			*asked = ping{}
		}
	}
}

// Number implements [query.Row].
func (w *Row) Number(f query.Field) (int64, bool) {
	r, c := w.Record, w.conns[w.Conn]
	isFrame, isClose := r.Kind == record.KindFrame, r.Kind == record.KindClose
	switch f { //nolint:exhaustive // what only frames have is asked below; the rest is never asked of a row
	case query.Kind:
		return int64(r.Kind), true
	case query.Seq:
		return int64(r.Seq), true
	case query.Conn:
		return int64(r.Conn), true
	case query.Dir:
		return int64(r.Dir), isFrame || r.Kind == record.KindBroken
	case query.Leg:
		return int64(r.Leg), true
	case query.At:
		return r.Time - w.first, true
	case query.Clock:
		return query.TimeOfDay(r.Time, time.Local), true
	case query.Delta:
		return c.delta, c.delta >= 0
	case query.Lint:
		return int64(r.Violations), true
	case query.Is:
		return int64(r.Marks), true
	case query.TargetTime:
		return int64(r.Reached.Response), r.Reached.Response > 0
	case query.By:
		return int64(r.By), isClose || r.Kind == record.KindEnd
	case query.Clean:
		return one(r.Clean), isClose
	case query.Code:
		return w.code()
	case query.Cut:
		return one(isFrame && w.cut()), true
	}
	if !isFrame {
		return 0, false
	}
	return w.ofFrame(f, c)
}

// ofFrame answers what only frames have.
func (w *Row) ofFrame(f query.Field, c *connRow) (int64, bool) {
	r, h := w.Record, w.Header
	switch f { //nolint:exhaustive // the others are asked of every record, in Number
	case query.Op:
		return int64(h.Opcode), true
	case query.Fin:
		return one(h.Fin), true
	case query.Rsv:
		return int64(h.Rsv), true
	case query.Mask:
		return one(h.Masked), true
	case query.Len:
		if r.Final {
			return int64(r.Inflated), true
		}
		return int64(h.Length), true
	case query.Wire:
		if r.Final {
			return int64(r.Wire), true
		}
		return int64(h.Length), true
	case query.Msg:
		return int64(r.Message), r.Message > 0
	case query.Frames:
		return int64(r.Frames), r.Frames > 0
	case query.Frag:
		return one(r.Frames > 1 || !h.Opcode.IsControl() && (!h.Fin || h.Opcode == frame.Continuation)), true
	case query.Compressed:
		return one(r.Compressed), true
	case query.RTT:
		return c.rtt, c.rtt > 0
	}
	return 0, false
}

// cut reports whether fewer bytes were kept than there were.
func (w *Row) cut() bool {
	payload, message := w.NotKept()
	return payload+message > 0
}

func (w *Row) code() (int64, bool) {
	switch p := w.Record.Payload; {
	case w.Kind == record.KindClose:
		return int64(w.Code), true
	case w.Kind == record.KindFrame && w.Header.Opcode == frame.Close && len(p) >= 2:
		return int64(binary.BigEndian.Uint16(p)), true
	}
	return 0, false
}

// Text implements [query.Row].
func (w *Row) Text(f query.Field) string {
	switch f { //nolint:exhaustive // the others are numbers, or written by a person in the panel
	case query.Path:
		return w.conns[w.Conn].name.Path
	case query.Host:
		return w.conns[w.Conn].name.Host
	case query.Node:
		return w.conns[w.Conn].name.Node
	case query.File:
		return w.File
	case query.App:
		return w.conns[w.Conn].name.App
	case query.Words:
		if w.Kind != record.KindFrame {
			return w.Describe()
		}
	}
	return ""
}

// Payload implements [query.Row].
func (w *Row) Payload() []byte {
	if w.Kind == record.KindRequest || w.Kind == record.KindResponse {
		return w.Head
	}
	return w.Bytes()
}

func one(on bool) int64 {
	if on {
		return 1
	}
	return 0
}
