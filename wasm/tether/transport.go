package tether

import (
	"github.com/tetherscope/tetherscope/wasm/codec"
	"github.com/tetherscope/tetherscope/wasm/internal/engine"
)

// transport makes connections. There are three: native (package wire), js through the page's bridge, and js over
// plain syscall/js. Tests have a fourth.
type transport interface {
	// dial starts one attempt to reach t and returns at once. What follows reaches s, tagged with gen. The conn is
	// valid at once, so that an attempt can be abandoned before it opened.
	dial(gen uint32, t Target, s sink) conn
}

// conn is one attempt and the connection it may become. Its methods never block and never wait for the peer.
type conn interface {
	// send hands one message over and returns what is buffered now. p may be reused when send returns. It reports false
	// when the connection is not open, and then nothing was sent: no part of p is on its way.
	send(t codec.MessageType, p []byte) (buffered int, ok bool)
	// buffered returns how many bytes were handed over and have not left the process yet.
	buffered() int
	// flow says how bytes move.
	flow() engine.Flow
	// watch asks for one sink.drained, as soon as no more than mark bytes are buffered. It replaces what was asked for
	// before, and ends with the connection. Without a watch, nothing runs and no goroutine is woken.
	watch(mark int)
	// close begins the closing handshake. Messages that arrive before the peer's close frame are still delivered where
	// the platform delivers them. sink.closed follows.
	close(code Code, reason string)
	// abandon lets go: the socket is torn down by the quickest legal way and no event of this conn reaches the sink
	// after abandon returns.
	abandon()
}

// sink receives the events of the current generation, in the order in which they happened. Its methods append to one
// queue and wake the client's goroutine: they never block, so a browser callback may call them.
type sink interface {
	opened(gen uint32, subprotocol, extensions string)
	// received takes ownership of p.
	received(gen uint32, t codec.MessageType, p []byte)
	// receivedNow is received for who holds no lock: the message is taken on the spot if the client is at rest.
	receivedNow(gen uint32, t codec.MessageType, p []byte)
	// drained answers conn.watch.
	drained(gen uint32)
	// closed ends the generation: a failed attempt and a lost connection alike. It comes exactly once, last.
	closed(gen uint32, c CloseInfo)
}

// throttler is a conn that can stop reading from the network, so that the peer notices. A browser's WebSocket cannot.
type throttler interface{ throttle(on bool) }

// layer is a transport over another one that changes what its events mean: resume_layer.go has the only one. It runs on the
// client's goroutine alone.
type layer interface {
	transport
	// process gets every event of the queue, and passes to layerHost.step what the machine is to know.
	process(ev *engine.Event)
	// pending returns how many messages were handed over and are not acknowledged.
	pending() int
	// finish is called when the client is closed for good.
	finish()
}

// layerHost is what a layer needs of the client: the shell.
type layerHost interface {
	// step steps the machine with an event, at once.
	step(ev *engine.Event)
	// push adds an event to the queue. It may be called from any goroutine.
	push(ev engine.Event)
	notify(e Event)
	// alive reports a sign of life that is no message.
	alive(gen uint32)
	drained(gen uint32)
	// current returns the state of the machine.
	current() engine.State
	// final reports whether the closing handshake that is under way ends the client.
	final() bool
	// forgetReceipts settles the receipts of messages that will never be acknowledged now.
	forgetReceipts()
}
