package message

import (
	"context"
	"errors"
	"strings"

	"github.com/tetherscope/tetherscope/wasm/codec"
)

// Call is a request and its answer, declared once for both ends.
type Call[Req, Res any] struct {
	request    *Type[Req]
	response   *Type[Res]
	idempotent bool
}

// NewCall declares a call, as [New] declares a type. Request and answer travel under the same name.
func NewCall[Req, Res any](name string, req codec.Codec[Req, Req], res codec.Codec[Res, Res]) *Call[Req, Res] {
	return &Call[Req, Res]{request: New(name, req), response: New(name, res)}
}

// Idempotent declares that the request may be sent twice: the caller repeats it when a connection ends before the answer.
// It returns c, so that it can be part of the declaration.
func (c *Call[Req, Res]) Idempotent() *Call[Req, Res] {
	c.idempotent = true
	return c
}

// Repeatable reports whether [Call.Idempotent] was called.
func (c *Call[Req, Res]) Repeatable() bool { return c.idempotent }

// Name returns the name.
func (c *Call[Req, Res]) Name() string { return c.request.name }

// AppendRequest appends the request under id, which must be unique among the caller's open calls.
func (c *Call[Req, Res]) AppendRequest(dst []byte, e Envelope, id string, v Req) ([]byte, codec.MessageType, error) {
	return c.request.append(dst, e, Head{Type: c.request.name, Call: id}, v)
}

// Result reads an answer. It returns a [*Fault] if the other side could not answer, and an [*Error] for a bad answer.
func (c *Call[Req, Res]) Result(m Message) (v Res, err error) {
	if m.Fault != "" {
		return v, &Fault{c.request.name, m.Fault}
	}
	return c.response.Decode(m)
}

// Fault is the error of a call that the other side could not answer.
type Fault struct {
	Call string // name of the call
	Text string // the other side's explanation; it may be shown to a person only as text
}

func (f *Fault) Error() string { return "call " + f.Call + " failed: " + f.Text }

// Public wraps an error whose text may be sent to the caller. A function given to [Answer] returns it. Every other error
// reaches the caller as "internal error".
func Public(err error) error { return &publicError{err} }

type publicError struct{ err error }

func (e *publicError) Error() string { return e.err.Error() }
func (e *publicError) Unwrap() error { return e.err }

// Answer is the server's half of a call: it reads the request m, calls f and appends the answer to dst, ready to be sent
// to the connection that m came from. The error is f's own, or the [*Error] of a request or an answer that is not valid. It
// is meant for the server's log: the caller gets an answer in every case.
func Answer[Req, Res any](ctx context.Context, c *Call[Req, Res], e Envelope, m Message, dst []byte, f func(context.Context, Req) (Res, error)) ([]byte, codec.MessageType, error) {
	h := Head{Type: c.request.name, Reply: m.Call}
	req, err := c.request.Decode(m)
	if err != nil {
		return fault(dst, e, h, "the request is not valid", err)
	}
	res, err := f(ctx, req)
	if public, ok := errors.AsType[*publicError](err); ok {
		return fault(dst, e, h, public.Error(), err)
	}
	if err != nil {
		return fault(dst, e, h, "internal error", err)
	}
	out, t, err := c.response.append(dst, e, h, res)
	if err != nil {
		return fault(dst, e, h, "internal error", err)
	}
	return out, t, nil
}

func fault(dst []byte, e Envelope, h Head, text string, why error) ([]byte, codec.MessageType, error) {
	if h.Fault = strings.ToValidUTF8(text, "\uFFFD"); text == "" {
		h.Fault = "failed"
	}
	out, t, err := e.Append(dst, h, nil, codec.Text)
	return out, t, errors.Join(why, err)
}
