package tap

import (
	"strconv"
	"sync"

	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/internal/frame"
)

// ending is the end of a connection: the closing handshake, then that of TCP.
type ending struct {
	rec recorder

	mu       sync.Mutex
	first    record.Side // who sent the first close frame
	code     uint16      // of that frame
	reason   string      // of that frame
	marks    record.Marks
	answered bool        // the other side sent a close frame as well, and the closing handshake was recorded
	tcp      record.Side // who ended TCP first
	how      string
	tcpMarks record.Marks // of that end
	unsent   int          // bytes of a last write that were not sent
	over     bool
}

// closeFrame notes a close frame. The second one completes the closing handshake, which is then recorded.
func (e *ending) closeFrame(by record.Side, payload []byte, marks record.Marks) {
	e.mu.Lock()
	defer e.mu.Unlock()
	switch {
	case e.first == record.SideNone:
		code, reason, _ := frame.ParseClose(payload)
		e.first, e.code, e.reason, e.marks = by, code, reason, marks
	case e.first != by && !e.answered:
		e.answered = true
		e.recordClose()
	}
}

// failed notes an I/O error.
func (e *ending) failed(err error, doing string) {
	if by, how := cause(err, doing); how != "" {
		e.tcpEnded(by, how, 0)
	}
}

// tcpEnded notes who ended TCP, and how. Only the first call counts.
func (e *ending) tcpEnded(by record.Side, how string, marks record.Marks) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.how == "" {
		e.tcp, e.how, e.tcpMarks = by, how, marks
	}
}

// notSent notes bytes that were recorded and not sent.
func (e *ending) notSent(n int) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.unsent += n
}

// record writes the last records of a connection, once.
func (e *ending) record() {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.over {
		return
	}
	e.over = true
	if !e.answered {
		if e.first == record.SideNone {
			e.code = frame.CodeAbnormal
		}
		e.recordClose()
	}
	how := e.how
	switch {
	case e.unsent == 1:
		how += "; the last byte that the server wrote did not leave it"
	case e.unsent > 1:
		how += "; the last " + strconv.Itoa(e.unsent) + " bytes that the server wrote did not leave it"
	}
	e.rec.append(&record.Record{
		Time: e.rec.now(), Conn: e.rec.conn, Kind: record.KindEnd, By: e.tcp, Reason: how, Marks: e.tcpMarks,
	})
}

// recordClose records the closing handshake, or that there was none.
func (e *ending) recordClose() {
	e.rec.append(&record.Record{
		Time: e.rec.now(), Conn: e.rec.conn, Kind: record.KindClose,
		By: e.first, Code: e.code, Reason: e.reason, Clean: e.answered, Marks: e.marks,
	})
}
