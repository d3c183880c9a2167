package codec

// MessageType is the kind of a WebSocket message: its numbers are the opcodes of RFC 6455 §11.8.
type MessageType uint8

// The two kinds of message.
const (
	Text   MessageType = 1 // UTF-8
	Binary MessageType = 2
)

// String returns "text" or "binary".
func (t MessageType) String() string {
	if t == Text {
		return "text"
	}
	return "binary"
}

// Codec turns values into messages and back. A codec is used by one goroutine at a time for each direction, and may be
// shared by clients only if it keeps no state.
type Codec[In, Out any] interface {
	// Subprotocol is what a client offers in Sec-WebSocket-Protocol so that the server speaks this codec. Empty: none.
	Subprotocol() string
	// Append appends the message for v to dst and says of which type it is. It keeps neither dst nor a part of it: that
	// memory is written to again. It may return other memory, its own or that of v: what does not begin where dst does is
	// copied before Append is called again, and never written to.
	Append(dst []byte, v Out) ([]byte, MessageType, error)
	// Decode reads one message into v, which is zero. b is Decode's from now on: v may point into it.
	Decode(b []byte, t MessageType, v *In) error
}
