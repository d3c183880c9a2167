package tether

import (
	"context"
	"errors"

	"github.com/tetherscope/tetherscope/wasm/codec"
	"github.com/tetherscope/tetherscope/wasm/internal/answering"
	"github.com/tetherscope/tetherscope/wasm/message"
)

// Handle answers calls of the server with f until cancel is called; a second function for the same call takes the place of the
// first. f runs on a goroutine of its own, up to 64 at once for a client. What f returns goes back over the connection that the
// call came over or, with [WithResume], over the one that resumes it; an error reaches the server as [message.Answer] says, and
// [Malformed] reports a request that is not valid. A panic is answered as an internal error and reported as [Panicked], and so is
// a function that ends its goroutine ([ErrGoexit]).
//
// ctx ends when the server gives the call up ([message.AppendCancel]; its cause is [message.ErrCanceled]), when the connection that
// the call came over ends ([ErrDisconnected]), or with the client. Then nothing is answered. A cancellation is read in its order
// among the messages: a function of the router that takes its time holds it up, one that answers a call does not.
//
// A call without a function is answered with the fault "unknown call", and one beyond 64 with "too many calls at once": never
// with silence.
func Handle[Req, Res any](c *Typed, call *message.Call[Req, Res], f func(context.Context, Req) (Res, error)) (cancel func()) {
	return c.functions.Add(call.Name(), answering.New(call, f), context.WithCancelCause)
}

// handle answers a call of the server, or ends one.
func (c *Typed) handle(m message.Message) {
	if m.Cancels() {
		c.running.Cancel(m.Call)
		return
	}
	call, fault := c.running.Begin(context.Background(), &c.functions, m)
	if call == nil {
		c.refuse(m, fault)
		return
	}
	go call.Answer(c.envelope, c.reply, func(err error) {
		value, panicked := answering.Panicked(err)
		switch {
		case panicked && value == any(answering.ErrGoexit):
			c.report(Panicked{ErrGoexit})
		case panicked:
			c.report(Panicked{value})
		}
		if invalid, ok := errors.AsType[*message.Error](err); ok {
			c.report(Malformed{m.Type, invalid})
		}
	})
}

// refuse answers a call with a fault.
func (c *Typed) refuse(m message.Message, fault string) {
	b, kind, err := c.envelope.Append(nil, message.Head{Type: m.Type, Reply: m.Call, Fault: fault}, nil, codec.Text)
	if err == nil {
		_ = c.client.shell.send(context.Background(), c.answerOf(kind, b), false) // fails when there is no connection or no room
	}
}

// reply sends an answer, and waits for room.
func (c *Typed) reply(ctx context.Context, kind codec.MessageType, b []byte) {
	_ = c.client.shell.send(ctx, c.answerOf(kind, b), true) // fails when the connection to answer on is gone
}

// answerOf is a message about a call. Without sessions it leaves only over the connection of that call: a later one knows
// nothing of it.
func (c *Typed) answerOf(kind codec.MessageType, b []byte) outgoing {
	return outgoing{Message: codec.Message{Type: kind, Data: b}, volatile: c.client.shell.layer == nil}
}
