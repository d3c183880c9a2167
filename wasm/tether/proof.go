package tether

import "strconv"

// ShutdownError says what [Client.Shutdown] cannot vouch for. It is [ErrUndelivered], and [ErrUncertain] when Uncertain is
// not 0.
type ShutdownError struct {
	Unsent    int   // messages that were handed to no connection: they did not arrive
	Uncertain int   // messages that were handed to a connection that ended before the peer proved that it had read them
	Err       error // why: a [CloseError], or the cause of Shutdown's context; it may be nil
}

func (e *ShutdownError) Error() string {
	text := "tether: shutdown: " + strconv.Itoa(e.Unsent) + " messages were not sent, of " + strconv.Itoa(e.Uncertain) + " it is uncertain whether they arrived"
	if e.Err != nil {
		text += ": " + e.Err.Error()
	}
	return text
}

// Unwrap returns Err.
func (e *ShutdownError) Unwrap() error { return e.Err }

// Is reports which of the package's errors this one is.
func (e *ShutdownError) Is(target error) bool {
	return target == ErrUndelivered || target == ErrUncertain && e.Uncertain > 0
}

// proof counts what the peer is known to have read. It is guarded by shell.stepping, and may be read when the client is
// closed.
//
// Two things prove it: an answer to our close frame, which the peer reads after everything else, and the pong to a ping. A close frame that
// the peer sent by itself proves nothing: what we sent may lie unread in its buffers.
type proof struct {
	handed    int    // messages handed to the current connection that the peer has not proved to have read
	pending   int    // of them, those handed over after the last ping
	asked     bool   // a ping that comes after all others is under way
	answer    uint32 // the nonce in the event that is processed
	code      Code   // of our close frame
	unsent    int
	uncertain int
	err       error // why
}

// begin starts to count for a new connection.
func (p *proof) begin() { p.handed, p.asked, p.pending = 0, false, 0 }

// pinged notes a ping; last says that it leaves after everything that was handed over.
func (p *proof) pinged(last bool) {
	p.asked, p.pending = last, p.handed
}

// ponged notes the answer to the last ping. Without a nonce it may be the answer to an earlier one.
func (p *proof) ponged() {
	if p.asked && p.answer != 0 {
		p.handed -= p.pending
		p.asked = false
	}
}

// lost notes the end of a connection. Before a shutdown the program is informed by [Lost] alone.
func (p *proof) lost(c CloseInfo, closing, draining bool) {
	ours := closing && c.Clean && !c.peer && p.answers(c.Code)
	if draining && !ours && p.handed > 0 {
		p.uncertain += p.handed
		p.err = &CloseError{c}
	}
	p.handed = 0
}

// answers reports whether a close frame with this code answers ours: some servers answer with 1000 whatever they got. With
// another code it is the peer's own, and passed ours on the way.
func (p *proof) answers(code Code) bool {
	return code == p.code || code == CodeNoStatus || code == CodeNormalClosure
}

// result is what Shutdown returns.
func (p *proof) result(cause error) error {
	if p.unsent == 0 && p.uncertain == 0 {
		return cause
	}
	if cause == nil {
		cause = p.err
	}
	return &ShutdownError{p.unsent, p.uncertain, cause}
}
