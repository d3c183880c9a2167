package tether

import (
	"context"
	"errors"
	"iter"
	"sync"

	"github.com/tetherscope/tetherscope/wasm/codec"
	"github.com/tetherscope/tetherscope/wasm/internal/engine"
)

// Client keeps one WebSocket open: In is what it receives, Out what it sends. All methods may be called from any
// goroutine, and in a browser from callbacks too, except those that wait: Run, Open, Send, Shutdown and the iterators.
type Client[In, Out any] struct {
	shell *shell
	codec codec.Codec[In, Out]
	enc   sync.Mutex // the codec encodes for one goroutine at a time
	dec   sync.Mutex // and decodes for one
}

// New makes a client. It checks url and options, with an [OptionError] for what it cannot accept, and does not connect:
// [Client.Run] does. The URL's scheme is ws, wss, http or https; in a browser it may be relative to the page. It may be
// empty if there is an [Endpoint].
func New[In, Out any](url string, c codec.Codec[In, Out], opts ...Option) (*Client[In, Out], error) {
	if c == nil {
		return nil, &OptionError{"codec", "is nil"}
	}
	o, err := newOptions(url, c.Subprotocol(), opts)
	if err != nil {
		return nil, err
	}
	client := &Client[In, Out]{shell: newShell(o), codec: c}
	if o.greeter != nil {
		if err := o.greeter.bind(client); err != nil {
			return nil, err
		}
	}
	return client, nil
}

// Run connects, and stays connected, until the client is closed: by Close or Shutdown (it returns nil), by the end of ctx
// (it returns the cause), or because the policy says so (it returns a [StopError]). It returns when the listeners got
// the last event, and leaves no goroutine and no socket behind. It may be called once: later calls return [ErrRunning],
// or the same error again once the client is closed.
func (c *Client[In, Out]) Run(ctx context.Context) error { return c.shell.run(ctx) }

// Open waits until the connection is open. It returns ctx's cause, or, if the client is closed, what Run returned or
// [ErrClosed].
func (c *Client[In, Out]) Open(ctx context.Context) error { return c.shell.waitOpen(ctx) }

// Send encodes v and puts it into the outbox, from which it is sent in order when the connection is open; nil says that
// it was accepted, not that it arrived. While the outbox is full it waits, or does what [WithOutbox] says. Errors:
// ctx's cause, also when ctx was over before, [ErrClosed], [ErrQueueFull], [ErrMessageTooBig] for a message larger than the whole outbox, and the codec's.
func (c *Client[In, Out]) Send(ctx context.Context, v Out, opts ...SendOption) error {
	return c.send(ctx, v, opts, true)
}

// TrySend is Send that never waits: it returns [ErrQueueFull] instead.
func (c *Client[In, Out]) TrySend(v Out, opts ...SendOption) error {
	return c.send(context.Background(), v, opts, false)
}

func (c *Client[In, Out]) send(ctx context.Context, v Out, opts []SendOption, wait bool) error {
	b, t, err := c.encode(v)
	if err != nil {
		return err
	}
	p := outgoing{Message: codec.Message{Type: t, Data: b}}
	if len(opts) > 0 {
		p = apply(p, opts)
	}
	return c.shell.send(ctx, p, wait)
}

func (c *Client[In, Out]) encode(v Out) ([]byte, codec.MessageType, error) {
	dst := c.shell.outbox.buffer()
	c.enc.Lock()
	defer c.enc.Unlock()
	b, t, err := c.codec.Append(dst, v)
	if err != nil {
		return nil, t, err
	}
	return c.shell.outbox.own(dst, b), t, nil
}

// Messages yields the messages that arrive, through all connections, in order. A message that the codec cannot decode is
// yielded as its error, and the next one follows. The sequence ends when the client is closed and everything was read,
// or, with the cause as a last error, when ctx is done; it takes nothing with it when the loop breaks. Several loops at
// once share the messages among them.
func (c *Client[In, Out]) Messages(ctx context.Context) iter.Seq2[In, error] {
	return func(yield func(In, error) bool) {
		for {
			e, err := c.shell.inbox.take(ctx)
			var v In
			switch {
			case errors.Is(err, errEnd):
				return
			case err != nil:
				yield(v, err)
				return
			case e.event != nil:
				continue
			}
			v, err = c.decode(e.message)
			if !yield(v, err) {
				return
			}
		}
	}
}

