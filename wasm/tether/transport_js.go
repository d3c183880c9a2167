package tether

import (
	"errors"

	"github.com/tetherscope/tetherscope/wasm/codec"
)

// Holds the place of the browser transport until it lands.
type pendingTransport struct{}

func newTransport() transport { return pendingTransport{} }

func (pendingTransport) dial(gen uint32, _ Target, s sink) conn {
	s.closed(gen, CloseInfo{Code: AbnormalClosure, Err: errors.New("tether: the browser transport is not there yet")})
	return pendingTransport{}
}
func (pendingTransport) send(codec.MessageType, []byte) bool { return false }
func (pendingTransport) buffered() int                       { return 0 }
func (pendingTransport) close(Code, string)                  {}
func (pendingTransport) abandon()                            {}
