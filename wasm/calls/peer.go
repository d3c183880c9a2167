package calls

import (
	"context"
	"errors"
	"strconv"
	"sync"
	"time"

	"github.com/coder/websocket"

	"github.com/tetherscope/tetherscope/wasm/codec"
	"github.com/tetherscope/tetherscope/wasm/internal/answering"
	"github.com/tetherscope/tetherscope/wasm/message"
)

// ErrEnded is the error of a call whose connection has ended before the answer: whether the peer acted on it cannot be known. It is
// also the cause of the contexts of functions when their connection ends.
var ErrEnded = errors.New("calls: the connection has ended")

// writeTimeout bounds how long one message may take to be written. A peer that reads more slowly loses its connection.
const writeTimeout = 30 * time.Second

// Conn is a connection: a *websocket.Conn of coder/websocket is one, and so is a *resumeserver.Session.
type Conn interface {
	Read(ctx context.Context) (websocket.MessageType, []byte, error)
	Write(ctx context.Context, kind websocket.MessageType, b []byte) error
}

// Peer is the other end of one connection. Its methods may be called from any goroutine.
type Peer struct {
	router   *Router
	conn     Conn
	envelope message.Envelope
	running  answering.Running

	mu      sync.Mutex
	last    uint64                          // id of the last call that was made
	waiting map[string]chan message.Message // calls without an answer; nil after the end
}

// NewPeer makes the peer of a connection, whose messages are in envelope e. [Peer.Run] must follow.
func NewPeer(r *Router, conn Conn, e message.Envelope) *Peer {
	return &Peer{router: r, conn: conn, envelope: e, waiting: map[string]chan message.Message{}}
}

// Run reads from the connection, answers calls and passes answers on, until reading fails: it returns that error. It returns when
// all functions have returned. It may be called once.
func (p *Peer) Run(ctx context.Context) error {
	defer p.end()
	for {
		kind, b, err := p.conn.Read(ctx)
		if err != nil {
			return err
		}
		t := codec.Text
		if kind == websocket.MessageBinary {
			t = codec.Binary
		}
		m, err := p.envelope.Open(b, t)
		if err != nil {
			p.router.report(p, "", err)
			continue
		}
		p.process(ctx, m)
	}
}

// end fails the calls that have no answer, and waits for the functions.
func (p *Peer) end() {
	p.mu.Lock()
	for _, answer := range p.waiting {
		close(answer)
	}
	p.waiting = nil
	p.mu.Unlock()
	p.running.Broken(ErrEnded)
	p.running.Wait()
}

func (p *Peer) process(ctx context.Context, m message.Message) {
	switch {
	case m.Reply != "":
		p.answered(m)
	case m.Cancels():
		p.running.Cancel(m.Call)
	case m.Call != "":
		p.answer(ctx, m)
	case p.router.Message != nil:
		p.router.Message(ctx, p, m)
	}
}

// answered passes an answer to the call that waits for it. One that comes too late is dropped.
func (p *Peer) answered(m message.Message) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if answer := p.waiting[m.Reply]; answer != nil {
		m.Body = append([]byte(nil), m.Body...)
		answer <- m // it has room for one
		delete(p.waiting, m.Reply)
	}
}

// answer begins a call of the peer, or refuses it.
func (p *Peer) answer(ctx context.Context, m message.Message) {
	call, fault := p.running.Begin(ctx, &p.router.functions, m)
	if call == nil {
		b, t, err := p.envelope.Append(nil, message.Head{Type: m.Type, Reply: m.Call, Fault: fault}, nil, codec.Text)
		if err == nil {
			err = p.write(t, b)
		}
		p.router.report(p, m.Type, err)
		return
	}
	send := func(_ context.Context, t codec.MessageType, b []byte) { p.router.report(p, m.Type, p.write(t, b)) }
	go call.Answer(p.envelope, send, func(err error) {
		if value, panicked := answering.Panicked(err); panicked {
			err = &PanicError{value}
		}
		p.router.report(p, m.Type, err)
	})
}

// write writes one message whole, whatever ends meanwhile: a write that is given up would end the connection.
func (p *Peer) write(t codec.MessageType, b []byte) error {
	ctx, cancel := context.WithTimeout(context.Background(), writeTimeout)
	defer cancel()
	kind := websocket.MessageText
	if t == codec.Binary {
		kind = websocket.MessageBinary
	}
	return p.conn.Write(ctx, kind, b)
}

// Send sends v as a message of type t, and waits until it is written: for 30 seconds at most, after which a connection of
// coder/websocket is closed.
func Send[T any](p *Peer, t *message.Type[T], v T) error {
	b, kind, err := t.Append(nil, p.envelope, v)
	if err != nil {
		return err
	}
	return p.write(kind, b)
}

// Call asks the peer and waits for its answer, while [Peer.Run] runs. When ctx ends it returns its cause, and cancels the call at the
// peer ([message.AppendCancel]). Other errors: [ErrEnded], a [message.Fault] if the peer cannot answer, a [message.Error] for a
// request or answer that is not valid, and those of the connection.
func Call[Req, Res any](ctx context.Context, p *Peer, call *message.Call[Req, Res], req Req) (res Res, err error) {
	if ctx.Err() != nil {
		return res, context.Cause(ctx)
	}
	id, answer, err := p.begin()
	if err != nil {
		return res, err
	}
	defer p.forget(id)
	b, kind, err := call.AppendRequest(nil, p.envelope, id, req)
	if err != nil {
		return res, err
	}
	if err := p.write(kind, b); err != nil {
		return res, err
	}
	select {
	case m, ok := <-answer:
		if !ok {
			return res, ErrEnded
		}
		return call.Result(m)
	case <-ctx.Done():
		p.cancel(id)
		return res, context.Cause(ctx)
	}
}

func (p *Peer) begin() (id string, answer chan message.Message, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.waiting == nil {
		return "", nil, ErrEnded
	}
	p.last++
	id, answer = strconv.FormatUint(p.last, 10), make(chan message.Message, 1)
	p.waiting[id] = answer
	return id, answer, nil
}

func (p *Peer) forget(id string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.waiting, id)
}

// cancel lets the peer know that no answer is wanted any more. Of a connection that has ended it does not matter.
func (p *Peer) cancel(id string) {
	b, kind, err := message.AppendCancel(nil, p.envelope, id)
	if err != nil {
		return
	}
	_ = p.write(kind, b)
}
