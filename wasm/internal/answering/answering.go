// Package answering runs the functions that answer the calls of a peer, for both ends: each on a goroutine of its own, at most
// [Most] at once for one connection, with a context that ends when the caller gives the call up or its connection ends.
//
// # Never
//
// It does no I/O: what to send it returns. It keeps nothing of a call that is over.
package answering

import (
	"context"
	"errors"
	"sync"

	"github.com/tetherscope/tetherscope/wasm/codec"
	"github.com/tetherscope/tetherscope/wasm/message"
)

// Most is how many calls of one connection are answered at once; more are refused.
const Most = 64

// The faults of a call for which no function runs.
const (
	Unknown = "unknown call"
	Busy    = "too many calls at once"
)

// Func answers one call: it returns what is to be sent. The error is for the log, and may be a [PanicError].
type Func func(context.Context, message.Envelope, message.Message) ([]byte, codec.MessageType, error)

// ErrGoexit is the Value of a [PanicError] when the function of a call ended its goroutine, as runtime.Goexit and testing.T.FailNow do.
var ErrGoexit = errors.New("the function of a call ended its goroutine (runtime.Goexit)")

// PanicError is what a function panicked with.
type PanicError struct{ Value any }

func (*PanicError) Error() string { return "the function of a call panicked" }

// New returns the function that answers call with f.
func New[Req, Res any](call *message.Call[Req, Res], f func(context.Context, Req) (Res, error)) Func {
	return func(ctx context.Context, e message.Envelope, m message.Message) ([]byte, codec.MessageType, error) {
		return message.Answer(ctx, call, e, m, nil, func(ctx context.Context, req Req) (res Res, err error) {
			defer func() {
				if value := recover(); value != nil {
					err = &PanicError{value}
				}
			}()
			return f(ctx, req)
		})
	}
}

// NewContext makes the context of a call. It is given with each function, since making a context costs a js program the
// formatting of dates: only a program with such functions carries it.
type NewContext func(context.Context) (context.Context, context.CancelCauseFunc)

// Functions are those that answer, by the name of the call. Its zero value is ready for use, from any goroutine.
type Functions struct {
	mu   sync.Mutex
	list map[string]*function
}

// function is one of them, by address so that it can be found again.
type function struct {
	call       Func
	newContext NewContext
}

// Add lets f answer the calls with this name, in place of an earlier function, until remove is called.
func (fs *Functions) Add(name string, f Func, newContext NewContext) (remove func()) {
	own := &function{f, newContext}
	fs.mu.Lock()
	defer fs.mu.Unlock()
	if fs.list == nil {
		fs.list = map[string]*function{}
	}
	fs.list[name] = own
	return func() {
		fs.mu.Lock()
		defer fs.mu.Unlock()
		if fs.list[name] == own {
			delete(fs.list, name)
		}
	}
}

func (fs *Functions) find(name string) *function {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	return fs.list[name]
}

// Knows reports whether a function answers the calls with this name.
func (fs *Functions) Knows(name string) bool { return fs.find(name) != nil }

// Running are the calls of one connection that are being answered. Its zero value is ready for use, from any goroutine.
type Running struct {
	mu    sync.Mutex
	calls map[*Call]struct{}
	group sync.WaitGroup
}

// Call is one of them.
type Call struct {
	running *Running
	f       *function
	ctx     context.Context
	cancel  context.CancelCauseFunc
	message message.Message
}

// Begin returns the call that m asks for, of which a copy is kept, or the fault to answer. [Call.Answer] must follow on a
// goroutine of its own. The context of the function is a child of parent.
func (r *Running) Begin(parent context.Context, fs *Functions, m message.Message) (c *Call, fault string) {
	f := fs.find(m.Type)
	if f == nil {
		return nil, Unknown
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.calls) >= Most {
		return nil, Busy
	}
	m.Body = append([]byte(nil), m.Body...)
	c = &Call{running: r, f: f, message: m}
	c.ctx, c.cancel = f.newContext(parent)
	if r.calls == nil {
		r.calls = map[*Call]struct{}{}
	}
	r.calls[c] = struct{}{}
	r.group.Add(1)
	return c, ""
}

// Answer runs the function of the call and sends its answer, unless the call has ended. Report gets the function's error, or nil: a
// [*PanicError] too, with [ErrGoexit] when the function ended its goroutine. Then Answer does not return, but the peer has its answer.
func (c *Call) Answer(e message.Envelope, send func(context.Context, codec.MessageType, []byte), report func(error)) {
	defer c.end()
	returned := false
	defer func() {
		if !returned {
			c.fail(e, send)
			report(&PanicError{ErrGoexit})
		}
	}()
	b, kind, err := c.f.call(c.ctx, e, c.message)
	returned = true
	if b != nil && c.ctx.Err() == nil {
		send(c.ctx, kind, b)
	}
	report(err)
}

// fail answers the call as [message.Answer] does for an error that is not public.
func (c *Call) fail(e message.Envelope, send func(context.Context, codec.MessageType, []byte)) {
	b, kind, err := e.Append(nil, message.Head{Type: c.message.Type, Reply: c.message.Call, Fault: "internal error"}, nil, codec.Text)
	if err == nil && c.ctx.Err() == nil {
		send(c.ctx, kind, b)
	}
}

func (c *Call) end() {
	c.running.mu.Lock()
	delete(c.running.calls, c)
	c.running.mu.Unlock()
	c.cancel(nil)
	c.running.group.Done()
}

// Cancel ends the contexts of the calls with this id: their caller gave them up.
func (r *Running) Cancel(id string) {
	r.end(message.ErrCanceled, func(c *Call) bool { return c.message.Call == id })
}

// Broken ends the contexts of all calls: their connection has ended.
func (r *Running) Broken(cause error) { r.end(cause, func(*Call) bool { return true }) }

func (r *Running) end(cause error, concerned func(*Call) bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for c := range r.calls {
		if concerned(c) {
			c.cancel(cause)
		}
	}
}

// Wait waits until all have been answered. No call may begin meanwhile.
func (r *Running) Wait() { r.group.Wait() }

// Panicked returns the value that a function panicked with, of the error that [Call.Answer] returned.
func Panicked(err error) (value any, panicked bool) {
	p, panicked := errors.AsType[*PanicError](err)
	if !panicked {
		return nil, false
	}
	return p.Value, true
}
