package record

import (
	"bytes"
	"strconv"
	"time"

	"github.com/tetherscope/tetherscope/internal/frame"
)

// Kind says what a record is about.
type Kind uint8

// The kinds. Their numbers are part of the binary form: append, never renumber.
const (
	KindRequest  Kind = 1 // the handshake's HTTP request arrived: a connection begins
	KindResponse Kind = 2 // the handshake's HTTP response was sent: 101 opens the connection, anything else refuses it
	KindFrame    Kind = 3 // one RFC 6455 frame
	KindClose    Kind = 4 // the closing handshake: which side began it, with what code and reason
	KindEnd      Kind = 5 // the TCP connection ended; nothing follows for this connection
	KindBroken   Kind = 6 // bytes of one direction are not decoded: the next frame cannot be found, or the capture lacks them; frames may follow
	KindNote     Kind = 7 // what a client reported of itself: an attempt, a wait and its cause, its queue
	KindTransit  Kind = 8 // transit times through the proxy; they follow the frames, which are recorded when they arrive
)

// String returns the kind's name in lower case.
func (k Kind) String() string {
	switch k {
	case KindRequest:
		return "request"
	case KindResponse:
		return "response"
	case KindFrame:
		return "frame"
	case KindClose:
		return "close"
	case KindEnd:
		return "end"
	case KindBroken:
		return "broken"
	case KindNote:
		return "note"
	case KindTransit:
		return "passed"
	}
	return "unknown"
}

// Name returns what files call the kind: as [Kind.String], but a kind that this program does not know keeps its number.
func (k Kind) Name() string {
	if s := k.String(); s != "unknown" {
		return s
	}
	return strconv.Itoa(int(k))
}

// Source says where something was seen, and so what can be known of it.
type Source uint8

// The sources.
const (
	SourceWire Source = 0 // the bytes passed by: everything is known
	SourcePage Source = 1 // the page, or its browser, reported messages: a frame's header beyond opcode and length is not known
)

// String returns "wire" or "page".
func (s Source) String() string {
	if s == SourcePage {
		return "page"
	}
	return "wire"
}

// Dir is the direction of a frame as the observed client sees it.
type Dir uint8

// The directions.
const (
	Out Dir = 0 // sent by the client
	In  Dir = 1 // received by the client
)

// String returns "out" or "in".
func (d Dir) String() string {
	if d == In {
		return "in"
	}
	return "out"
}

// Arrow returns the direction as one character: "↑" from client to server, "↓" from server to client.
func (d Dir) Arrow() string {
	if d == In {
		return frame.ArrowIn
	}
	return frame.ArrowOut
}

// Leg is the side of a tapped proxy that a record was seen on.
type Leg uint8

// The legs. A connection to one of our own endpoints has only the client leg.
const (
	LegClient   Leg = 0
	LegUpstream Leg = 1
)

// Side says which end of a connection did something.
type Side uint8

// The sides.
const (
	SideNone   Side = 0 // neither side, or unknown
	SideClient Side = 1
	SideServer Side = 2
)

// String returns "client", "server" or "none".
func (s Side) String() string {
	switch s {
	case SideNone:
	case SideClient:
		return "client"
	case SideServer:
		return "server"
	}
	return "none"
}

// Record is one thing that happened on a connection. Which fields mean something depends on Kind; the others are zero.
type Record struct {
	Seq  uint64 // number in the capture, from 1 up, without holes but for gaps; given by the keeper of the capture
	Time int64  // nanoseconds since 1970-01-01 UTC, when the tap saw the last byte of it
	Conn uint32 // connection number, from 1 up, unique in a run of the server
	Kind Kind
	Leg  Leg
	Dir  Dir // KindFrame, KindBroken, KindTransit

	Marks Marks // what this program did to it
	// Source says what is known. In frames of a page the header beyond opcode and length, Offset and Wire are made up, so
	// that packets can be written; they are never shown.
	Source Source

	// KindFrame.
	Header     frame.Header
	Offset     uint64           // of the frame's first byte in its direction, counted from the end of the handshake
	Violations frame.Violations // of the frame, and of the message if this frame ends one
	Truncated  bool             // the stream ended inside this frame
	Payload    []byte           // unmasked wire payload, cut at the snap length
	LeftMasked bool             // Payload is masked with Header.Key after all: from a tap to a ring, and in it, never in what is read from one
	Message    uint64           // number of the data message in its direction, from 1 up; 0 for control frames
	Final      bool             // this frame ends its message: the fields below are set
	Frames     uint32           // frames the message had
	Wire       uint64           // payload bytes of the message on the wire, all its frames
	Inflated   uint64           // bytes of the message as the application gets it
	Compressed bool             // RSV1 on the first frame with permessage-deflate agreed
	Body       []byte           // message as the application gets it, cut at the snap length; nil when equal to Payload

	// KeptPayload and KeptBody are set where a feed cut Payload or Body that its sender keeps longer: how long. See [Cut].
	KeptPayload, KeptBody uint64

	// KindRequest, KindResponse.
	Head   []byte // the raw HTTP head, secrets blanked by the tap, CRLF CRLF included
	Name   string // KindRequest: the tapped endpoint or target, "/ws/echo". KindNote: what happened, in a word
	Remote string // KindRequest: the client's address, host:port

	Program  Program       // KindRequest: that opened the connection
	Node     string        // KindRequest: name of the node that the connection is on; "" for a capture of one node
	Waited   time.Duration // KindRequest: since its TCP connection was accepted, TLS included; 0 when another request was before it
	Reached  Reached       // KindResponse: how the proxy reached its target; zero elsewhere
	Transits []Transit     // KindTransit

	// KindClose, KindEnd, KindBroken.
	By     Side   // KindClose: who sent the first close frame. KindEnd: who ended TCP first. KindBroken: whose bytes cannot be decoded; none when the capture lacks them
	Code   uint16 // KindClose: 1005 when the first close frame had no code, 1006 when there was no close frame
	Reason string // KindClose: the peer's reason. KindEnd, KindBroken, KindNote: what happened, in words
	Clean  bool   // KindClose: both sides sent a close frame
}

// Unmasked returns r, or a copy with its payload unmasked if that was left masked.
func (r *Record) Unmasked() *Record {
	if !r.LeftMasked {
		return r
	}
	u := *r
	u.Payload, u.LeftMasked = bytes.Clone(r.Payload), false
	frame.Unmask(u.Payload, u.Header.Key)
	return &u
}

// Bytes returns what the application got: the message body when it differs from the wire payload, else the payload.
func (r *Record) Bytes() []byte {
	if r.Body != nil {
		return r.Body
	}
	return r.Payload
}
