package tether

import (
	"errors"
	"sync/atomic"

	"github.com/tetherscope/tetherscope/wasm/codec"
	"github.com/tetherscope/tetherscope/wasm/internal/engine"
	"github.com/tetherscope/tetherscope/wasm/internal/session"
)

// maxFaults is how many connections in a row may end by a fault of the peer, without a message in between, before the
// session is given up: resuming it would only repeat the fault.
const maxFaults = 2

// resumption is the layer that resumes sessions. For the machine a connection is open when both sides have
// exchanged their positions.
type resumption struct {
	host    layerHost
	next    transport
	window  int
	session *session.Session
	id      string // empty: no session yet
	conn    *resumeConn
	faults  int
	gap     *Gap // to be reported after the next Opened

	nonce     uint64 // of the last ping
	pong      func() // called when it is answered
	throttled bool
	frame     []byte       // the last one sent, to be used again
	event     engine.Event // for the machine: a field, so that it need not go to the heap for each message
	armed     atomic.Bool  // a timer runs that sets due
	due       atomic.Bool  // the acknowledgement owed has waited long enough
	asking    atomic.Bool  // a timer runs that sets quiet
	quiet     atomic.Bool  // what was sent has waited long enough for its acknowledgement
}

// dial offers the subprotocol beside those of the application, of which the server chooses one in its welcome.
func (r *resumption) dial(gen uint32, to Target, s sink) conn {
	to.Subprotocols = append([]string{session.Checked, session.Subprotocol}, to.Subprotocols...)
	r.conn = &resumeConn{layer: r, gen: gen, mark: -1}
	r.conn.conn = r.next.dial(gen, to, s)
	return r.conn
}

func (r *resumption) process(ev *engine.Event) {
	c := r.conn
	switch {
	case c != nil && ev.Kind == engine.EventOpened && ev.Generation == c.gen:
		r.hello(ev)
	case c != nil && ev.Kind == engine.EventReceived && ev.Generation == c.gen:
		r.receive(ev)
	case c != nil && ev.Kind == engine.EventEnded && ev.Generation == c.gen:
		r.ended(ev)
	default:
		r.host.step(ev)
	}
	r.settle()
}

func (r *resumption) pending() int {
	n, _ := r.session.Pending()
	return n
}

// hello begins the exchange of positions.
func (r *resumption) hello(ev *engine.Event) {
	switch ev.Opened.Subprotocol {
	case session.Checked:
		r.conn.line.Checked = true
	case session.Subprotocol:
	default:
		r.drop(CloseInfo{Code: CodeProtocolError, Err: ErrNoResume})
		return
	}
	r.conn.opened = ev.Opened
	r.frame = session.AppendHello(r.begin(), session.Hello{ID: r.id, Position: r.session.Position()})
	r.conn.say(codec.Text, r.frame)
}

// begin returns where a frame for the connection begins: the one before is not used any more.
func (r *resumption) begin() []byte { return r.conn.line.Begin(r.frame[:0]) }

func (r *resumption) receive(ev *engine.Event) {
	if r.host.current() == engine.Closing || r.conn.over {
		return // not taken, so not acknowledged: it comes again if there is another connection
	}
	data, err := r.conn.line.Open(ev.Message.Type == codec.Text, ev.Message.Data)
	ev.Message.Data = data
	switch {
	case err != nil:
		r.fault(err)
	case r.conn.line.Checked && data == nil:
		r.host.alive(r.conn.gen) // it came once more
	case !r.conn.greeted && !session.IsEnd(ev.Message.Data):
		r.welcome(ev)
	default:
		r.read(ev)
	}
}

// welcome ends the exchange: the connection is open.
func (r *resumption) welcome(ev *engine.Event) {
	w, err := session.ParseWelcome(ev.Message.Type == codec.Text, ev.Message.Data)
	moved := w.ID != r.id // to another server, if it is the same session
	if err == nil {
		err = r.adopt(w)
	}
	if err != nil {
		r.fault(err)
		return
	}
	c := r.conn
	c.greeted, r.throttled = true, false
	c.opened.Subprotocol, c.opened.Resumed = w.Subprotocol, w.Outcome == session.Resumed
	if !c.opened.Resumed || moved { // the server begins when it knows that we do
		r.frame = r.session.Confirm(r.begin())
		c.say(codec.Text, r.frame)
	}
	r.event = engine.Event{Kind: engine.EventOpened, Generation: c.gen, Opened: c.opened}
	r.host.step(&r.event)
	if r.gap != nil {
		r.host.notify(*r.gap)
		r.gap = nil
	}
	r.pump()
}

