package tap

import (
	"errors"

	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/internal/frame"
)

// maxHead bounds the head of a response that a handler writes by hand after Hijack.
const maxHead = 64 << 10

var errNoHead = errors.New("no HTTP head within 64 KiB: not a WebSocket handshake")

// decoding turns the bytes of one direction into records. The direction's lock guards it.
type decoding struct {
	log    recorder
	end    *ending
	opened func(head []byte) *frame.Decoder  // completes the handshake; of the server's direction only
	marks  func(*record.Record) record.Marks // evaluates the fault rules for the frames that are decoded now; nil for none

	dec        *frame.Decoder
	emit       func(*frame.Frame) // bound once, so that decoding allocates nothing
	rec        record.Record      // reused for each frame
	run        record.Run         // reused for each run of frames
	early      []byte             // what passed before the handshake was complete: of a server, a head written by hand
	feeds      uint64
	over       bool             // ended or broken: nothing is decoded any more
	violations frame.Violations // of the frames since this was cleared
}

func (d *decoding) init(log recorder, end *ending, dir record.Dir) {
	d.log, d.end = log, end
	d.rec.Conn, d.rec.Dir = log.conn, dir
	d.run.Conn, d.run.Dir = log.conn, dir
	d.emit = d.record
}

// timed says that one of as many feeds is timed, and counts for all of them. Reading a clock and adding to what all connections share would be a
// fifth of the cost of a small frame.
const timed = 16

// decode takes bytes after the handshake.
func (d *decoding) decode(p []byte) {
	if d.over || len(p) == 0 {
		return
	}
	d.rec.Time = d.log.now()
	began := d.rec.Time // the record's time moves forward when another connection's record came before it
	if d.log.runs != nil && d.marks == nil && d.rec.Marks == 0 {
		p = d.passRuns(p)
	}
	d.dec.Feed(p, d.emit)
	switch d.feeds++; {
	case d.feeds == 1:
		d.log.busy.Add(d.log.now() - began)
	case d.feeds%timed == 1:
		d.log.busy.Add(timed * (d.log.now() - began))
	}
	if err := d.dec.Err(); err != nil {
		d.broken(err)
	}
}

// passRuns records frames of which nothing needs to be known as they passed, and the frames between them one by one. It returns what is left: a
// frame that is not whole, or nothing.
func (d *decoding) passRuns(p []byte) []byte {
	for len(p) > 0 {
		run, n := d.dec.PassRun(p, record.MaxRun)
		if n == 0 {
			if n = d.untilBoundary(p); n == len(p) {
				return p
			}
			d.dec.Feed(p[:n], d.emit)
		} else {
			d.run.Time, d.run.Run, d.run.Bytes = d.rec.Time, run, p[:n]
			d.log.runs.AppendRun(&d.run)
			d.run.Bytes = nil
		}
		p = p[n:]
	}
	return nil
}

// handshake takes bytes that pass before the handshake is complete, and returns those after it. A client's bytes wait for
// its end; a server's are a head that its handler writes by hand.
func (d *decoding) handshake(p []byte) []byte {
	if d.over {
		return nil
	}
	d.early = append(d.early, p...)
	head, rest, whole := frame.CutHead(d.early)
	switch {
	case d.rec.Dir == record.In && whole:
		d.early = nil
		d.dec = d.opened(head)
		return rest
	case len(d.early) > maxHead:
		d.early = nil
		d.rec.Time = d.log.now()
		d.broken(errNoHead)
	}
	return nil
}

// record turns a frame into a record.
func (d *decoding) record(f *frame.Frame) {
	r := &d.rec
	r.SetFrame(f)
	d.violations |= r.Violations
	if d.marks != nil {
		d.recordEvaluated(r)
		return
	}
	d.keep(r)
	d.log.append(r)
	if f.Opcode == frame.Close && !f.Truncated {
		d.end.closeFrame(d.side(), f.Payload, r.Marks)
	}
}

// maxRecord is the most bytes of payload and body in a record: a batch must have room for it.
const maxRecord = record.MaxBatch - 1<<20

// keep cuts what a record keeps of body and payload. Where both do not fit into a record, less of the payload is kept: it
// says the same, compressed.
func (d *decoding) keep(r *record.Record) {
	r.Body = d.snapped(r.Body)
	r.Body = r.Body[:min(len(r.Body), maxRecord)]
	r.Payload = r.Payload[:min(len(r.Payload), maxRecord-len(r.Body))]
}

// updateSnap has the decoder keep as much of what follows as the tap keeps now.
func (d *direction) updateSnap() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.dec != nil {
		d.dec.SetSnap(d.log.snapLength())
	}
}

// snapped returns what a record keeps of a body: under fault rules the decoder keeps more.
func (d *decoding) snapped(body []byte) []byte {
	if snap := d.log.snapLength(); len(body) > snap {
		return body[:snap:snap]
	}
	return body
}

// recordEvaluated records a frame with marks for what the fault rules do to it.
func (d *decoding) recordEvaluated(r *record.Record) {
	r.Marks = d.marks(r)
	d.keep(r)
	d.log.append(r)
	if r.Header.Opcode == frame.Close && !r.Truncated && r.Marks&record.Dropped == 0 {
		d.end.closeFrame(d.side(), r.Payload, r.Marks)
	}
	r.Marks = 0
}

// side returns who sends in this direction.
func (d *decoding) side() record.Side {
	if d.rec.Dir == record.In {
		return record.SideServer
	}
	return record.SideClient
}

// broken records that the next frame cannot be found, and stops.
func (d *decoding) broken(err error) {
	d.over = true
	d.log.append(&record.Record{
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

// unframed reports whether the start of the next frame is unknown: before the handshake, or after an error.
func (d *decoding) unframed() bool { return d.dec == nil || d.over || d.dec.Err() != nil }

// untilBoundary returns how many bytes of p go before the next boundary between two frames, at least 1. Where the start of
// the next frame is unknown, that is all of them.
func (d *decoding) untilBoundary(p []byte) int {
	if d.unframed() {
		return len(p)
	}
	left := d.dec.Left()
	if left == 0 {
		h, n := frame.ParseHeader(p)
		if n == 0 {
			return len(p)
		}
		left = uint64(n) + min(h.Length, uint64(len(p)))
	}
	return int(min(left, uint64(len(p))))
}

// finish records a frame that the end of the connection cut.
func (d *decoding) finish() {
	if d.over || d.dec == nil {
		d.over = true
		return
	}
	d.over = true
	d.rec.Time = d.log.now()
	d.dec.End(d.emit)
}
