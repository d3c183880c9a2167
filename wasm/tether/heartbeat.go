package tether

import (
	"bytes"
	"slices"
	"time"

	"github.com/tetherscope/tetherscope/wasm/codec"
	"github.com/tetherscope/tetherscope/wasm/internal/engine"
)

// ErrHeartbeat is the Err of a [Lost] connection whose peer gave no sign of life within [Heartbeat].Timeout.
var ErrHeartbeat = engine.ErrHeartbeat

// Heartbeat notices a dead connection. A network that swallows everything raises no event at all, in a browser least of
// all, so the client asks: it sends a ping every Interval and expects a sign of life within Timeout. Any message that
// arrives is one. A dead connection is given up at once, without waiting for the close event of its socket: [Lost] says
// [ErrHeartbeat]. It is noticed within Interval + Timeout + 1 s; in a browser, Transfer is added.
//
// A transfer may take longer than all of that: bytes that move are life. A ping waits behind what was sent before it,
// so its Timeout begins again as long as bytes of that leave, or bytes arrive. Natively both are seen below the
// messages. In a browser it is seen what leaves (bufferedAmount), but of a message that arrives nothing before it is complete: silence
// may be a dead connection or a slow download, and [Heartbeat].Transfer says which.
//
// Two things are no sign of life: our own ping, come back through an echoing proxy, and the pong to a ping before the last
// one. And a connection on which pongs came and then three in a row did not is given up too, whatever
// else arrives on it: our messages do not arrive any more.
//
// A timer that fires more than a second late says that the program slept: the device, or a hidden page. The answer may
// then lie unread in a buffer, so the connection is asked once more before it is given up.
//
// A field that is zero means the default.
type Heartbeat struct {
	Interval time.Duration // between pings; default 25 s, which keeps most proxies from cutting an idle connection
	Timeout  time.Duration // from a ping, or the last bytes that moved, to a sign of life; default 10 s

	// Transfer is how long one message may take to arrive in a browser, which shows nothing of it meanwhile. It is added
	// to Timeout there. Default: what the largest message ([WithMaxMessage]) takes at 128 KiB/s, which is 128 s for 16 MiB. Where no
	// message is large set it small, or lower that limit: a dead connection is noticed sooner. Natively it does nothing.
	Transfer time.Duration

	// Ping makes a ping that carries nonce, which is never 0. Nil: the text {"type":"ping","nonce":123}.
	Ping func(nonce uint32) codec.Message
	// Pong recognises the answer and returns its nonce, or 0 if the server does not return it. It sees every message
	// that arrives once a message was sent as a ping, so it should be quick to refuse. Not delivered is what it recognises
	// with the nonce of one of the last 16 pings, or with 0. Another nonce is not ours: that message is one like any other.
	//
	// Nil: a JSON object without nested values, with "type":"pong" and the "nonce". A server that answers {"type":"pong"}
	// without one answers too, but such a message is also delivered: it may be the application's own.
	Pong func(codec.Message) (nonce uint32, ok bool)

	// Protocol sends ping frames (RFC 6455 §5.5.2) instead of messages where the platform can: natively. With
	// [WithResume] the session layer's own pings take their place, in a browser too; without it a browser sends the message.
	// As long as no message is sent as a ping, none that arrives is a pong: all are delivered.
	Protocol bool
}

// PongReceived comes when the peer answered a [Heartbeat].
type PongReceived struct {
	RTT time.Duration // from handing over the ping to the pong
}

func (PongReceived) event() {}
func (PongReceived) item()  {}

// unseen is the Silence of a connection that shows no message before it is complete: [Heartbeat].Transfer takes its place.
const unseen = time.Nanosecond

// defaultInterval keeps most proxies from cutting an idle connection.
const defaultInterval = 25 * time.Second

// timed fills in and checks the times.
func (h Heartbeat) timed() (Heartbeat, error) {
	if h.Interval < 0 || h.Timeout < 0 || h.Transfer < 0 {
		return h, &OptionError{"WithHeartbeat", "negative value"}
	}
	if h.Interval == 0 {
		h.Interval = defaultInterval
	}
	if h.Timeout == 0 {
		h.Timeout = engine.DefaultHeartbeatTimeout
	}
	return h, nil
}

// heartbeatMessages makes and recognises the messages of a [Heartbeat]; the machine has its rules. Only [WithHeartbeat] fills
// it, so that the linker leaves the heartbeat out of a program without one.
type heartbeatMessages interface {
	classify(codec.Message) (engine.Answer, uint32)
	ping(nonce uint32) codec.Message
	byProtocol() bool
	transfer(maxMessage int) time.Duration
}

// heartbeat implements heartbeatMessages.
type heartbeat struct {
	Heartbeat
	plain bool          // a pong without a nonce may be the application's
	asked bool          // a message was sent as a ping
	last  codec.Message // the ping under way, by which its echo is recognised
	ours  [16]uint32    // nonces of the last pings, 0 where there was none
	next  int           // where in ours the next one goes
}

func (h *heartbeat) byProtocol() bool { return h.Protocol }

// slowest is the rate in bytes per second at which the largest message may arrive unseen.
const slowest = 128 << 10

func (h *heartbeat) transfer(maxMessage int) time.Duration {
	if h.Transfer > 0 {
		return h.Transfer
	}
	return time.Duration(float64(maxMessage) / slowest * float64(time.Second))
}

func (h *heartbeat) ping(nonce uint32) codec.Message {
	h.asked = true
	h.ours[h.next] = nonce
	h.next = (h.next + 1) % len(h.ours)
	h.last = h.Ping(nonce)
	return h.last
}

func (h *heartbeat) classify(m codec.Message) (engine.Answer, uint32) {
	if !h.asked {
		return engine.AnswerNone, 0
	}
	nonce, ok := h.Pong(m)
	switch {
	case ok && nonce == 0 && h.plain:
		return engine.AnswerPlain, 0
	case ok && (nonce == 0 || slices.Contains(h.ours[:], nonce)):
		return engine.AnswerPong, nonce
	}
	if h.last.Data != nil && m.Type == h.last.Type && bytes.Equal(m.Data, h.last.Data) {
		return engine.AnswerEcho, 0
	}
	return engine.AnswerNone, 0
}
