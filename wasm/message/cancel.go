package message

import (
	"errors"

	"github.com/tetherscope/tetherscope/wasm/codec"
)

// CancelName is the type of the message by which a caller gives up a request that it has sent. [New] refuses it as a name.
const CancelName = "$cancel"

// ErrCanceled is the cause of a handler's context when the caller gave the call up.
var ErrCanceled = errors.New("message: the caller gave the call up")

// AppendCancel appends the message by which the caller of the request id gives it up: {"type":"$cancel","call":"id"}. The other
// side ends the context of the function that answers, and sends no answer. It is for those who send requests with
// [Call.AppendRequest] themselves; tether.Call and calls.Call send it when their context ends.
func AppendCancel(dst []byte, e Envelope, id string) ([]byte, codec.MessageType, error) {
	return e.Append(dst, Head{Type: CancelName, Call: id}, []byte("{}"), codec.Text)
}

// Cancels reports whether m gives up the request whose id is m.Call. It must not be answered.
func (m Message) Cancels() bool { return m.Type == CancelName }
