package act

import "time"

// Conn is an open connection that one can act on.
type Conn struct {
	ID          uint32    `json:"id"`             // as in the records
	Name        string    `json:"name"`           // of the tapped endpoint or the target
	Path        string    `json:"path,omitempty"` // path and query of its request; credentials hidden
	Remote      string    `json:"remote"`         // the client's address
	Subprotocol string    `json:"subprotocol,omitempty"`
	Deflate     bool      `json:"deflate,omitempty"` // permessage-deflate was agreed
	ToClient    Direction `json:"toClient"`
	ToServer    Direction `json:"toServer"`
}

// Direction is how one direction of a connection stands.
type Direction struct {
	Ready     bool `json:"ready"`               // something can be put in
	InMessage bool `json:"inMessage,omitempty"` // a fragmented message is under way
	Closed    bool `json:"closed,omitempty"`    // a close frame has passed
	Waiting   int  `json:"waiting,omitempty"`   // messages that wait for a place between two frames
}

// Conns is the answer to what is open.
type Conns struct {
	Conns []Conn `json:"conns"`
}

// Sent says that a message was put in.
type Sent struct {
	Bytes    int       `json:"bytes"`              // on the wire, headers included
	Frames   int       `json:"frames"`             // how many
	Offset   uint64    `json:"offset"`             // of the first byte in its direction, as its receiver counts
	Problems []Problem `json:"problems,omitempty"` // the rules that it broke there
	Number   int       `json:"number,omitempty"`   // of a repeated message, from 1 up
}

// Repeat is a message that is sent again and again, for as long as the request lasts.
type Repeat struct {
	Message Message `json:"message"`
	Every   int     `json:"every"` // milliseconds between two, from MinEvery up
	Count   int     `json:"count"` // how many at most, from 1 to MaxCount
}

// Bounds of a [Repeat].
const (
	MinEvery = 10
	MaxCount = 100_000
)

// Check says what is wrong with the bounds. The error is a [*FieldError].
func (r *Repeat) Check() error {
	switch {
	case r.Every < MinEvery || r.Every > int(time.Hour/time.Millisecond):
		return bad("every", "is not between 10 and 3600000 milliseconds")
	case r.Count < 1 || r.Count > MaxCount:
		return bad("count", "is not between 1 and 100000")
	}
	return nil
}

// How a connection is ended without a close frame.
const (
	FIN = "fin" // one direction ends
	RST = "rst" // the whole connection is gone
)

// End ends a connection without a close frame. A close frame is a [Message].
type End struct {
	How string `json:"how"`          // FIN or RST
	To  string `json:"to,omitempty"` // who reads the end, for FIN: ToClient or ToServer
}

// Failure is what the control API answers when it did not do what it was asked.
type Failure struct {
	Text     string    `json:"error"`              // what is wrong, and what to do
	Field    string    `json:"field,omitempty"`    // of what was sent
	Problems []Problem `json:"problems,omitempty"` // the rules that it would break; with force it is sent all the same
	Sent     int       `json:"sent,omitempty"`     // of a repeated message: how many were sent before
}

// Error says what is wrong.
func (f *Failure) Error() string {
	text := f.Text
	for _, p := range f.Problems {
		text += "; " + p.Name + " (" + p.Section + ")"
	}
	return text
}
