package capture

import (
	"cmp"
	"errors"
	"maps"
	"net/netip"
	"slices"

	"github.com/tetherscope/tetherscope/internal/packet"
	"github.com/tetherscope/tetherscope/internal/record"
)

// The limits of a reader.
const (
	MaxStreams = 1 << 16   // TCP connections that are looked at; later ones are passed over
	MaxWaiting = 128 << 20 // bytes of segments that wait for one before them, in all streams
	maxHalf    = 4 << 20   // and in one half
)

// errStreams is damage: a capture with more connections than are looked at.
var errStreams = errors.New("more than 65,536 TCP connections: the later ones are passed over")

type endpoint = netip.AddrPort

// streams are the TCP connections of a file.
type streams struct {
	v       record.Visitor
	byEnds  map[[2]endpoint]*stream
	begun   int // streams that were ever begun
	waiting int // bytes of segments that wait
	full    bool
	seq     uint64
	conns   uint32
	err     error // of the visitor
}

// stream is one TCP connection.
type stream struct {
	all    *streams
	number int         // in the order of their first packets
	ends   [2]endpoint // of the half's sender
	halves [2]half
	ws     conn
}

// half is one direction, put in order.
type half struct {
	next    uint32 // sequence number that comes next
	synced  bool   // next is known
	waiting []piece
	bytes   int
	fin     bool
	finAt   uint32
	over    bool // a hole, or the end
}

// piece is a segment that waits for one before it.
type piece struct {
	seq     uint32
	payload []byte
	at      int64
	marks   record.Marks // of the frames in it
}

func newStreams(v record.Visitor) *streams {
	return &streams{v: v, byEnds: map[[2]endpoint]*stream{}}
}

// packet takes the next packet of the file.
func (s *streams) packet(p *packet.Packet) error {
	seg, ok := packet.ParseTCP(p.Data, p.Link)
	if !ok {
		return nil
	}
	st, who := s.find(&seg)
	if st != nil {
		st.segment(&seg, who, p.Time, marksOf(p.Comments))
	}
	return s.err
}

// find returns the stream of a segment, and which of its two ends sent it. A SYN begins a new one.
func (s *streams) find(seg *packet.Segment) (st *stream, who int) {
	if st := s.byEnds[[2]endpoint{seg.To, seg.From}]; st != nil {
		return st, 1
	}
	key := [2]endpoint{seg.From, seg.To}
	st = s.byEnds[key]
	if st != nil && seg.SYN && !seg.ACK && (st.ws.over || st.halves[0].next != seg.Seq+1) {
		st.end() // the same ports again
		delete(s.byEnds, key)
		st = nil
	}
	if st != nil {
		return st, 0
	}
	if len(s.byEnds) >= MaxStreams {
		if !s.full {
			s.full = true
			tell(s.v, 0, errStreams)
		}
		return nil, 0
	}
	st = &stream{all: s, ends: key}
	st.ws.stream = st
	s.byEnds[key] = st
	s.begun++
	st.number = s.begun
	return st, 0
}

// segment takes a segment that one of the ends sent.
func (st *stream) segment(seg *packet.Segment, who int, at int64, marks record.Marks) {
	h := &st.halves[who]
	seq := seg.Seq
	if seg.SYN {
		h.next, h.synced = seq+1, true
		seq++
		if !seg.ACK {
			st.ws.clientIs(who)
		}
	}
	if !h.synced && len(seg.Payload) > 0 {
		h.next, h.synced = seq, true // the capture began later
	}
	if len(seg.Payload) > 0 && !h.over {
		st.add(who, piece{seq, seg.Payload, at, marks})
	}
	if seg.FIN && !h.fin {
		h.fin, h.finAt = true, seq+uint32(len(seg.Payload))
	}
	st.ws.now, st.ws.marks = at, marks
	switch {
	case seg.RST:
		st.ws.reset(who)
	case h.fin && (h.next == h.finAt || h.over || !h.synced):
		st.ws.finished(who)
	}
}

// add takes a piece of a half: passes it on when it is the next, drops what came before, keeps what is early.
func (st *stream) add(who int, p piece) {
	h := &st.halves[who]
	if early := int32(p.seq - h.next); early > 0 {
		st.keep(who, p)
		return
	}
	st.pass(who, p)
	for len(h.waiting) > 0 && int32(h.waiting[0].seq-h.next) <= 0 {
		first := h.waiting[0]
		h.waiting = h.waiting[1:]
		h.bytes -= len(first.payload)
		st.all.waiting -= len(first.payload)
		first.at = max(first.at, p.at)
		st.pass(who, first)
	}
}

// pass hands on the part of a piece that has not passed yet.
func (st *stream) pass(who int, p piece) {
	h := &st.halves[who]
	old := h.next - p.seq
	if old >= uint32(len(p.payload)) {
		return // all of it is a retransmission
	}
	h.next = p.seq + uint32(len(p.payload))
	st.ws.now, st.ws.marks = p.at, p.marks
	st.ws.bytes(who, p.payload[old:])
}

// keep lets an early piece wait. When too much waits, what is missing will not come.
func (st *stream) keep(who int, p piece) {
	h := &st.halves[who]
	if h.bytes+len(p.payload) > maxHalf || st.all.waiting+len(p.payload) > MaxWaiting {
		st.hole(who)
		return
	}
	at, twice := slices.BinarySearchFunc(h.waiting, p, func(a, b piece) int { return cmp.Compare(int32(a.seq-b.seq), 0) })
	if twice && len(h.waiting[at].payload) >= len(p.payload) {
		return
	}
	p.payload = slices.Clone(p.payload)
	h.waiting = slices.Insert(h.waiting, at, p)
	h.bytes += len(p.payload)
	st.all.waiting += len(p.payload)
}

// hole gives a half up: nothing behind a missing part can be decoded.
func (st *stream) hole(who int) {
	h := &st.halves[who]
	if len(h.waiting) > 0 {
		st.ws.hole(who, h.waiting[0].seq-h.next)
	}
	st.all.waiting -= h.bytes
	h.waiting, h.bytes, h.over = nil, 0, true
}

// end says of a stream that no packet of it follows.
func (st *stream) end() {
	for who := range st.halves {
		st.hole(who)
	}
}

// end says that the file ends.
func (s *streams) end() error {
	inOrder := func(a, b *stream) int { return cmp.Compare(a.number, b.number) }
	for _, st := range slices.SortedFunc(maps.Values(s.byEnds), inOrder) {
		st.end()
	}
	return s.err
}

// emit passes a record on.
func (s *streams) emit(r *record.Record) {
	if s.err != nil {
		return
	}
	s.seq++
	r.Seq = s.seq
	s.err = s.v.Record(r)
}
