package model

import (
	"github.com/tetherscope/tetherscope/internal/frame"
	"github.com/tetherscope/tetherscope/internal/record"
)

// View says what a row of the grid is.
type View uint8

// The views.
const (
	Messages View = iota // one row for each data message, inflated and reassembled, and one for each control frame
	Frames               // one row for each frame as it stood on the wire
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

// typeOf returns the type of a frame with opcode o.
func typeOf(o frame.Opcode) Type {
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

// rowType returns the type of row i of pg in a view: a message has the type of its first frame.
func rowType(pg *page, i int, v View) Type {
	switch pg.kind[i] {
	case record.KindFrame:
		if v == Messages {
			return typeOf(pg.opcode[i])
		}
		return typeOf(frame.Opcode(pg.first[i] & 0xF))
	case kindGap:
		return TypeGap
	case record.KindRequest, record.KindResponse, record.KindClose, record.KindEnd, record.KindBroken, record.KindNote, record.KindPassed:
	}
	return TypeEvent
}

// shownIn reports whether a view has the row at all, before any filter: Messages leaves out data frames that do not end
// their message, except one in which the stream broke off.
func shownIn(pg *page, i int, v View) bool {
	return v == Frames || pg.kind[i] != record.KindFrame || frame.Opcode(pg.first[i]&0xF).IsControl() ||
		pg.flags[i]&(rowFinal|rowTruncated) != 0
}

func rowDir(pg *page, i int) record.Dir { return record.Dir(pg.way[i] & 1) }
