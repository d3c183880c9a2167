package tether

import (
	"errors"

	"github.com/tetherscope/tetherscope/wasm/internal/session"
)

// Resume says how sessions are resumed. The zero value is good.
type Resume struct {
	// Window is how many bytes the server may send ahead of what the inbox has room for. Default: 1 MiB.
	Window int
}

const defaultWindow = 1 << 20

// WithResume makes the messages of all connections one stream: across any disconnect each arrives exactly once and in
// order, in both directions, or a [Gap] says how many did not. What is altered on the way is noticed and comes again. The server must speak the protocol, see the section Resume
// of the package documentation; package resumeserver does. With a server that does not, the client stops with
// [ErrNoResume] (a browser ends such a connection itself, as any other that fails).
//
// What was sent is kept until it is acknowledged. [WithSendBuffer] bounds it: beyond, messages wait in the outbox, so a
// server that does not acknowledge makes Send wait. Shutdown returns nil when everything was acknowledged. An inbox that
// fills makes the server wait too, in a browser as well.
func WithResume(r Resume) Option {
	return func(o *options) error {
		switch {
		case r.Window == 0:
			r.Window = defaultWindow
		case r.Window < 0 || r.Window > session.MaxWindow:
			return &OptionError{"WithResume", "Window must be between 1 byte and 1 GiB"}
		}
		o.framing = session.MaxHeader
		o.layer = func(h layerHost, t transport) layer {
			return &resumption{host: h, next: t, session: session.New(r.Window), window: r.Window}
		}
		return nil
	}
}

// What goes wrong with sessions, for errors.Is.
var (
	// ErrNoResume: the server does not speak the protocol of [WithResume].
	ErrNoResume = errors.New("tether: the server does not resume sessions")
	// ErrSessionLost is the cause of a [Gap] when the server did not have the session any more: it expired, it had to make
	// room, or the server was restarted.
	ErrSessionLost = errors.New("tether: the server has lost the session")
	// ErrSessionOver is the cause of a [Gap] when the server ended the session.
	ErrSessionOver = errors.New("tether: the server has ended the session")
	// ErrDamaged: what the server sent did not come as it was sent. The connection was given up; the session goes on, and it
	// comes again.
	ErrDamaged = session.ErrDamaged
)

// Gap comes when messages were lost between two sessions, or may have been, after the [Opened] of the new one. What comes
// after it belongs to the new session. A client that closes with messages that were not acknowledged has one too, at its
// end.
type Gap struct {
	Inbound  int   // messages that the server sent and we did not get; -1: it cannot be known
	Outbound int   // messages of ours that the server did not get
	Exact    bool  // the server reported the numbers. If not, Outbound counts what was not acknowledged: each may have arrived
	Cause    error // [ErrSessionLost], [ErrSessionOver], [ErrClosed], or what the server did against the protocol
}

func (Gap) event() {}
func (Gap) item()  {}
