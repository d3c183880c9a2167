package jsbridge

// Socket is one WebSocket of the browser. Its methods never block. They may be called by any goroutine, but not by the
// socket's own handler.
type Socket interface {
	// Send hands one message to the browser and returns the BufferedAmount after that. It reports false when the socket is
	// not open, and then nothing was sent. p may be reused when it returns. Text must be valid UTF-8: the browser would
	// replace what is not.
	Send(text bool, p []byte) (buffered int, ok bool)
	// BufferedAmount returns how many bytes were handed to the browser and not yet to the network. It changes only
	// while the program lets the browser's event loop run. When Handler.Closed was called, and until the program waits again,
	// it is what never left.
	BufferedAmount() int
	// Watch asks for one Handler.Drained, soon after the buffered amount has fallen to mark. It replaces what was asked for
	// before, and ends with the socket. A browser has no event for this, so a timer looks, in steps after the rate at which
	// the amount falls; without a watch there is no timer, and the program is woken only once the mark is reached.
	Watch(mark int)
	// Close begins the closing handshake, or ends an attempt to connect; Handler.Closed follows. code must be 1000 or
	// 3000–4999, or 0 for none, and reason at most 123 bytes: browsers refuse everything else.
	Close(code uint16, reason string)
	// Abandon lets go of the socket: it is closed as quickly as the browser does it, and its handler is not called
	// more once Abandon has returned.
	Abandon()
}

// Handler gets the events of one socket, in the order in which they happened. Its methods must not block, and must
// not call the socket's methods: plain sockets call it from within a browser event.
type Handler interface {
	// Opened reports what the server chose.
	Opened(subprotocol, extensions string)
	// Received hands over one message; p belongs to the handler.
	Received(text bool, p []byte)
	// Drained answers Socket.Watch.
	Drained()
	// Closed comes last, exactly once, also for an attempt that failed (code 1006) unless the socket was abandoned.
	Closed(code uint16, reason string, clean bool)
}

// DialFunc is [DialBridge] or [DialPlain]: it starts to connect to url and returns at once. Its error is that the
// browser refused even to try: a malformed URL or subprotocol, or ws: from a page loaded over https. No event follows
// it.
type DialFunc func(url string, subprotocols []string, h Handler) (Socket, error)

// anys is what js.Value wants for an array.
func anys(list []string) []any {
	out := make([]any, len(list))
	for i, s := range list {
		out[i] = s
	}
	return out
}
