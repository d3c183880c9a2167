package replay

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/internal/frame"
)

// Bounds of what a [Builder] keeps.
const (
	MaxFrames = 1 << 20   // and messages, of all scripts together
	MaxBytes  = 256 << 20 // of payloads
	MaxConns  = 10_000
)

// ErrTooLarge is a capture that has more than can be kept.
var ErrTooLarge = fmt.Errorf("the capture has more than %d frames, %d MiB or %d connections to play: choose connections, or convert a part of it",
	MaxFrames, MaxBytes>>20, MaxConns)

// ErrNoConnection is a capture without anything to play.
var ErrNoConnection = errors.New("the capture has no connection that was opened")

// Builder makes the scripts of one role out of a capture's records, which it is given in their order.
type Builder struct {
	role   Role
	conns  map[uint32]*building
	order  []uint32
	frames int
	bytes  int
}

// building is a script in the making.
type building struct {
	Script
	begin  int64
	begun  bool
	pings  map[string]int // of the peer, that a pong may answer
	parts  []int          // frames of the role's compressed message under way
	inside bool           // a message of the role is under way, of frames that are played
	op     frame.Opcode   // of the peer's message under way
}

// lost are the violations of a compressed message whose content is not known, or not all of it.
const lost = frame.InflateLost | frame.InflateLimit | frame.InflateBudget | frame.DeflateData

// maxPings bounds the pings that wait for an answer.
const maxPings = 1024

// NewBuilder returns a builder of scripts for a role.
func NewBuilder(role Role) *Builder { return &Builder{role: role, conns: map[uint32]*building{}} }

// Add takes the next record, of which it keeps nothing. The error is [ErrTooLarge].
func (b *Builder) Add(r *record.Record) error {
	c, err := b.conn(r)
	if err != nil || c == nil {
		return err
	}
	switch r.Kind {
	case record.KindRequest:
		c.handshake(r)
	case record.KindResponse:
		c.agreed(r)
	case record.KindFrame:
		return b.frame(c, r)
	case record.KindEnd:
		c.Ended = true
	case record.KindBroken:
		c.Malformed = true
	case record.KindClose, record.KindNote, record.KindTransit:
	}
	return nil
}

// conn returns the script that a record is of, or nil.
func (b *Builder) conn(r *record.Record) (*building, error) {
	if r.Leg != record.LegClient || r.Kind == record.KindNote || r.Kind == record.KindTransit {
		return nil, nil //nolint:nilnil // there is none
	}
	c := b.conns[r.Conn]
	if c == nil {
		if len(b.conns) == MaxConns {
			return nil, ErrTooLarge
		}
		c = &building{Script: Script{Conn: r.Conn, Role: b.role}, pings: map[string]int{}, begin: r.Time}
		b.conns[r.Conn] = c
		b.order = append(b.order, r.Conn)
	}
	return c, nil
}

func (c *building) handshake(r *record.Record) {
	c.Request = slices.Clone(r.Head)
	c.Path = r.Name
	h := frame.ParseHandshake(r.Head, nil)
	if path := h.Path(); path != "" {
		c.Path = path
	}
	c.Offered = h.SubprotocolsOffered
}

func (c *building) agreed(r *record.Record) {
	h := frame.ParseHandshake(c.Request, r.Head)
	c.Subprotocol = h.Subprotocol
	if c.begun = h.Upgraded(); c.begun {
		c.begin = r.Time
	}
}

// frame takes a frame of either end.
func (b *Builder) frame(c *building, r *record.Record) error {
	c.begun = true
	own := (r.Dir == record.Out) == (b.role == Client)
	injected := r.Marks&record.Injected != 0
	switch {
	case own && !injected && r.Marks&(record.Dropped|record.Altered) != 0:
		return nil // it did not arrive like that, if at all
	case own:
		if injected {
			c.Injected++
		}
		return b.localFrame(c, r)
	case injected:
		return nil // the peer never said it
	}
	return b.peerFrame(c, r)
}

// keep counts what is kept of a frame.
func (b *Builder) keep(payload int) error {
	b.frames++
	b.bytes += payload
	if b.frames > MaxFrames || b.bytes > MaxBytes {
		return ErrTooLarge
	}
	return nil
}

// peerFrame takes a frame of the peer.
func (b *Builder) peerFrame(c *building, r *record.Record) error {
	if op := r.Header.Opcode; !op.IsControl() && op != frame.Continuation {
		c.op = op
	}
	switch {
	case r.Header.Opcode == frame.Ping && len(c.pings) < maxPings && len(r.Payload) <= 125:
		c.pings[string(r.Payload)]++
	case r.Header.Opcode == frame.Close && !c.PeerClosed:
		c.PeerClose, c.PeerClosed = slices.Clone(r.Payload), true
		if !c.Closed {
			c.Closed, c.Closer = true, c.Role.Peer()
		}
	case r.Final:
		payload := slices.Clone(r.Bytes())
		m := Message{Op: c.op, Payload: payload, Length: r.Inflated, Cut: uint64(len(payload)) < r.Inflated || r.Violations&lost != 0, At: since(c.begin, r)}
		if m.Cut {
			c.PeerCut++
		}
		c.Peer = append(c.Peer, m)
		return b.keep(len(payload))
	}
	return nil
}

// Scripts returns the scripts of the connections that were opened, in the order of their beginning. The error is
// [ErrNoConnection].
func (b *Builder) Scripts() ([]*Script, error) {
	var list []*Script
	for _, id := range b.order {
		if c := b.conns[id]; c.begun {
			list = append(list, &c.Script)
		}
	}
	if len(list) == 0 {
		return nil, ErrNoConnection
	}
	return list, nil
}

// since returns how long after the beginning of its connection a record was made.
func since(begin int64, r *record.Record) time.Duration { return time.Duration(max(r.Time-begin, 0)) }
