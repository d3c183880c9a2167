package tap

import "errors"

// Why frames were not injected into a connection.
var (
	ErrEnded     = errors.New("the connection has ended")
	ErrHandshake = errors.New("the handshake is not complete: frames can be injected only after it")
	ErrBroken    = errors.New("this direction violated the protocol, so the start of its next frame is unknown")
	ErrInMessage = errors.New("a fragmented message is in progress, and only control frames may be sent inside it (RFC 6455 §5.4)")
	ErrNotWhole  = errors.New("the bytes are not whole frames: the bytes after them would be taken for the rest of the last frame")
	ErrFull      = errors.New("too many injections are waiting on this connection already")
	ErrWaiting   = errors.New("no boundary between two frames came in time: nothing was injected")
	ErrUnread    = errors.New("the frames are on their way, but the receiver does not read")
)
