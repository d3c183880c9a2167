package model

import (
	"time"

	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/internal/frame"
	"github.com/tetherscope/tetherscope/panel/model/rows"
)

// Limits of the connection table. A head longer than maxHead is kept cut; a 1,025th connection pushes the oldest closed
// one out of the table (its rows stay).
const (
	maxConns = 1024
	maxHead  = 16 << 10
)

// ConnState is where a connection stands.
type ConnState uint8

// The states.
const (
	Connecting ConnState = iota // the request was seen, the response not yet
	Open
	Refused // the response was not 101
	Closing // a close frame was seen
	Closed
)

// String returns the state's name in lower case.
func (s ConnState) String() string {
	switch s {
	case Connecting:
		return "connecting"
	case Open:
		return "open"
	case Refused:
		return "refused"
	case Closing:
		return "closing"
	case Closed:
		return "closed"
	}
	return "unknown"
}

// Conn is what the panel knows of one connection.
type Conn struct {
	ID          uint32
	Source      record.Source
	Name        string // as recorded: tapped endpoint, target, or URL; empty when the request was not seen
	Path        string // path and query of its URL
	Beside      string // what they do not say: the target's name, or scheme and host; "" for nothing
	Remote      string // the client's address
	Program     record.Program
	Node        string // that the connection is on; "" when it is not known
	File        string // that it was read from, where several are open
	Subprotocol string
	Deflate     bool // permessage-deflate agreed
	State       ConnState
	Opened      int64 // of the first record, ns since 1970 UTC
	Ended       int64 // of the end, 0 while it lives
	Tally       rows.Tally
	Code        uint16 // close code once closed: 1005 none given, 1006 no close frame
	Reason      string
	By          record.Side // who closed
	Clean       bool        // both sides sent a close frame
	End         string      // how TCP ended, in words
	Broken      [2]string   // why decoding of a direction stopped, by record.Dir

	stats             *messageStats // nil until there is something
	last              uint64        // ID of its newest row
	lastTime          int64
	rest              [2][2][]byte // by leg and direction: of a stream, what the last message left of a packet that goes on
	streamAsked       [2]string    // decoder and subprotocol for which streamed holds
	streamed          bool
	decoder           string       // chosen by the person; "" guesses
	words             record.Words // what filters by path, host and program look through
	pending           [2][2]pendingRequests
	pings             [2][2][]openPing // not answered yet, by leg and direction
	request, response []byte
	waited            time.Duration
	reached           record.Reached
	asked, replied    int64              // when
	streams           [2][2]rows.Stream  // by leg and direction
	opcode            [2][2]frame.Opcode // of the message under way, by leg and direction
	compressed        [2][2]bool
}

// messageStats returns where the connection's messages are counted.
func (k *Conn) messageStats() *messageStats {
	if k.stats == nil {
		k.stats = newMessageStats(maxConnKinds)
	}
	return k.stats
}

// note takes in what a record says about its connection. The record's slices are copied where they are kept.
func (k *Conn) note(r *record.Record) {
	if k.Opened == 0 {
		k.Opened = r.Time
		if r.Kind != record.KindRequest {
			k.State = Open // this panel came late, or the start was evicted
		}
	}
	k.Source = r.Source
	switch r.Kind {
	case record.KindRequest:
		k.Name, k.Remote = r.Name, r.Remote
		k.waited, k.asked = r.Waited, r.Time
		k.request = append(k.request[:0], r.Head[:min(len(r.Head), maxHead)]...)
		k.Path, k.Beside = record.Socket(r.Name, k.request)
		k.words = record.WordsOf(r)
		k.words.File = k.File
		k.Program, k.Node = r.Program, r.Node
	case record.KindResponse:
		k.reached, k.replied = r.Reached, r.Time
		k.response = append(k.response[:0], r.Head[:min(len(r.Head), maxHead)]...)
		k.answered()
	case record.KindFrame:
		k.noteFrame(r)
	case record.KindClose:
		k.Code, k.Reason, k.By, k.Clean, k.State = r.Code, r.Reason, r.By, r.Clean, Closing
		if r.Source == record.SourcePage { // its close event comes when all is over
			k.Ended, k.State = r.Time, Closed
		}
	case record.KindEnd:
		k.Ended, k.End = r.Time, r.Reason
		if k.State != Refused {
			k.State = Closed
		}
	case record.KindTransit: // of frames: see intake
	case record.KindNote:
		k.reported(r)
	case record.KindBroken:
		k.Broken[r.Dir&1] = r.Reason
	}
}

// answered reads the handshake once both halves are there.
func (k *Conn) answered() {
	h := frame.ParseHandshake(k.request, k.response)
	k.State = Refused
	if h.Upgraded() {
		k.State = Open
	}
	k.Subprotocol = h.Subprotocol
	k.Deflate = h.Deflate != nil
}

// noteFrame keeps the opcode of the message under way in each direction: its last frame does not say it.
func (k *Conn) noteFrame(r *record.Record) {
	o := r.Header.Opcode
	if o.IsControl() {
		if o == frame.Close && k.State == Open {
			k.State = Closing
		}
		return
	}
	if o != frame.Continuation {
		k.opcode[r.Leg&1][r.Dir&1] = o
		k.compressed[r.Leg&1][r.Dir&1] = k.deflated(r)
	}
}

// messageOpcode returns the opcode of the message that r is a part of: its own, or for a continuation that of the first
// frame, which is Continuation when that was never seen.
func (k *Conn) messageOpcode(r *record.Record) (frame.Opcode, bool) {
	if r.Header.Opcode != frame.Continuation {
		return r.Header.Opcode, k.deflated(r)
	}
	return k.opcode[r.Leg&1][r.Dir&1], k.compressed[r.Leg&1][r.Dir&1] || r.Compressed
}

// deflated reports whether r begins a compressed message. Records say so only where a message ends.
func (k *Conn) deflated(r *record.Record) bool {
	return r.Compressed || k.Deflate && !r.Header.Opcode.IsControl() && r.Header.Rsv&frame.RSV1 != 0
}
