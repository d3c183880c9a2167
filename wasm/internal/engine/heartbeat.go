package engine

import "time"

// late is how far behind a timer may be before it says that the program slept.
const late = time.Second

const (
	// tardy is how late a timer may be for what it finds to be all that there is: a program that stood still has not seen yet
	// what arrived meanwhile, nor what left.
	tardy = 50 * time.Millisecond
	// glance is when such a program looks again.
	glance = 100 * time.Millisecond
)

// mostMissed is how many pongs in a row may be missing on a connection where they came before.
const mostMissed = 3

const (
	// bulk is how many bytes have to arrive between two pings for a pong to be late because of them.
	bulk = 4 << 10
	// longestBulk bounds how late it may be for that reason.
	longestBulk = 2 * time.Minute
	// longestDrain bounds how long what has left our hands may take to leave the kernel, where that cannot be seen.
	longestDrain = 2 * time.Minute
)

// NewHeartbeat returns the rules that notice a dead connection: a ping every interval, and the connection is given up when
// there was no sign of life within timeout after a ping.
//
// Bytes that move are life (P28). A ping waits behind what was handed over before it, and its pong behind what the peer
// sent: so the time for an answer begins again with every look, a timeout apart, that finds bytes have arrived, or have left of
// what is before the ping. What leaves after the ping proves nothing: a dead network takes bytes for a while.
//
// Only a look that was made on time proves silence. One that was late is repeated, for a second at most.
func NewHeartbeat(interval, timeout time.Duration) HeartbeatRules {
	return &heartbeat{interval: interval, timeout: timeout}
}

// AnswersPings says of a heartbeat's peer that it answers every ping, as a session layer does. Then pongs that never came count
// as missing too: without it a network that swallows one direction from the first ping on is not noticed while anything
// arrives from the other.
func AnswersPings(r HeartbeatRules) {
	if h, ok := r.(*heartbeat); ok {
		h.answers = true
	}
}

// heartbeat implements HeartbeatRules.
type heartbeat struct {
	interval, timeout time.Duration

	sent     time.Duration // when the last ping was sent
	due      time.Duration // when the timer should fire
	nonce    uint32        // of the ping that was not answered; 0: none
	waiting  bool          // nothing arrived since the ping
	again    bool          // the ping under way is the second one, after a sleep
	held     bool          // reading is stopped, so silence proves nothing
	answered bool          // a pong came on this connection, or the peer is known to answer
	answers  bool          // the peer is known to answer every ping
	missed   int           // pongs in a row that did not come
	since    time.Duration // when the first ping was sent that has no answer
	until    time.Duration // when silence is fatal
	flow     Flow          // at the last look
	ahead    uint64        // how much was handed over before the ping
	drained  time.Duration // how long that took to leave
}

func (h *heartbeat) hold(on bool) { h.held = on }

func (h *heartbeat) opened(m *Machine, ev *Event, out []Command) []Command {
	*h = heartbeat{interval: h.interval, timeout: h.timeout, answers: h.answers, answered: h.answers}
	return h.arm(m, ev, h.interval, out)
}

func (h *heartbeat) arm(m *Machine, ev *Event, d time.Duration, out []Command) []Command {
	d = max(0, d)
	h.due = ev.Now + d
	return m.arm(BeatTimer, d, out)
}

// signOfLife takes a message, or a control frame, for what it is to the heartbeat.
func (h *heartbeat) signOfLife(m *Machine, ev *Event, out []Command) ([]Command, bool) {
	pong := ev.Answer == AnswerPong || ev.Answer == AnswerPlain
	if ev.Answer == AnswerEcho || pong && ev.Nonce != 0 && ev.Nonce != h.nonce {
		return out, true
	}
	if pong && h.nonce != 0 {
		h.nonce, h.missed, h.answered, h.since = 0, 0, true, 0
		out = notify(out, PongReceived{ev.Now - h.sent})
	}
	switch {
	case h.waiting:
		h.waiting, h.again = false, false
		out = h.arm(m, ev, h.sent+h.interval-ev.Now, out)
	case ev.Now > h.due+late: // a throttled timer: messages come on time, so they drive the heartbeat
		out = h.send(m, ev, out)
	}
	return out, ev.Answer == AnswerPong
}

// beat is due: time for a ping, or past the time for a sign of life.
func (h *heartbeat) beat(m *Machine, ev *Event, out []Command) []Command {
	slept := ev.Now > h.due+late
	switch {
	case h.held:
		h.waiting = false
		return h.arm(m, ev, h.interval, out)
	case !h.waiting:
		return h.send(m, ev, out)
	case slept && !h.again:
		h.again = true
		return h.send(m, ev, out)
	case h.moves(ev) || ev.Now < h.until:
		return h.arm(m, ev, min(h.timeout, h.until-ev.Now), out)
	case ev.Now > h.due+tardy && ev.Now < h.until+late:
		return h.arm(m, ev, glance, out)
	}
	return h.dead(m, ev, out)
}

// moves looks whether bytes moved since the last look, and puts the end off if they did.
func (h *heartbeat) moves(ev *Event) bool {
	f := ev.Flow
	if f == nil {
		return false
	}
	old := h.flow
	h.flow = *f
	switch {
	case f.Arrived != old.Arrived:
	case old.Left < h.ahead && f.Moved != old.Moved:
		h.drained = ev.Now - h.sent
	default:
		return false
	}
	h.putOff(ev)
	return true
}

// putOff says when silence from now on is fatal.
func (h *heartbeat) putOff(ev *Event) {
	wait := h.timeout
	if f := ev.Flow; f != nil {
		if !f.Exact { // what has left our hands was at most as much as took that long
			wait = max(wait, min(h.drained, longestDrain))
		}
		wait += f.Silence
	}
	h.until = ev.Now + wait
}

// probe asks at once: something happened that connections do not always survive.
func (h *heartbeat) probe(m *Machine, ev *Event, out []Command) []Command {
	if h.held {
		return out
	}
	return h.send(m, ev, out)
}

func (h *heartbeat) send(m *Machine, ev *Event, out []Command) []Command {
	if h.nonce != 0 && h.answered && !h.waiting && !h.mayBeLate(ev) {
		if h.missed++; h.missed >= mostMissed {
			return h.dead(m, ev, out)
		}
	}
	if h.nonce == 0 {
		h.since = ev.Now
	}
	h.nonce = 1 + uint32(ev.Random*(1<<32-1))
	h.sent, h.waiting, h.drained = ev.Now, true, 0
	if ev.Flow != nil {
		h.flow, h.ahead = *ev.Flow, ev.Flow.Handed
	}
	h.putOff(ev)
	out = append(out, Command{Kind: CommandPing, Generation: m.gen, ID: h.nonce})
	return h.arm(m, ev, h.timeout, out)
}

// mayBeLate reports whether the last ping has not left yet, or its pong may be behind much that arrives.
func (h *heartbeat) mayBeLate(ev *Event) bool {
	f := ev.Flow
	if f == nil {
		return false
	}
	return f.Left < h.ahead || f.Arrived-h.flow.Arrived > bulk && ev.Now-h.since < longestBulk
}

func (h *heartbeat) dead(m *Machine, ev *Event, out []Command) []Command {
	return m.failed(CloseInfo{Code: AbnormalClosure, Opened: true, Err: ErrHeartbeat}, ev, out)
}
