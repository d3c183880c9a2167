package tap

import (
	"bytes"
	"errors"
	"sync"

	"github.com/tetherscope/tetherscope/internal/frame"
	"github.com/tetherscope/tetherscope/internal/record"
)

// maxHead bounds the head of a response that a handler writes by hand after Hijack.
const maxHead = 64 << 10

var errNoHead = errors.New("no HTTP head within 64 KiB: not a WebSocket handshake")

// direction turns the bytes of one direction into records. Its lock is taken by the connection's reader or writer and, at
// the end, by whoever closes it.
type direction struct {
	mu sync.Mutex
	queue
	under    *laned // a deck; nil for none
	conn     *conn
	dec      *frame.Decoder
	emit     func(*frame.Frame) // bound once, so that feeding allocates nothing
	rec      record.Record      // filled anew for each frame
	passages passages
	early    []byte // what passed before the handshake was complete: of a server, a head written by hand
	feeds    uint64
	over     bool             // ended or broken: nothing is decoded any more
	broke    frame.Violations // of the frames since somebody set it to none

	finished bool // ended on order, for whoever reads it
}

func (d *direction) init(c *conn, dir record.Dir) {
	d.conn = c
	d.rec.Conn, d.rec.Dir = c.id, dir
	d.emit = d.record
}

// feed takes bytes that pass now.
func (d *direction) feed(p []byte) {
	if len(p) == 0 {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.dec == nil {
		p = d.handshake(p)
	}
	d.decode(p)
	if d.under != nil { // a deck that came after whoever feeds had looked: the rest of a frame that has begun passes
		d.under.long = d.dec != nil && d.dec.Left() != 0
	}
}

// timed is how many feeds one that is timed stands for. Reading a clock and adding to what all connections share would be a
// fifth of the cost of a small frame.
const timed = 16

// decode takes bytes behind the handshake. The caller holds the lock.
func (d *direction) decode(p []byte) {
	if d.over || len(p) == 0 {
		return
	}
	t := d.conn.tap
	d.rec.Time = t.now()
	began := d.rec.Time // the record's time moves forward when another connection's record came before it
	d.dec.Feed(p, d.emit)
	switch d.feeds++; {
	case d.feeds == 1:
		t.busy.Add(t.now() - began)
	case d.feeds%timed == 1:
		t.busy.Add(timed * (t.now() - began))
	}
	if err := d.dec.Err(); err != nil {
		d.broken(err)
	}
}

// handshake takes bytes that pass before the handshake is complete, and returns those behind it. A client's wait for it;
// a server's are a head that its handler writes by hand.
func (d *direction) handshake(p []byte) []byte {
	if d.over {
		return nil
	}
	d.early = append(d.early, p...)
	end := bytes.Index(d.early, []byte("\r\n\r\n"))
	switch {
	case d.rec.Dir == record.In && end >= 0:
		head, rest := d.early[:end+4], d.early[end+4:]
		d.early = nil
		d.dec = d.conn.opened(head)
		return rest
	case len(d.early) > maxHead:
		d.early = nil
		d.rec.Time = d.conn.tap.now()
		d.broken(errNoHead)
	}
	return nil
}

// begin starts decoding with what came early.
func (d *direction) begin(dec *frame.Decoder) {
	d.mu.Lock()
	defer d.mu.Unlock()
	early := d.early
	d.dec, d.early = dec, nil
	if d.under == nil {
		d.decode(early)
		return
	}
	d.judge(early)
	if d.rec.Dir == record.Out {
		d.conn.wakeReader()
	}
}

// record turns a frame into a record.
func (d *direction) record(f *frame.Frame) {
	r := &d.rec
	r.SetFrame(f)
	d.broke |= r.Violations
	if d.under != nil && d.under.judging {
		d.judged(r)
		return
	}
	d.conn.tap.cfg.Sink.Append(r)
	if f.Opcode == frame.Close && !f.Truncated {
		d.conn.end.closeFrame(d.conn, d.side(), f.Payload, r.Marks)
	}
}

// judged turns a frame into a record that says what the rules of the deck do to it.
func (d *direction) judged(r *record.Record) {
	r.Marks = d.under.verdict(r)
	d.conn.tap.cfg.Sink.Append(r)
	if r.Header.Opcode == frame.Close && !r.Truncated && r.Marks&record.Dropped == 0 {
		d.conn.end.closeFrame(d.conn, d.side(), r.Payload, r.Marks)
	}
	r.Marks = 0
}

// side returns who sends in this direction.
func (d *direction) side() record.Side {
	if d.rec.Dir == record.In {
		return record.SideServer
	}
	return record.SideClient
}

// broken records that the next frame cannot be found, and stops.
func (d *direction) broken(err error) {
	d.over = true
	d.conn.tap.cfg.Sink.Append(&record.Record{
		Time: d.rec.Time, Conn: d.rec.Conn, Dir: d.rec.Dir, Kind: record.KindBroken,
		By: d.side(), Offset: errorOffset(err), Reason: err.Error(),
	})
}

// errorOffset returns where in its direction the decoder stopped.
func errorOffset(err error) uint64 {
	var at *frame.Error
	if errors.As(err, &at) {
		return at.Offset
	}
	return 0
}

// finish records a frame that the end of the connection cut.
func (d *direction) finish() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.over || d.dec == nil {
		d.over = true
		d.tellPassed()
		return
	}
	d.over = true
	d.rec.Time = d.conn.tap.now()
	d.dec.End(d.emit)
	d.tellPassed()
}
