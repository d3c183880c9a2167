package tap

import (
	"net/http"

	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/internal/tap/fault"
)

// The defaults of [Config], and the most that it may keep of a payload.
const (
	DefaultSnap       = 1 << 20
	MaxSnap           = 64 << 20
	DefaultMaxInflate = 16 << 20
)

// Sink takes records. It must not keep r or anything in it after it returns, and must be callable from any goroutine.
// *ring.Ring is one.
type Sink interface {
	Append(r *record.Record)
}

// RunSink is a Sink that takes frames as they passed as well, many at once: then a frame of which nothing needs to be known costs a connection
// a look at its header and a copy. It is used where [Config.LeaveMasked] is set. *ring.Ring is one. What goes for Append goes for AppendRun.
type RunSink interface {
	Sink
	AppendRun(r *record.Run)
}

// Config is what a tap needs to know.
type Config struct {
	Sink        Sink
	Snap        int  // bytes kept of each payload and message, up to MaxSnap; 0 means DefaultSnap. See [Tap.SetSnap]
	LeaveMasked bool // the sink takes frames whose payload is still masked ([record.Record.LeftMasked]): then unmasking costs a connection nothing

	Script fault.Script // decides about messages before the fault rules, which are set or not; nil for none. It takes effect with [Tap.SetRules]

	MaxInflate int // bytes that a compressed message may inflate to in the tap; 0 means DefaultMaxInflate

	Program func(r *http.Request) record.Program // finds the program that sent a handshake; nil for none. It is called on the request's goroutine
}
