package tether

import (
	"bytes"
	"errors"
	"time"

	"github.com/tetherscope/tetherscope/wasm/codec"
)

// ErrHeartbeat is the Err of a [Lost] connection whose peer gave no sign of life within [Heartbeat].Timeout.
var ErrHeartbeat = errors.New("tether: no answer to the heartbeat")

// Heartbeat notices a dead connection. A network that swallows everything raises no event at all, in a browser least of
// all, so the client asks: it sends a ping every Interval and expects a sign of life within Timeout. Any message that
// arrives is one. A dead connection is given up at once, without waiting for the close event of its socket: [Lost] says
// [ErrHeartbeat]. It is noticed within Interval + Timeout + 1 s.
//
// Two things are no sign of life: our own ping, come back through an echoing proxy, and a pong with another nonce than
// that of the last ping. And a connection on which pongs came and then three in a row did not is given up too, whatever
// else arrives on it: what we say is not heard any more.
//
// A timer that fires more than a second late says that the program slept: the device, or a hidden page. The answer may
// then lie unread in a buffer, so the connection is asked once more before it is given up.
type Heartbeat struct {
	Interval time.Duration // between pings; default 25 s, which keeps most proxies from cutting an idle connection
	Timeout  time.Duration // from a ping to a sign of life; default 10 s. What waits in the send buffer goes before a ping

	// Ping makes a ping that carries nonce, which is never 0. Nil: the text {"type":"ping","nonce":123}.
	Ping func(nonce uint32) codec.Message
	// Pong recognises the answer and returns its nonce, or 0 if the server does not return it. It sees every message
	// that arrives, so it should be quick to refuse. What it recognises is not delivered. Nil: a JSON object without
	// nested values, with "type":"pong" and the "nonce".
	Pong func(codec.Message) (nonce uint32, ok bool)

	// Protocol sends ping frames (RFC 6455 §5.5.2) instead of messages where the platform can: natively. With
	// [WithResume] the session layer's own pings take their place, in a browser too; without it a browser sends the message.
	Protocol bool
}

// PongReceived comes when the peer answered a [Heartbeat].
type PongReceived struct {
	RTT time.Duration // from handing over the ping to the pong
}

func (PongReceived) event() {}
func (PongReceived) item()  {}

// The defaults of a Heartbeat.
const (
	defaultBeat        = 25 * time.Second
	defaultBeatTimeout = 10 * time.Second
)

// WithHeartbeat makes the client notice a dead connection; see [Heartbeat] for what its zero fields mean.
func WithHeartbeat(h Heartbeat) Option {
	return func(o *options) error {
		h, err := h.timed()
		if err != nil {
			return err
		}
		if (h.Ping == nil) != (h.Pong == nil) {
			return &OptionError{"WithHeartbeat", "Ping and Pong belong together: set both or neither"}
		}
		if h.Ping == nil {
			h.Ping, h.Pong = pingJSON, pongJSON
		}
		o.pulse = &heartbeat{Heartbeat: h}
		return nil
	}
}

// timed fills in and checks the times.
func (h Heartbeat) timed() (Heartbeat, error) {
	if h.Interval < 0 || h.Timeout < 0 {
		return h, &OptionError{"WithHeartbeat", "negative value"}
	}
	if h.Interval == 0 {
		h.Interval = defaultBeat
	}
	if h.Timeout == 0 {
		h.Timeout = defaultBeatTimeout
	}
	return h, nil
}

// late is how far behind a timer may be before it says that the program slept.
const late = time.Second

// mostMissed is how many pongs in a row may be missing on a connection where they came before.
const mostMissed = 3

// heartbeat is a Heartbeat at work. All but last belongs to the machine.
type heartbeat struct {
	Heartbeat
	last codec.Message // the ping under way, for the shell to know its echo

	sent     time.Duration // when the last ping was sent
	due      time.Duration // when the timer should fire
	nonce    uint32        // of the ping that was not answered; 0: none
	waiting  bool          // nothing was heard since the ping
	again    bool          // the ping under way is the second chance of one who slept
	held     bool          // we do not read, so we cannot hear
	answered bool          // a pong came on this connection
	missed   int           // pongs in a row that did not come
}

func (h *heartbeat) byProtocol() bool { return h.Protocol }
func (h *heartbeat) hold(on bool)     { h.held = on }

func (h *heartbeat) ping(nonce uint32) codec.Message {
	h.last = h.Ping(nonce)
	return h.last
}

func (h *heartbeat) classify(m codec.Message) (answer, uint32) {
	if nonce, ok := h.Pong(m); ok {
		return answerPong, nonce
	}
	if h.last.Data != nil && m.Type == h.last.Type && bytes.Equal(m.Data, h.last.Data) {
		return answerEcho, 0
	}
	return answerNone, 0
}

func (h *heartbeat) opened(m *machine, ev *event, out []command) []command {
	*h = heartbeat{Heartbeat: h.Heartbeat}
	return h.arm(m, ev, h.Interval, out)
}

func (h *heartbeat) arm(m *machine, ev *event, d time.Duration, out []command) []command {
	d = max(0, d)
	h.due = ev.now + d
	return m.arm(beatTimer, d, out)
}

// heard takes a message, or a control frame, for what it is to the heartbeat.
func (h *heartbeat) heard(m *machine, ev *event, out []command) ([]command, bool) {
	pong := ev.answer == answerPong
	if ev.answer == answerEcho || pong && ev.nonce != 0 && ev.nonce != h.nonce {
		return out, true
	}
	if pong && h.nonce != 0 {
		h.nonce, h.missed, h.answered = 0, 0, true
		out = tell(out, PongReceived{ev.now - h.sent})
	}
	switch {
	case h.waiting:
		h.waiting, h.again = false, false
		out = h.arm(m, ev, h.sent+h.Interval-ev.now, out)
	case ev.now > h.due+late: // a throttled timer: messages come on time, so they drive the heartbeat
		out = h.send(m, ev, out)
	}
	return out, pong
}

// beat is due: time for a ping, or past the time for a sign of life.
func (h *heartbeat) beat(m *machine, ev *event, out []command) []command {
	slept := ev.now > h.due+late
	switch {
	case h.held:
		h.waiting = false
		return h.arm(m, ev, h.Interval, out)
	case !h.waiting:
		return h.send(m, ev, out)
	case slept && !h.again:
		h.again = true
		return h.send(m, ev, out)
	}
	return h.dead(m, ev, out)
}

// probe asks at once: something happened that connections do not always survive.
func (h *heartbeat) probe(m *machine, ev *event, out []command) []command {
	if h.held {
		return out
	}
	return h.send(m, ev, out)
}

func (h *heartbeat) send(m *machine, ev *event, out []command) []command {
	if h.nonce != 0 && h.answered && !h.waiting {
		if h.missed++; h.missed >= mostMissed {
			return h.dead(m, ev, out)
		}
	}
	h.nonce = 1 + uint32(ev.random*(1<<32-1))
	h.sent, h.waiting = ev.now, true
	out = append(out, command{kind: cmdPing, gen: m.gen, id: h.nonce})
	return h.arm(m, ev, h.Timeout, out)
}

func (h *heartbeat) dead(m *machine, ev *event, out []command) []command {
	return m.failed(CloseInfo{Code: AbnormalClosure, Opened: true, Err: ErrHeartbeat}, ev, out)
}
