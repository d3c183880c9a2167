package tether

import (
	"context"

	"github.com/tetherscope/tetherscope/wasm/codec"
	"github.com/tetherscope/tetherscope/wasm/internal/answering"
	"github.com/tetherscope/tetherscope/wasm/message"
)

// Typed is a client of messages that are declared once, with package message, for both ends:
//
//	message.On(c.Router(), api.Chat, func(m chat.Chat) { … }) // receive
//	err := tether.Send(ctx, c, api.Chat, chat.Chat{Message: "hello"})
//	session, err := tether.Call(ctx, c, api.Login, credentials) // ask and wait for the answer
//	tether.Handle(c, api.Confirm, func(ctx context.Context, q chat.Question) (chat.Answer, error) { … }) // answer the server's calls
//
// The functions of the [message.Router] run one after the other, in the order in which messages arrived, on a goroutine of
// Run that is not the client's own. While one takes its time, messages wait in the inbox, within its bounds; answers to
// calls go past it, so a function may itself use [Call]. A panic of a function affects no other: [Panicked] reports it. A
// message without a listener is reported as [Unhandled], one that cannot be read as [Malformed].
//
// Everything else is as with a [Client]: lifecycle events by [On], all methods callable from any goroutine.
type Typed struct {
	client    *Client[codec.Message, codec.Message]
	envelope  message.Envelope
	router    message.Router
	calls     calls
	functions answering.Functions
	running   answering.Running
}

type (
	// Unhandled comes when a message has a type without a listener, or answers a call that waits no more.
	Unhandled struct {
		Type  string
		Reply string // id of the call, for an answer that came too late
	}
	// Malformed comes when a message could not be opened or decoded, or is not valid.
	Malformed struct {
		Type string // empty if not even that could be read
		Err  error  // a [message.Error] or one of package message
	}
)

func (Unhandled) event() {}
func (Unhandled) item()  {}
func (Malformed) event() {}
func (Malformed) item()  {}

// NewTyped makes a client of typed messages in envelope e. It checks as [New] does.
func NewTyped(url string, e message.Envelope, opts ...Option) (*Typed, error) {
	if e == nil {
		return nil, &OptionError{"envelope", "is nil"}
	}
	client, err := New(url, codec.Raw(), opts...)
	if err != nil {
		return nil, err
	}
	c := &Typed{client: client, envelope: e}
	c.router.Panicked = func(value any) { c.report(Panicked{value}) }
	s := client.shell
	s.tap, s.background, s.receipts.broken = c.answer, c.dispatch, c.broken
	return c, nil
}

// broken: what was handed over will get no answer, and the server waits for none of ours.
func (c *Typed) broken() {
	c.calls.broken()
	c.running.Broken(ErrDisconnected)
}

// Router is where one listens: see [message.On], [message.Once] and [message.Router.All].
func (c *Typed) Router() *message.Router { return &c.router }

// Send sends v as a message of type t; see [Client.Send] for when it waits and for its errors. A [message.Error] says that
// v is not valid or cannot be encoded.
func Send[T any](ctx context.Context, c *Typed, t *message.Type[T], v T, opts ...SendOption) error {
	return sendTyped(ctx, c, t, v, opts, true)
}

// TrySend is [Send] that never waits: it returns [ErrQueueFull] instead.
func TrySend[T any](c *Typed, t *message.Type[T], v T, opts ...SendOption) error {
	return sendTyped(context.Background(), c, t, v, opts, false)
}

func sendTyped[T any](ctx context.Context, c *Typed, t *message.Type[T], v T, opts []SendOption, wait bool) error {
	outbox := &c.client.shell.outbox
	dst := outbox.buffer()
	b, kind, err := t.Append(dst, c.envelope, v)
	if err != nil {
		return err
	}
	b = outbox.own(dst, b)
	return c.client.shell.send(ctx, apply(outgoing{Message: codec.Message{Type: kind, Data: b}}, opts), wait)
}

// dispatch passes messages to the router until the client is closed and all were read.
func (c *Typed) dispatch() {
	for m, err := range c.client.Messages(context.Background()) {
		if err != nil {
			continue // the raw codec has none
		}
		c.route(m)
	}
	c.running.Broken(ErrClosed)
	c.running.Wait()
}

func (c *Typed) route(raw codec.Message) {
	m, err := c.envelope.Open(raw.Data, raw.Type)
	if err != nil {
		c.report(Malformed{"", err})
		return
	}
	if m.Reply != "" {
		c.report(Unhandled{m.Type, m.Reply})
		return
	}
	if m.Call != "" && (m.Cancels() || c.functions.Knows(m.Type)) {
		c.handle(m)
		return
	}
	known, err := c.router.Dispatch(m)
	if !known && m.Call != "" {
		c.refuse(m, answering.Unknown)
	}
	if !known {
		c.report(Unhandled{Type: m.Type})
	}
	if err != nil {
		c.report(Malformed{m.Type, err})
	}
}

func (c *Typed) report(e Event) { c.client.shell.dispatcher.push(e) }

// Run is [Client.Run]. It returns when the functions of the router have returned from the last message, too.
func (c *Typed) Run(ctx context.Context) error { return c.client.Run(ctx) }

// Open is [Client.Open].
func (c *Typed) Open(ctx context.Context) error { return c.client.Open(ctx) }

// State is [Client.State].
func (c *Typed) State() State { return c.client.State() }

// Reconnect is [Client.Reconnect].
func (c *Typed) Reconnect(cause error) { c.client.Reconnect(cause) }

// Pause is [Client.Pause].
func (c *Typed) Pause() { c.client.Pause() }

// Resume is [Client.Resume].
func (c *Typed) Resume() { c.client.Resume() }

// Shutdown is [Client.Shutdown].
func (c *Typed) Shutdown(ctx context.Context, code Code, reason string) error {
	return c.client.Shutdown(ctx, code, reason)
}

// Close is [Client.Close].
func (c *Typed) Close() { c.client.Close() }

// Stats is [Client.Stats].
func (c *Typed) Stats() Stats { return c.client.Stats() }

// Explain is [Client.Explain].
func (c *Typed) Explain() Explanation { return c.client.Explain() }

func (c *Typed) listeners() *listeners { return c.client.listeners() }
