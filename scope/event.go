package scope

import (
	"time"

	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/internal/frame"
	"github.com/tetherscope/tetherscope/scope/act"
)

// Gap is the [Event.Kind] of a place where records are known to be missing.
const Gap = "gap"

// Event is one thing that the tap saw, or a gap. Which fields mean something depends on Kind; the others are zero.
type Event struct {
	Seq    uint64
	Time   time.Time // when its last byte passed
	Conn   uint32    // as in [act.Conn]
	Kind   string    // request, response, frame, close, end, broken, note, passed or gap
	To     string    // of a frame: act.ToClient or act.ToServer
	Missed uint64    // of a gap: how many records
	Marks  []string  // what the server did to it: injected, edited, held, delayed, dropped, duplicated, reordered, altered

	// Of a frame.
	Op         string // text, binary, continuation, close, ping, pong, or reserved ones
	Fin        bool
	Rsv        uint8 // 4 is RSV1, 2 RSV2, 1 RSV3
	Masked     bool
	Length     uint64   // payload bytes on the wire
	Payload    []byte   // unmasked, compressed if it was; no more of it than the server keeps
	Final      bool     // it ends a message: Message is set
	Message    []byte   // as the application gets it; no more of it than the server keeps
	Inflated   uint64   // bytes of all of the message
	Violations []string // the rules of RFC 6455 and RFC 7692 that it breaks

	// Of a handshake's request and response.
	Head   []byte // without credentials
	Name   string // of a request: the endpoint or target
	Remote string // of a request: the client's address

	// Of a close, an end, and of what could not be decoded; of a close frame Code and Reason.
	Code   uint16
	Reason string
	By     string // client, server or none
	Clean  bool   // both sides sent a close frame
}

// eventOf copies a record.
func eventOf(r *record.Record) Event {
	one := r.Clone()
	e := Event{
		Seq: r.Seq, Time: time.Unix(0, r.Time), Conn: r.Conn, Kind: r.Kind.String(),
		Head: one.Head, Name: r.Name, Remote: r.Remote, Code: r.Code, Reason: r.Reason, Clean: r.Clean,
	}
	for m := range r.Marks.All() {
		e.Marks = append(e.Marks, m.String())
	}
	if r.By != record.SideNone {
		e.By = r.By.String()
	}
	if r.Kind == record.KindFrame {
		e.frame(&one)
	}
	return e
}

func (e *Event) frame(r *record.Record) {
	e.To = act.ToServer
	if r.Dir == record.In {
		e.To = act.ToClient
	}
	h := r.Header
	e.Op, e.Fin, e.Rsv, e.Masked, e.Length = h.Opcode.String(), h.Fin, h.Rsv, h.Masked, h.Length
	e.Payload, e.Final, e.Inflated = r.Payload, r.Final, r.Inflated
	if r.Final {
		e.Message = r.Bytes()
	}
	for v := range r.Violations.All() {
		e.Violations = append(e.Violations, v.Name)
	}
	if h.Opcode == frame.Close && len(r.Payload) >= 2 {
		e.Code, e.Reason, _ = frame.ParseClose(r.Payload)
	}
}
