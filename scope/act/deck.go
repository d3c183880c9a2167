package act

// Deck is a deck of faults in the text form of package internal/fault, which its documentation and the panel's explain: a
// rule a line, such as "dir:in op:text => delay 100ms..300ms". The answer to one is its canonical form; an empty text takes
// the deck away.
type Deck struct {
	Text string `json:"text"`
}

// HeldFrame is a frame that a rule holds until somebody decides about it.
type HeldFrame struct {
	Conn  uint32 `json:"conn"`
	To    string `json:"to"`    // who it was meant for: ToClient or ToServer
	ID    uint64 `json:"id"`    // in that direction of the connection
	Bytes []byte `json:"bytes"` // as it came, header and mask included; base64 in JSON
	Left  int64  `json:"left"`  // milliseconds until it is forwarded as it came
}

// HeldFrames is the answer to what is held.
type HeldFrames struct {
	Frames []HeldFrame `json:"frames"`
}

// What can be decided about a held frame.
const (
	Forward = "forward" // pass it on as it came
	Discard = "discard" // drop it
	Replace = "replace" // pass Message on in its place
)

// Decision says what becomes of a held frame.
type Decision struct {
	To      string   `json:"to"`
	ID      uint64   `json:"id"`
	Verdict string   `json:"verdict"`           // Forward, Discard or Replace
	Message *Message `json:"message,omitempty"` // with Replace; its To is that of the decision
}
