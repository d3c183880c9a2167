package act

// Rules is a set of fault rules in the text form of package internal/tap/fault, which its documentation and the panel explain:
// one rule per line, such as "dir:in op:text => delay 100ms..300ms". The answer to a set is its canonical form; an empty text
// removes all rules.
type Rules struct {
	Text string `json:"text"`
}

// InterceptedFrame is a frame that a fault rule intercepted and that waits to be resolved.
type InterceptedFrame struct {
	Conn  uint32 `json:"conn"`
	To    string `json:"to"`    // its receiver: ToClient or ToServer
	ID    uint64 `json:"id"`    // in that direction of the connection
	Bytes []byte `json:"bytes"` // header and mask included, as they are forwarded: of a compressed message, an uncompressed frame; base64 in JSON
	Left  int64  `json:"left"`  // milliseconds until it is forwarded

	Compressed bool `json:"compressed,omitempty"` // it arrived compressed. Forwarded or replaced, it is sent uncompressed
	Hidden     bool `json:"hidden,omitempty"`     // its payload holds a credential: Bytes have "[hidden]" in its place. It is forwarded as it arrived or discarded, and cannot be replaced
}

// Intercepted is the list of intercepted frames.
type Intercepted struct {
	Frames []InterceptedFrame `json:"frames"`
	More   int                `json:"more,omitempty"` // further frames that wait: the answer would be too large. They follow once those before them are resolved
}

// What can become of an intercepted frame.
const (
	Forward = "forward" // it is forwarded unchanged
	Discard = "discard" // it is dropped
	Replace = "replace" // Message is sent in its place
)

// Resolution says what becomes of an intercepted frame.
type Resolution struct {
	To       string   `json:"to"`
	ID       uint64   `json:"id"`
	Decision string   `json:"decision,omitempty"` // Forward, Discard or Replace
	Verdict  string   `json:"verdict,omitempty"`  // Deprecated: the former name of Decision, which is still accepted
	Message  *Message `json:"message,omitempty"`  // with Replace; its To is that of the resolution
}
