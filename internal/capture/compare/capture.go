package compare

import (
	"bytes"
	"slices"

	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/internal/frame"
)

// Bounds of a capture.
const (
	MaxMessages = 200_000
	MaxBytes    = 128 << 20 // of payloads
	MaxConns    = 10_000
	maxPayload  = 64 << 10 // of one message that is looked into
	maxPending  = 1024     // requests of a direction that wait for their answers
)

// Capture is one side of a comparison. Make it with a [Builder].
type Capture struct {
	Conns []*Conn // in the order of their beginning
	Left  uint64  // messages that were not taken: the capture has more than its bounds
}

// Conn is a connection of a capture.
type Conn struct {
	Number      uint32
	Name        string // path and query, and what stands beside them
	Path        string // without its query
	Subprotocol string
	Handshake   int64 // nanoseconds from request to response; 0 when either is not known
	Facts       []Fact
	Messages    []*Message
	Pings       int // and pongs
}

// Fact is something about a connection that has one value: a header field, a close code.
type Fact struct{ Name, Value string }

// Message is a data message.
type Message struct {
	Seq     uint64 // of the record that ends it
	Time    int64  // nanoseconds since 1970
	Dir     record.Dir
	Op      frame.Opcode // Text or Binary
	Length  uint64
	Payload []byte // its start
	Decoder string
	Summary string
	Answer  int64 // nanoseconds since the request that it answers; 0 when it answers none

	cut     bool // the capture has not all of it
	partial bool // not all of it was read
	kind    string
	shape   string
	stable  string
	exact   [32]byte
}

// Builder makes a [Capture] of records. Make one with [NewBuilder]. It is not safe for use by several goroutines at once.
type Builder struct {
	conns  map[uint32]*building
	order  []uint32
	left   uint64
	count  int
	bytes  int
	limit  int             // of messages
	chosen map[uint64]bool // nil: all
}

// building is a connection in the making.
type building struct {
	Conn
	request, response []byte
	asked             int64 // time of the request
	op                [2]frame.Opcode
	pending           [2]map[string]int64
	violations        frame.Violations
	end               end
}

// NewBuilder returns a builder of a capture. When chosen is true the capture has only messages that [Builder.Choose] names.
func NewBuilder(chosen bool) *Builder {
	b := &Builder{conns: map[uint32]*building{}, limit: MaxMessages}
	if chosen {
		b.chosen = map[uint64]bool{}
	}
	return b
}

// Limit makes the capture have fewer messages than [MaxMessages].
func (b *Builder) Limit(messages int) { b.limit = min(messages, MaxMessages) }

// Choose says that the message which the record with this number ends belongs to the capture.
func (b *Builder) Choose(seq uint64) {
	if b.chosen != nil && len(b.chosen) < MaxMessages {
		b.chosen[seq] = true
	}
}

// Add takes the next record. It keeps nothing of it.
func (b *Builder) Add(r *record.Record) {
	if r.Leg != record.LegClient || r.Conn == 0 || r.Kind == record.KindNote || r.Kind == record.KindTransit {
		return
	}
	c := b.conn(r.Conn)
	if c == nil {
		if r.Final {
			b.left++
		}
		return
	}
	switch r.Kind {
	case record.KindRequest:
		c.begin(r)
	case record.KindResponse:
		c.opened(r)
	case record.KindFrame:
		b.frame(c, r)
	case record.KindClose:
		c.end.closed(r)
	case record.KindBroken:
		c.end.broken = true
	case record.KindEnd, record.KindNote, record.KindTransit:
	}
}

// conn returns the connection with a number, nil when there are too many.
func (b *Builder) conn(number uint32) *building {
	c := b.conns[number]
	if c == nil && len(b.conns) < MaxConns {
		c = &building{Conn: Conn{Number: number}, pending: [2]map[string]int64{{}, {}}}
		b.conns[number] = c
		b.order = append(b.order, number)
	}
	return c
}

func (c *building) begin(r *record.Record) {
	c.request, c.asked = bytes.Clone(r.Head), r.Time
	c.Name = record.SocketName(r.Name, r.Head)
	path, _ := record.Socket(r.Name, r.Head)
	if i := bytes.IndexByte([]byte(path), '?'); i >= 0 {
		path = path[:i]
	}
	c.Path = path
}

func (c *building) opened(r *record.Record) {
	c.response = bytes.Clone(r.Head)
	h := frame.ParseHandshake(c.request, r.Head)
	c.Subprotocol = h.Subprotocol
	if c.asked != 0 {
		c.Handshake = max(r.Time-c.asked, 0)
	}
}

func (b *Builder) frame(c *building, r *record.Record) {
	c.violations |= r.Violations
	op, dir := r.Header.Opcode, r.Dir&1
	switch {
	case op == frame.Close:
		c.end.frame(r)
	case op.IsControl():
		c.Pings++
	case op != frame.Continuation:
		c.op[dir] = op
	}
	if !r.Final || op.IsControl() {
		return
	}
	kept := r.Bytes()[:min(len(r.Bytes()), maxPayload)]
	if b.count++; b.count > b.limit || b.bytes+len(kept) > MaxBytes {
		b.left++
		return
	}
	b.bytes += len(kept)
	m := newMessage(c, r, c.op[dir])
	m.Payload = bytes.Clone(kept)
	c.Messages = append(c.Messages, m)
}

// Capture returns what was built. Nothing may be added behind it.
func (b *Builder) Capture() *Capture {
	out := &Capture{Left: b.left}
	for _, n := range b.order {
		c := b.conns[n]
		c.alternate()
		if b.chosen != nil {
			c.Messages = slices.DeleteFunc(c.Messages, func(m *Message) bool { return !b.chosen[m.Seq] })
		}
		c.Facts = c.facts()
		out.Conns = append(out.Conns, &c.Conn)
	}
	return out
}

// alternate takes each message of the server for the answer to the one before it, where no protocol says what answers what and the two
// ends take turns.
func (c *building) alternate() {
	for i, m := range c.Messages {
		if m.Answer != 0 || i > 0 && m.Dir == c.Messages[i-1].Dir {
			return
		}
	}
	for i, m := range c.Messages {
		if i > 0 && m.Dir == record.In {
			m.Answer = max(m.Time-c.Messages[i-1].Time, 0)
		}
	}
}
