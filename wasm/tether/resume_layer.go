package tether

import (
	"errors"
	"sync/atomic"
	"time"

	"github.com/tetherscope/tetherscope/internal/resume"
	"github.com/tetherscope/tetherscope/wasm/codec"
)

// ackDelay is how long an acknowledgement waits for a message to travel with.
const ackDelay = 20 * time.Millisecond

// syncAfter is how long what we sent may stay unacknowledged before the server is asked: a frame that was lost on the way, of
// ours or of its, is noticed at the next one.
const syncAfter = 2 * time.Second

// maxFaults is how many connections in a row may end by a fault of the peer, without a message in between, before the
// session is given up: resuming it would only repeat the fault.
const maxFaults = 2

// resumption is the layer that resumes sessions. What the machine takes for open is a connection on which both sides have
// told how far they have come.
type resumption struct {
	shell   *shell
	next    transport
	window  int
	session *resume.Session
	id      string // empty: no session yet
	conn    *resumeConn
	faults  int
	gap     *Gap // to be told after the next Opened

	nonce     uint64 // of the last ping
	pong      func() // called when it is answered
	throttled bool
	frame     []byte      // the last one sent, to be used again
	inner     event       // for the shell; here, so that it need not go to the heap for each message
	armed     atomic.Bool // a timer runs that sets due
	due       atomic.Bool // the acknowledgement owed has waited long enough
	asking    atomic.Bool // a timer runs that sets quiet
	quiet     atomic.Bool // what was sent has waited long enough for its acknowledgement
}

var (
	_ throttler = (*resumeConn)(nil)
	_ pinger    = (*resumeConn)(nil)
)

// resumeConn is a connection of a session.
type resumeConn struct {
	conn
	layer   *resumption
	line    resume.Line
	gen     uint32
	opened  Opened
	greeted bool // positions were exchanged: the machine knows it as open
	over    bool // the server has ended the session: nothing but its close is to come
	mark    int  // what watch asked for; -1: nothing
	code    Code // of that close, should it get lost
}

// dial offers the subprotocol beside those of the application, of which the server chooses one in its welcome.
func (r *resumption) dial(gen uint32, to Target, s sink) conn {
	to.Subprotocols = append([]string{resume.Checked, resume.Subprotocol}, to.Subprotocols...)
	r.conn = &resumeConn{layer: r, gen: gen, mark: -1}
	r.conn.conn = r.next.dial(gen, to, s)
	return r.conn
}

func (r *resumption) take(ev *event) {
	c := r.conn
	switch {
	case c != nil && ev.kind == evOpened && ev.gen == c.gen:
		r.hello(ev)
	case c != nil && ev.kind == evReceived && ev.gen == c.gen:
		r.receive(ev)
	case c != nil && ev.kind == evEnded && ev.gen == c.gen:
		r.ended(ev)
	default:
		r.shell.take(ev)
	}
	r.settle()
}

func (r *resumption) pending() int {
	n, _ := r.session.Pending()
	return n
}

// hello begins the exchange of positions.
func (r *resumption) hello(ev *event) {
	switch ev.opened.Subprotocol {
	case resume.Checked:
		r.conn.line.Checked = true
	case resume.Subprotocol:
	default:
		r.drop(CloseInfo{Code: ProtocolError, Err: ErrNoResume})
		return
	}
	r.conn.opened = ev.opened
	r.frame = resume.AppendHello(r.begin(), resume.Hello{ID: r.id, Position: r.session.Position()})
	r.conn.say(codec.Text, r.frame)
}

// begin returns where a frame for the connection begins: the one before is not used any more.
func (r *resumption) begin() []byte { return r.conn.line.Begin(r.frame[:0]) }

// say sends a frame that began with begin.
func (c *resumeConn) say(t codec.MessageType, frame []byte) (ok bool) {
	c.line.Seal(t == codec.Text, frame)
	_, ok = c.conn.send(t, frame)
	return ok
}

func (r *resumption) receive(ev *event) {
	if r.shell.machine.state == Closing || r.conn.over {
		return // not taken, so not acknowledged: it comes again if there is another connection
	}
	data, err := r.conn.line.Open(ev.message.Type == codec.Text, ev.message.Data)
	ev.message.Data = data
	switch {
	case err != nil:
		r.fault(err)
	case r.conn.line.Checked && data == nil:
		r.shell.alive(r.conn.gen) // it came once more
	case !r.conn.greeted && !resume.IsEnd(ev.message.Data):
		r.welcome(ev)
	default:
		r.read(ev)
	}
}