// Events yields everything in the one order in which it happened: each [Event], and each message as a [Received]. It
// takes messages from the same inbox as Messages does. Without a reader the last 256 events are kept. It ends as
// Messages does, but silently.
func (c *Client[In, Out]) Events(ctx context.Context) iter.Seq[Item] {
	return func(yield func(Item) bool) {
		for {
			e, err := c.shell.inbox.take(ctx)
			if err != nil {
				return
			}
			var it Item = e.event
			if e.event == nil {
				v, err := c.decode(e.message)
				it = Received[In]{v, err}
			}
			if !yield(it) {
				return
			}
		}
	}
}

func (c *Client[In, Out]) decode(m codec.Message) (v In, err error) {
	c.dec.Lock()
	defer c.dec.Unlock()
	err = c.codec.Decode(m.Data, m.Type, &v)
	return v, err
}

// State returns where the client is in its life.
func (c *Client[In, Out]) State() State { return c.shell.State() }

// Reconnect gives up the connection, or the wait for one, and connects at once with a fresh backoff. Cause is for the
// events; nil means [ErrReconnect]. It does nothing to a client that is paused or closed.
func (c *Client[In, Out]) Reconnect(cause error) {
	if cause == nil {
		cause = ErrReconnect
	}
	c.shell.events.push(engine.Event{Kind: engine.EventReconnect, Err: cause})
}

// Pause closes the connection and makes no attempt until Resume. Messages are accepted and kept meanwhile.
func (c *Client[In, Out]) Pause() { c.shell.events.push(engine.Event{Kind: engine.EventPause}) }

// Resume ends a pause.
func (c *Client[In, Out]) Resume() { c.shell.events.push(engine.Event{Kind: engine.EventResume}) }

// Shutdown accepts no more messages, sends what was accepted, closes the connection with code and reason, and returns
// when the client is closed. Without a connection it goes on connecting as long as something is left to send, and returns at
// once when nothing is.
//
// It returns nil only if nothing is uncertain: the peer answered our close frame, and so has read everything before it, or
// proved before that it had, by a pong or, with [WithResume], by an acknowledgement. Else it returns a [ShutdownError]
// that says how many messages were not sent and of how many it is uncertain whether they arrived. Messages of connections that
// ended before Shutdown was called are not counted: [Lost] reported them. When ctx ends first, everything is torn down at
// once; the error has its cause, and is the cause alone if nothing was outstanding. What the peer sends after our close
// frame is dropped, as browsers do: ask for an answer first if one is needed.
//
// A code that may not be sent is replaced: 0 and 1005 mean none, what is not legal on the wire becomes 1000, and in a
// browser 1001 becomes 1000 and 1002–1014 become 4902–4914. The reason is cut to 123 bytes between two characters.
func (c *Client[In, Out]) Shutdown(ctx context.Context, code Code, reason string) error {
	return c.shell.shutdown(ctx, CloseInfo{Code: code, Reason: reason})
}

// Close closes with 1000 and gives up what was not sent. It returns at once, and may be called any number of times; the
// closing handshake goes on within Run for the close timeout at most. An attempt that is not [StateOpen] yet, the time of [WithHello]
// included, is given up without a close frame: its server sees the connection end, as with 1006.
func (c *Client[In, Out]) Close() { c.shell.close() }

// Stats returns the counters.
func (c *Client[In, Out]) Stats() Stats { return c.shell.stats() }

// Explain says how the client came to where it is: the last changes of state with their causes, the rule that stopped it
// or planned the next attempt, and when that is.
func (c *Client[In, Out]) Explain() Explanation { return c.shell.explain() }

func (c *Client[In, Out]) listeners() *listeners { return &c.shell.listeners }
