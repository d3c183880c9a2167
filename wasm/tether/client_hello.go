package tether

import (
	"github.com/tetherscope/tetherscope/wasm/codec"
	"github.com/tetherscope/tetherscope/wasm/internal/engine"
)

// The shell is a [connecting] for its greeter.

func (s *shell) generation() uint32   { return s.machine.Generation() }
func (s *shell) attempt() int         { return s.machine.Attempt() }
func (s *shell) inboxLimits() Limits  { return s.options.inbox }
func (s *shell) wake(ev engine.Event) { s.events.push(ev) }
func (s *shell) panicked(value any)   { s.dispatcher.push(Panicked{value}) }

func (s *shell) sendFirst(m codec.Message) (ok bool) {
	if _, ok := s.conn.send(m.Type, m.Data); !ok {
		return false
	}
	s.counts.sent(len(m.Data))
	s.proof.handed++
	return true
}

func (s *shell) abandon() {
	s.conn.abandon()
	s.conn = nil
}

// A client is a [wording] for its greeter.

func (c *Client[In, Out]) sends(pointer any) bool    { _, ok := pointer.(*Out); return ok }
func (c *Client[In, Out]) receives(pointer any) bool { _, ok := pointer.(*In); return ok }

func (c *Client[In, Out]) encodeAny(v any) (codec.Message, error) {
	c.enc.Lock()
	defer c.enc.Unlock()
	b, t, err := c.codec.Append(nil, v.(Out))
	return codec.Message{Type: t, Data: b}, err
}

func (c *Client[In, Out]) decodeAny(m codec.Message) (any, error) { return c.decode(m) }
