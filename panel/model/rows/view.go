package rows

import (
	"strconv"

	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/internal/frame"
)

// View says what a row of the grid is.
type View uint8

// The views.
const (
	Messages View = iota // one row for each data message, inflated and reassembled, and one for each control frame
	Frames               // one row for each frame as it was on the wire
)

// String returns the view's name in lower case.
func (v View) String() string {
	if v == Frames {
		return "frames"
	}
	return "messages"
}

// Type is what the chips of the toolbar switch on and off.
type Type uint8

// The types, in the order of the chips.
const (
	TypeText Type = iota
	TypeBinary
	TypeContinuation // Frames: a fragment after the first. Messages: a message whose first frame this panel never saw
	TypePing
	TypePong
	TypeClose
	TypeReserved // an opcode without a meaning in RFC 6455
	TypeEvent    // request, response, close of the connection, end of TCP, broken stream
	TypeGap      // missing records; no filter hides it
	NumTypes
)

// String returns the name that the chips and the grid show.
func (t Type) String() string {
	switch t {
	case TypeText:
		return "text"
	case TypeBinary:
		return "binary"
	case TypeContinuation:
		return "cont"
	case TypePing:
		return "ping"
	case TypePong:
		return "pong"
	case TypeClose:
		return "close"
	case TypeReserved:
		return "reserved"
	case TypeEvent:
		return "events"
	case TypeGap:
		return "gap"
	case NumTypes:
	}
	return "unknown"
}

// TypeOf returns the type of a frame with opcode o.
func TypeOf(o frame.Opcode) Type {
	switch o {
	case frame.Text:
		return TypeText
	case frame.Binary:
		return TypeBinary
	case frame.Continuation:
		return TypeContinuation
	case frame.Ping:
		return TypePing
	case frame.Pong:
		return TypePong
	case frame.Close:
		return TypeClose
	}
	return TypeReserved
}

// Type returns the type of the row in a view: a message has the type of its first frame.
func (r Row) Type(v View) Type {
	switch r.Kind() {
	case record.KindFrame:
		if v == Messages {
			return TypeOf(r.MessageOpcode())
		}
		return TypeOf(r.Opcode())
	case KindGap:
		return TypeGap
	case record.KindRequest, record.KindResponse, record.KindClose, record.KindEnd, record.KindBroken, record.KindNote, record.KindTransit:
	}
	return TypeEvent
}

// ShownIn reports whether a view has the row at all, before any filter: Messages leaves out data frames that do not end
// their message, except one in which the stream broke off.
func (r Row) ShownIn(v View) bool {
	return v == Frames || !r.IsFrame() || r.IsControl() || r.chunk.flags[r.i]&(flagFinal|flagTruncated) != 0
}

// Label returns the type in words: the type, or for an event what happened.
func (r Row) Label(v View) string {
	switch r.Kind() {
	case record.KindFrame:
		t := r.Type(v)
		if t == TypeReserved {
			return "0x" + strconv.FormatUint(uint64(r.Opcode()), 16)
		}
		return t.String()
	case KindGap:
		return "gap"
	case record.KindClose:
		return "closed"
	case record.KindNote:
		return noteWord(r.Code())
	case record.KindRequest, record.KindResponse, record.KindEnd, record.KindBroken, record.KindTransit:
	}
	return r.Kind().String()
}