// welcome ends the exchange: the connection is open.
func (r *resumption) welcome(ev *event) {
	w, err := resume.ParseWelcome(ev.message.Type == codec.Text, ev.message.Data)
	if err == nil {
		err = r.adopt(w)
	}
	if err != nil {
		r.fault(err)
		return
	}
	c := r.conn
	c.greeted, r.throttled = true, false
	c.opened.Subprotocol, c.opened.Resumed = w.Subprotocol, w.Outcome == resume.Resumed
	if !c.opened.Resumed { // the server begins when it knows that we do
		r.frame = r.session.Confirm(r.begin())
		c.say(codec.Text, r.frame)
	}
	r.inner = event{kind: evOpened, gen: c.gen, opened: c.opened}
	r.shell.take(&r.inner)
	if r.gap != nil {
		r.shell.notify(*r.gap)
		r.gap = nil
	}
	r.pump()
}

// adopt continues the session that the server continues, or begins the one that the server began.
func (r *resumption) adopt(w resume.Welcome) error {
	switch {
	case w.Outcome == resume.Resumed && w.ID == r.id:
		_, err := r.session.Attach(w.Position)
		return err
	case w.Outcome == resume.Gone && r.id != "":
		r.lost(w)
	case w.Outcome != resume.Fresh || r.id != "":
		return &resume.ProtocolError{Problem: "the welcome does not answer the hello"}
	}
	r.id = w.ID
	_, err := r.session.Attach(resume.Position{Window: w.Window})
	return err
}

// lost begins a new session in place of the one that the server has lost, and remembers what is to be told.
func (r *resumption) lost(w resume.Welcome) {
	gap := Gap{Inbound: -1, Exact: w.Known, Cause: ErrSessionLost}
	if received := r.session.Position().Received; w.Known && w.Sent >= received {
		gap.Inbound = int(min(w.Sent-received, maxInt32))
	}
	r.session, gap.Outbound = r.session.Renew(w.Received, w.Known)
	r.forget(gap)
}

// forget ends the session. What came of it is told when there is a new one.
func (r *resumption) forget(gap Gap) {
	r.id = ""
	r.shell.track.finished() // what nobody acknowledged now never will be
	if gap.Inbound != 0 || gap.Outbound != 0 {
		r.gap = &gap
	}
}

// maxInt32 bounds a number that a server may have made up.
const maxInt32 = 1<<31 - 1

// read takes one frame.
func (r *resumption) read(ev *event) {
	got, acked, err := r.session.Receive(ev.message.Type == codec.Text, ev.message.Data)
	if err != nil {
		r.fault(err)
		return
	}
	r.deliver() // so that the acknowledgement travels with what the server's gave room for
	r.acknowledged(acked)
	switch got {
	case resume.GotEnd:
		r.over()
	case resume.GotMessage:
		r.faults = 0
	case resume.GotPing:
		r.frame, _ = r.session.Pong(r.begin())
		r.conn.say(codec.Text, r.frame)
	case resume.GotPong:
		if r.pong != nil && r.session.Answered() == r.nonce {
			r.pong()
			r.pong = nil
		}
	case resume.GotNothing, resume.GotSync: // settle answers
		r.shell.alive(r.conn.gen)
	}
}

// over: the server has ended the session and closes next.
func (r *resumption) over() {
	r.throttled = false
	r.deliver()
	r.conn.over, r.conn.code = true, Code(r.session.Ended())
	gap := Gap{Inbound: r.session.Missing(), Cause: ErrSessionOver}
	r.session, gap.Outbound = r.session.Renew(0, false)
	r.forget(gap)
}

// acknowledged: the server has taken messages, so there is room for others.
func (r *resumption) acknowledged(messages int) {
	if messages == 0 {
		return
	}
	r.pump()
	if c := r.conn; c != nil && c.buffered() <= c.mark {
		c.mark = -1
		r.inner = event{kind: evDrained, gen: c.gen}
		r.shell.take(&r.inner)
	}
}

// ended lets the machine hear everything that came before the end, and then of the end.
func (r *resumption) ended(ev *event) {
	r.throttled = false
	r.deliver()
	ev.ended.Opened = ev.ended.Opened && r.conn.greeted
	if r.conn.over && ev.ended.Code == AbnormalClosure {
		ev.ended.Code = r.conn.code
	}
	r.conn = nil
	r.shell.take(ev)
}

// fault: the peer does not keep to the protocol on this connection.
func (r *resumption) fault(err error) {
	info := CloseInfo{Code: AbnormalClosure, Opened: r.conn.greeted, Err: err}
	r.throttled = false
	r.deliver()
	if !errors.Is(err, resume.ErrDamaged) { // which is not the peer's doing, and another time it may go well
		r.faults++
	}
	if r.faults >= maxFaults && r.id != "" {
		r.faults = 0
		gap := Gap{Inbound: -1, Cause: err}
		r.session, gap.Outbound = r.session.Renew(0, false)
		r.forget(gap)
	}
	r.drop(info)
}

