package calls

import (
	"context"
	"errors"
	"time"

	"github.com/tetherscope/tetherscope/wasm/internal/answering"
	"github.com/tetherscope/tetherscope/wasm/message"
)

// Router has the functions that answer calls. Its zero value is ready for use; one router may serve any number of connections.
// The fields must be set before the first [Peer.Run].
type Router struct {
	// Timeout bounds how long a function may take: its context ends then, and if the function fails because of that, the peer gets
	// the fault "took too long". 0: only the peer and the connection end it.
	Timeout time.Duration

	// Message gets each message that is no call and no answer, in order, on the goroutine of [Peer.Run]: what comes next
	// waits. Nil: such messages are dropped.
	Message func(ctx context.Context, p *Peer, m message.Message)

	// Report gets what went wrong with a message or a call, for a log: a [PanicError], the error of a function, a [message.Error]. It
	// may be called from any goroutine. Nil: nothing is reported.
	Report func(p *Peer, call string, err error)

	functions answering.Functions
}

// ErrGoexit is the Value of a [PanicError] when a function ended its goroutine, as runtime.Goexit and testing.T.FailNow do: its call is
// answered as that of one that panicked.
var ErrGoexit = answering.ErrGoexit

// PanicError is what a function panicked with, or [ErrGoexit].
type PanicError struct{ Value any }

func (*PanicError) Error() string { return "calls: a function panicked" }

// errTooLong is the fault of a function that failed because of [Router].Timeout.
var errTooLong = errors.New("took too long")

// Handle answers calls with f until cancel is called; a second function for the same call takes the place of the first. f runs on
// a goroutine of its own, up to 64 at once for a connection. Its error reaches the peer as [message.Answer] says.
func Handle[Req, Res any](r *Router, call *message.Call[Req, Res], f func(context.Context, Req) (Res, error)) (cancel func()) {
	return r.functions.Add(call.Name(), answering.New(call, func(ctx context.Context, req Req) (Res, error) {
		if r.Timeout <= 0 {
			return f(ctx, req)
		}
		ctx, cancel := context.WithTimeoutCause(ctx, r.Timeout, errTooLong)
		defer cancel()
		res, err := f(ctx, req)
		if err != nil && errors.Is(context.Cause(ctx), errTooLong) {
			err = message.Public(errTooLong)
		}
		return res, err
	}), context.WithCancelCause)
}

func (r *Router) report(p *Peer, call string, err error) {
	if r.Report != nil && err != nil {
		r.Report(p, call, err)
	}
}
