package tap

import (
	"strconv"
	"sync"

	"github.com/tetherscope/tetherscope/internal/frame"
	"github.com/tetherscope/tetherscope/internal/record"
)

// ending is how a connection comes to its end: the closing handshake, then TCP.
type ending struct {
	mu     sync.Mutex
	began  record.Side // who sent the first close frame
	code   uint16      // and what it said
	reason string
	marks  record.Marks // of that frame
	answer bool         // the other side sent one as well, and the record of the closing handshake was written
	tcp    record.Side  // who ended TCP first
	how    string
	ours   record.Marks // of that end
	unsent int          // bytes of a last write that did not leave
	over   bool
}

// closeFrame takes note of a close frame. The second one completes the closing handshake, which is then recorded.
func (e *ending) closeFrame(c *conn, by record.Side, payload []byte, marks record.Marks) {
	e.mu.Lock()
	defer e.mu.Unlock()
	switch {
	case e.began == record.SideNone:
		code, reason, _ := frame.ParseClose(payload)
		e.began, e.code, e.reason, e.marks = by, code, reason, marks
	case e.began != by && !e.answer:
		e.answer = true
		e.recordClose(c)
	}
}

// broke takes note of an I/O error.
func (e *ending) broke(err error, doing string) {
	if by, how := cause(err, doing); how != "" {
		e.first(by, how, 0)
	}
}

// first takes note of who ended TCP, if nobody did before.
func (e *ending) first(by record.Side, how string, marks record.Marks) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.how == "" {
		e.tcp, e.how, e.ours = by, how, marks
	}
}

// cut takes note of bytes that were recorded and did not leave.
func (e *ending) cut(n int) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.unsent += n
}

// record writes the last records of a connection, once.
func (e *ending) record(c *conn) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.over {
		return
	}
	e.over = true
	if !e.answer {
		if e.began == record.SideNone {
			e.code = frame.CodeAbnormal
		}
		e.recordClose(c)
	}
	how := e.how
	if e.unsent > 0 {
		how += "; the last " + strconv.Itoa(e.unsent) + " bytes that the server wrote did not leave it"
	}
	c.tap.cfg.Sink.Append(&record.Record{
		Time: c.tap.now(), Conn: c.id, Kind: record.KindEnd, By: e.tcp, Reason: how, Marks: e.ours,
	})
}

// recordClose records the closing handshake, or that there was none.
func (e *ending) recordClose(c *conn) {
	c.tap.cfg.Sink.Append(&record.Record{
		Time: c.tap.now(), Conn: c.id, Kind: record.KindClose,
		By: e.began, Code: e.code, Reason: e.reason, Clean: e.answer, Marks: e.marks,
	})
}
