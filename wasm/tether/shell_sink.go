package tether

import (
	"github.com/tetherscope/tetherscope/wasm/codec"
	"github.com/tetherscope/tetherscope/wasm/internal/engine"
)

// The shell is the sink of its transport and the host of its layer.
var (
	_ sink      = (*shell)(nil)
	_ layerHost = (*shell)(nil)
)

func (s *shell) opened(gen uint32, subprotocol, extensions string) {
	s.push(engine.Event{Kind: engine.EventOpened, Generation: gen, Opened: engine.Opened{Subprotocol: subprotocol, Extensions: extensions}})
}

func (s *shell) received(gen uint32, t codec.MessageType, p []byte) {
	s.push(engine.Event{Kind: engine.EventReceived, Generation: gen, Message: codec.Message{Type: t, Data: p}})
}

func (s *shell) drained(gen uint32) {
	s.push(engine.Event{Kind: engine.EventDrained, Generation: gen})
}

func (s *shell) closed(gen uint32, c CloseInfo) {
	s.push(engine.Event{Kind: engine.EventEnded, Generation: gen, Ended: c.engine()})
}

func (s *shell) push(ev engine.Event) { s.events.push(ev) }

func (s *shell) current() engine.State {
	if g := s.options.greeter; g != nil && g.active() {
		return engine.Open // the answer to the first words is to arrive
	}
	return s.machine.State()
}

func (s *shell) final() bool { return s.machine.Final() }

func (s *shell) forgetReceipts() { s.receipts.finished() }
