package e2e

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/tetherscope/tetherscope/internal/frame"
)

// deflateOffer is what a browser offers, and noTakeover what a client offers that keeps no window. With the first, the
// peer asks the echo endpoint for context takeover.
const (
	deflateOffer = "permessage-deflate; client_max_window_bits"
	noTakeover   = "permessage-deflate; client_no_context_takeover; server_no_context_takeover"
)

// farewell is a close reason that is more than ASCII.
const farewell = "bis bald – 再见 👋"

// script is the conversation of the issue, over /ws/echo: text, binary, empty, 70 KiB, fragmented with a ping inside,
// compressed, ping and pong, close 4001 with a UTF-8 reason. It returns when the server has ended TCP.
func script(t *testing.T, addr, extensions string) *peer {
	t.Helper()
	p := dial(t, addr, echoPath(extensions), extensions, 7)
	if kept := p.deflater != nil && !strings.Contains(p.response, "no_context_takeover"); kept != (extensions == deflateOffer) {
		t.Fatalf("offered %q, the server agreed to %q", extensions, p.response)
	}
	p.message(frame.Text, []byte("Hello, wire"))
	p.wait(1, frame.Text)
	p.message(frame.Binary, []byte{0xDE, 0xAD, 0xBE, 0xEF})
	p.wait(1, frame.Binary)
	p.message(frame.Text, nil)
	p.wait(2, frame.Text)
	p.message(frame.Binary, bytes.Repeat([]byte("seventy KiB "), 70<<10/12))
	p.wait(2, frame.Binary)

	p.send(frame.Text, false, 0, []byte("first "))
	p.send(frame.Ping, true, 0, []byte("inside"))
	p.send(frame.Continuation, true, 0, []byte("second ✓"))
	p.wait(1, frame.Pong)
	p.wait(3, frame.Text)

	if p.deflater != nil {
		text := []byte(strings.Repeat(`{"price":101.5,"symbol":"TTHR"}`, 40))
		for i := range 3 {
			p.compressed(frame.Text, text, 0)
			p.wait(4+i, frame.Text)
		}
		p.compressed(frame.Text, text, 11)
		p.wait(7, frame.Text)
		p.message(frame.Text, []byte("plain between compressed"))
		p.wait(8, frame.Text)
		p.compressed(frame.Text, text, 0)
		p.wait(9, frame.Text)
	}
	p.message(frame.Ping, []byte("beat"))
	p.wait(2, frame.Pong)
	p.message(frame.Pong, []byte("unasked"))
	p.close(4001, farewell)
	p.waitEnd()
	return p
}

func echoPath(extensions string) string {
	if extensions == deflateOffer {
		return "/ws/echo?takeover"
	}
	return "/ws/echo"
}

// abrupt says two messages and resets TCP.
func abrupt(t *testing.T, addr string) *peer {
	t.Helper()
	p := dial(t, addr, "/ws/echo", "", 8)
	p.message(frame.Text, []byte("soon gone"))
	p.wait(1, frame.Text)
	p.reset()
	return p
}

// chatter sends n random frames of mixed kinds over /ws/echo and closes. It is the traffic that tshark is shown.
func chatter(t *testing.T, addr, extensions string, n int, seed uint64) *peer {
	t.Helper()
	p := dial(t, addr, echoPath(extensions), extensions, seed)
	rnd := rand.New(rand.NewPCG(seed, 2))
	data := 0
	for len(p.sent) < n {
		payload := []byte(strings.Repeat(fmt.Sprintf("%x|", rnd.Uint64()), rnd.IntN(40)))
		op := frame.Text
		if rnd.IntN(2) == 0 {
			op = frame.Binary
		}
		switch kind := rnd.IntN(8); {
		case kind == 0:
			p.message(frame.Ping, payload[:min(len(payload), 125)])
			continue
		case kind == 1:
			p.message(frame.Pong, payload[:min(len(payload), 125)])
			continue
		case kind == 2:
			p.send(op, false, 0, payload)
			p.send(frame.Ping, true, 0, []byte("between"))
			p.send(frame.Continuation, false, 0, nil)
			p.send(frame.Continuation, true, 0, payload)
		case kind < 5 && p.deflater != nil:
			p.compressed(op, payload, 0)
		case kind == 5:
			p.message(op, bytes.Repeat(payload, 70)) // up to some 48 KiB: 16-bit lengths
		default:
			p.message(op, payload)
		}
		data++
		if data%32 == 0 { // do not outrun the echo: the server answers before it is asked more
			p.until(fmt.Sprintf("%d messages", data), func() bool { return messages(p.received) >= data })
		}
	}
	p.until(fmt.Sprintf("%d messages", data), func() bool { return messages(p.received) >= data })
	p.close(1000, "enough")
	p.waitEnd()
	return p
}

// messages counts the frames that end a data message.
func messages(fs []wireFrame) (n int) {
	for _, f := range fs {
		if f.Fin && !f.Opcode.IsControl() {
			n++
		}
	}
	return n
}