// adopt continues the session that the server continues, or begins the one that the server began.
func (r *resumption) adopt(w session.Welcome) error {
	switch {
	case w.Outcome == session.Resumed && r.id != "" && session.SameName(w.ID, r.id):
		_, err := r.session.Attach(w.Position)
		if err == nil {
			r.id = w.ID
		}
		return err
	case w.Outcome == session.Gone && r.id != "":
		r.lost(w)
	case w.Outcome != session.Fresh || r.id != "":
		return &session.ProtocolError{Problem: "the welcome does not answer the hello"}
	}
	r.id = w.ID
	_, err := r.session.Attach(session.Position{Window: w.Window})
	return err
}

// lost begins a new session in place of the one that the server has lost, and keeps the gap to report.
func (r *resumption) lost(w session.Welcome) {
	gap := Gap{Inbound: -1, Exact: w.Known, Cause: ErrSessionLost}
	if received := r.session.Position().Received; w.Known && w.Sent >= received {
		gap.Inbound = int(min(w.Sent-received, maxInt32))
	}
	r.session, gap.Outbound = r.session.Renew(w.Received, w.Known)
	r.forget(gap)
}

// forget ends the session. The gap is reported when there is a new one.
func (r *resumption) forget(gap Gap) {
	r.id = ""
	r.host.forgetReceipts() // what is not acknowledged now never will be
	if gap.Inbound != 0 || gap.Outbound != 0 {
		r.gap = &gap
	}
}

// maxInt32 bounds a number that a server may have made up.
const maxInt32 = 1<<31 - 1

// read takes one frame.
func (r *resumption) read(ev *engine.Event) {
	got, acked, err := r.session.Receive(ev.Message.Type == codec.Text, ev.Message.Data)
	if err != nil {
		r.fault(err)
		return
	}
	r.deliver() // so that the acknowledgement travels with what the server's gave room for
	r.acknowledged(acked)
	switch got {
	case session.GotEnd:
		r.over()
	case session.GotMessage:
		r.faults = 0
	case session.GotToken:
		name, _ := session.SplitName(r.id)
		r.id = session.JoinName(name, r.session.Token())
		fallthrough
	case session.GotPing:
		r.frame, _ = r.session.Pong(r.begin())
		r.conn.say(codec.Text, r.frame)
	case session.GotPong:
		if r.pong != nil && r.session.Answered() == r.nonce {
			r.pong()
			r.pong = nil
		}
	case session.GotNothing, session.GotSync: // settle answers
		r.host.alive(r.conn.gen)
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
		r.event = engine.Event{Kind: engine.EventDrained, Generation: c.gen}
		r.host.step(&r.event)
	}
}

// ended passes everything that arrived before the end to the machine, and then the end.
func (r *resumption) ended(ev *engine.Event) {
	r.throttled = false
	r.deliver()
	ev.Ended.Opened = ev.Ended.Opened && r.conn.greeted
	if r.conn.over && ev.Ended.Code == engine.AbnormalClosure {
		ev.Ended.Code = engine.Code(r.conn.code)
	}
	r.conn = nil
	r.host.step(ev)
}

// fault: the peer does not keep to the protocol on this connection.
func (r *resumption) fault(err error) {
	info := CloseInfo{Code: CodeAbnormalClosure, Opened: r.conn.greeted, Err: err}
	r.throttled = false
	r.deliver()
	if !errors.Is(err, session.ErrDamaged) { // which is not the peer's doing, and another time it may go well
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
	r.event = engine.Event{Kind: engine.EventEnded, Generation: c.gen, Ended: info.engine()}
	r.host.step(&r.event)
}

// deliver hands messages to the machine while it wants them.
func (r *resumption) deliver() {
	for r.conn != nil && !r.throttled && r.host.current() == engine.Open {
		m, ok := r.session.Read()
		if !ok {
			return
		}
		t := codec.Binary
		if m.Text {
			t = codec.Text
		}
		r.event = engine.Event{Kind: engine.EventReceived, Generation: r.conn.gen, Message: codec.Message{Type: t, Data: m.Data}}
		r.host.step(&r.event)
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

// finish reports the messages that the session still keeps.
func (r *resumption) finish() {
	if r.gap != nil {
		r.host.notify(*r.gap)
	}
	if n := r.pending(); n > 0 {
		r.host.notify(Gap{Outbound: n, Cause: ErrClosed})
	}
}