// drop ends the connection on our side.
func (r *resumption) drop(info CloseInfo) {
	c := r.conn
	c.abandon()
	r.inner = event{kind: evEnded, gen: c.gen, ended: &info}
	r.shell.take(&r.inner)
}

// settle does what every event may have made possible or necessary.
func (r *resumption) settle() {
	if r.conn == nil || !r.conn.greeted || r.conn.over {
		return
	}
	r.deliver()
	if r.conn == nil {
		return
	}
	r.sync()
	switch {
	case r.session.Urgent() || r.session.Owes() && r.due.Swap(false):
		r.frame, _ = r.session.Ack(r.begin())
		r.conn.say(codec.Text, r.frame)
	case r.session.Owes() && !r.armed.Swap(true):
		time.AfterFunc(ackDelay, func() {
			r.armed.Store(false)
			r.due.Store(true)
			r.shell.queue.push(event{kind: evQueued})
		})
	}
}

// sync asks the server, from time to time, while it owes an acknowledgement.
func (r *resumption) sync() {
	switch {
	case !r.conn.line.Checked || r.pending() == 0:
		r.quiet.Store(false)
	case r.quiet.Swap(false):
		r.frame = r.session.Sync(r.begin())
		r.conn.say(codec.Text, r.frame)
		fallthrough
	default:
		if r.asking.Swap(true) {
			return
		}
		time.AfterFunc(syncAfter, func() {
			r.asking.Store(false)
			r.quiet.Store(true)
			r.shell.queue.push(event{kind: evQueued})
		})
	}
}

// deliver hands messages to the machine while it wants them.
func (r *resumption) deliver() {
	for r.conn != nil && !r.throttled && r.shell.machine.state == Open {
		m, ok := r.session.Read()
		if !ok {
			return
		}
		t := codec.Binary
		if m.Text {
			t = codec.Text
		}
		r.inner = event{kind: evReceived, gen: r.conn.gen, message: codec.Message{Type: t, Data: m.Data}}
		r.shell.take(&r.inner)
	}
}

// pump sends what the server's window has room for.
func (r *resumption) pump() {
	for r.conn != nil && r.conn.greeted && !r.conn.over {
		frame, text, ok := r.session.Next(r.begin())
		r.frame = frame
		if !ok {
			return
		}
		t := codec.Binary
		if text {
			t = codec.Text
		}
		sent := r.conn.say(t, frame)
		if cap(r.frame) > maxSpareSize {
			r.frame = nil // a large message does not keep its memory
		}
		if !sent {
			return // it is kept for the next connection
		}
	}
}

// finish tells what became of the messages that the session still keeps.
func (r *resumption) finish() {
	if r.gap != nil {
		r.shell.notify(*r.gap)
	}
	if n := r.pending(); n > 0 {
		r.shell.notify(Gap{Outbound: n, Cause: ErrClosed})
	}
}

// send hands a message to the session, which keeps it until the server has taken it.
func (c *resumeConn) send(t codec.MessageType, p []byte) (buffered int, ok bool) {
	if !c.greeted || c.over || c.layer.conn != c {
		return c.buffered(), false
	}
	c.layer.session.Append(resume.Message{Text: t == codec.Text, Data: append([]byte(nil), p...)})
	c.layer.pump()
	return c.buffered(), true
}

// watch implements conn. An acknowledgement looks at the mark; what is acknowledged already is told with the next event.
func (c *resumeConn) watch(mark int) {
	c.mark = mark
	if c.buffered() <= mark {
		c.mark = -1
		c.layer.shell.drained(c.gen)
	}
}

// buffered counts everything that is not acknowledged.
func (c *resumeConn) buffered() int {
	_, bytes := c.layer.session.Pending()
	return bytes
}

// close tells the server when nobody will come back.
func (c *resumeConn) close(code Code, reason string) {
	if c.greeted && !c.over && c.layer.shell.machine.next == Closed {
		c.say(codec.Text, c.layer.session.End(c.line.Begin(nil), uint16(code)))
	}
	c.conn.close(code, reason)
}

// ping implements pinger: the server's session layer answers, whatever the application does.
func (c *resumeConn) ping(pong func()) {
	r := c.layer
	if !c.greeted || c.over {
		return
	}
	r.nonce++
	r.pong = pong
	r.frame = resume.AppendPing(c.line.Begin(r.frame[:0]), r.nonce)
	c.say(codec.Text, r.frame)
}

func (c *resumeConn) abandon() {
	if c.layer.conn == c {
		c.layer.conn = nil
	}
	c.conn.abandon()
}

// throttle lets messages wait in the session, unacknowledged, until the server's window is used up.
func (c *resumeConn) throttle(on bool) { c.layer.throttled = on }
