package tether

import (
	"context"
	"errors"
	"strconv"
	"sync"

	"github.com/tetherscope/tetherscope/wasm/codec"
	"github.com/tetherscope/tetherscope/wasm/message"
)

// DisconnectedError is returned by a call that has no answer because the connection ended.
type DisconnectedError struct {
	// Sent says that the request was handed to a connection, which ended before the answer: the server may have acted on
	// it. If it is false the server has never seen the request.
	Sent bool
	Err  error // [ErrUncertain] if Sent, else why it was not sent
}

func (e *DisconnectedError) Error() string {
	if e.Sent {
		return "tether: disconnected after the request was sent, before the answer"
	}
	return "tether: disconnected, the request was not sent: " + e.Err.Error()
}

// Unwrap returns Err.
func (e *DisconnectedError) Unwrap() error { return e.Err }

// Call sends a request and waits for its answer.
//
// While there is no connection the request waits in the outbox, since nothing has happened yet; with [Volatile] it fails
// at once. When the connection ends after the request was handed over, Call fails with a [DisconnectedError] whose Sent
// is true, unless the call is declared [message.Call.Idempotent]: then it asks again. With [WithResume] a connection that
// is resumed fails no call. When ctx ends, Call returns its cause; a request that is still in the outbox is taken out
// of it, and for one that has left the server is sent a cancellation ([message.AppendCancel]), ahead of what is queued, unless the
// outbox is full. Other errors: a [message.Fault] if the server says that it cannot answer, a [message.Error] for a request or
// answer that is not valid, and those of [Client.Send]. opts apply to the request; [Track] is not for calls.
func Call[Req, Res any](ctx context.Context, c *Typed, call *message.Call[Req, Res], req Req, opts ...SendOption) (res Res, err error) {
	for {
		id, p := c.calls.open()
		dst := c.client.shell.outbox.buffer()
		b, kind, err := call.AppendRequest(dst, c.envelope, id, req)
		if err != nil {
			c.calls.forget(id)
			return res, err
		}
		b = c.client.shell.outbox.own(dst, b)
		m, err := c.ask(ctx, id, p, apply(outgoing{Message: codec.Message{Type: kind, Data: b}}, opts))
		if lost, ok := errors.AsType[*DisconnectedError](err); ok && lost.Sent && call.Repeatable() {
			continue
		}
		if err != nil {
			return res, err
		}
		return call.Result(m)
	}
}

// ask sends one request and waits.
func (c *Typed) ask(ctx context.Context, id string, w *waiter, p outgoing) (m message.Message, err error) {
	defer c.calls.forget(id)
	p.receipt = &w.receipt
	if err := c.client.shell.send(ctx, p, true); err != nil {
		return m, unsent(err)
	}
	for {
		changed := w.receipt.changed.Next()
		if stage, err := w.receipt.Stage(); stage == StageDiscarded {
			return m, unsent(err)
		}
		select {
		case m = <-w.answer:
			return m, nil
		case <-w.lost:
			return m, &DisconnectedError{Sent: true, Err: ErrUncertain}
		case <-changed:
		case <-ctx.Done():
			c.giveUp(id, w)
			return m, context.Cause(ctx)
		}
	}
}

// giveUp takes a request back, or sends its cancellation after it: over its own connection, whose end is one.
func (c *Typed) giveUp(id string, w *waiter) {
	if w.receipt.Cancel() {
		return
	}
	select {
	case <-w.lost:
		return
	default:
	}
	b, kind, err := message.AppendCancel(nil, c.envelope, id)
	if err == nil {
		p := c.answerOf(kind, b)
		p.urgent = true
		_ = c.client.shell.send(context.Background(), p, false) // fails when there is no connection or no room
	}
}

// unsent is why a request never left.
func unsent(err error) error {
	if errors.Is(err, ErrClosed) || errors.Is(err, ErrNotConnected) {
		return &DisconnectedError{Err: err}
	}
	return err
}

// calls are those that wait for an answer, by id. Answers without a waiting call are not kept, so nothing that a server
// sends makes it grow.
type calls struct {
	mu   sync.Mutex
	last uint64
	list map[string]*waiter
}

// waiter is one of them.
type waiter struct {
	receipt Receipt
	answer  chan message.Message // holds one
	lost    chan struct{}        // closed when no answer can come
}

// open makes room for an answer under a new id.
func (c *calls) open() (id string, w *waiter) {
	w = &waiter{answer: make(chan message.Message, 1), lost: make(chan struct{})}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.list == nil {
		c.list = map[string]*waiter{}
	}
	c.last++
	id = strconv.FormatUint(c.last, 36)
	c.list[id] = w
	return id, w
}

func (c *calls) forget(id string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.list, id)
}

// take returns who waits for the answer with this id, once.
func (c *calls) take(id string) *waiter {
	c.mu.Lock()
	defer c.mu.Unlock()
	w := c.list[id]
	delete(c.list, id)
	return w
}

func (c *calls) idle() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.list) == 0
}

// broken: what was handed over will not be answered. What still waits in the outbox goes to the next connection.
func (c *calls) broken() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for id, w := range c.list {
		if stage, _ := w.receipt.Stage(); stage > StageQueued && stage != StageDiscarded {
			close(w.lost)
			delete(c.list, id)
		}
	}
}

// answer takes the answers out of what arrives, before the inbox: a function that is busy must not hold up the answer
// that it waits for. It runs on the client's goroutine.
func (c *Typed) answer(raw codec.Message) (taken bool) {
	if c.calls.idle() {
		return false
	}
	m, err := c.envelope.Open(raw.Data, raw.Type)
	if err != nil || m.Reply == "" {
		return false
	}
	w := c.calls.take(m.Reply)
	if w == nil {
		return false
	}
	w.answer <- m
	return true
}
