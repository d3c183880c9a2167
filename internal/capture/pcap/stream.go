package pcap

import (
	"cmp"
	"errors"
	"maps"
	"net/netip"
	"slices"

	"github.com/tetherscope/tetherscope/internal/budget"
	"github.com/tetherscope/tetherscope/internal/capture/pcap/packet"
	"github.com/tetherscope/tetherscope/internal/capture/record"
)

// The limits of a reader.
const (
	MaxStreams = 1 << 16   // TCP connections that are looked at; later ones are passed over
	MaxWaiting = 128 << 20 // bytes that are kept until something follows, in all streams: segments, heads, what is held back
	maxHalf    = 4 << 20   // and in one half
	MaxPayload = 16 << 20  // bytes of a frame's payload, and of a message, that are kept
)

// What a connection, a WebSocket of HTTP/2 and a piece that waits take beside their bytes, in bytes.
const (
	streamSize = 3 << 10
	socketSize = 2 << 10
	pieceSize  = 160
)

// errStreams and errStreamMemory are damage: a capture with more connections than are looked at.
var (
	errStreams      = errors.New("more than 65,536 TCP connections: the later ones are passed over")
	errStreamMemory = errors.New("the TCP connections of the captures that are being read take more memory than they may: some are passed over")
)

type endpoint = netip.AddrPort

// streams are the TCP connections of a file.
type streams struct {
	v         record.Visitor
	options   Options
	dissector packet.Dissector
	omissions omissions
	evidence  evidenceInflater
	byEnds    map[[2]endpoint]*stream
	begun     int          // streams that were ever begun
	waiting   int          // bytes that are kept until something follows: segments, heads, what is held back
	room      budget.Lease // for waiting and the streams themselves
	order     uint32       // of the next piece that is held back
	full      bool
	seq       uint64
	conns     uint32
	err       error // of the visitor
}

// stream is one TCP connection.
type stream struct {
	all     *streams
	number  int         // in the order of their first packets
	ends    [2]endpoint // of the half's sender
	halves  [2]half
	began   bool // its SYN was seen
	reset   bool
	stalled int // packets since what was acknowledged is missed
	since   int64
	ws      conn
}

func newStreams(v record.Visitor) *streams {
	return &streams{v: v, byEnds: map[[2]endpoint]*stream{}}
}

// packet takes the next packet of the file.
func (s *streams) packet(p *packet.Packet) error {
	seg, ok := s.dissector.Segment(p)
	if !ok {
		return nil
	}
	if seg.Missing > 0 {
		s.omissions.cut++
	}
	st, who := s.find(&seg)
	if st != nil {
		st.segment(&seg, who, p.Time, marksOf(p.Comments))
	}
	return s.err
}

// find returns the stream of a segment, and which of its two ends sent it. A SYN with another number than before begins a
// new one.
func (s *streams) find(seg *packet.Segment) (st *stream, who int) {
	key := [2]endpoint{seg.From, seg.To}
	if st = s.byEnds[key]; st == nil {
		turned := [2]endpoint{seg.To, seg.From}
		if st = s.byEnds[turned]; st != nil {
			key, who = turned, 1
		}
	}
	if st != nil && seg.SYN && st.halves[who].restarts(seg.Seq) {
		st.end("another connection has the same ports: how this one ended is not in the capture")
		delete(s.byEnds, key)
		st, key, who = nil, [2]endpoint{seg.From, seg.To}, 0
	}
	if st != nil {
		return st, who
	}
	if full := s.isFull(); full != nil {
		if !s.full {
			s.full = true
			tell(s.v, 0, full)
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

// isFull returns why no other stream can be looked at; nil when one can.
func (s *streams) isFull() error {
	if len(s.byEnds) >= MaxStreams && !s.sweep() {
		return errStreams
	}
	if !s.hold(1, 0) && (!s.sweep() || !s.hold(1, 0)) {
		return errStreamMemory
	}
	return nil
}

// sweep forgets the streams whose connections are over, and reports whether there were any. A live capture never ends.
func (s *streams) sweep() bool {
	before := len(s.byEnds)
	maps.DeleteFunc(s.byEnds, func(_ [2]endpoint, st *stream) bool {
		over := st.finished()
		if over {
			st.end("")
		}
		return over
	})
	return len(s.byEnds) < before
}

// finished reports whether the connection is over, or nothing but an echo of an earlier one was seen.
func (st *stream) finished() bool {
	a, b := &st.halves[0], &st.halves[1]
	return st.reset || a.fin && b.fin || !st.began && !a.synced && !b.synced
}

// segment takes a segment that one of the ends sent.
func (st *stream) segment(seg *packet.Segment, who int, at int64, marks record.Marks) {
	if st.ws.over {
		return
	}
	h := &st.halves[who]
	p := piece{seq: seg.Seq, payload: seg.Payload, missing: seg.Missing, fin: seg.FIN, at: at, marks: marks}
	if seg.SYN {
		st.began = true
		p.seq++
		h.begin(p.seq)
		if !seg.ACK {
			st.ws.clientIs(who)
		}
	}
	if seg.ACK {
		p.ack, p.acks = seg.Ack, true
		st.halves[1-who].acknowledge(seg.Ack)
	}
	if p.size() > 0 {
		h.begin(p.seq) // where the capture began later
		st.add(who, p)
	}
	st.deliver(at)
	if seg.RST {
		st.reset = true
		st.settle()
		st.ws.now, st.ws.marks = at, marks
		st.ws.reset(who)
	}
}

// end says of a stream that no packet of it follows, for a reason; empty for the end of the file.
func (st *stream) end(why string) {
	st.settle()
	for who := range st.halves {
		st.lose(who, st.halves[who].lostAtEnd(), st.ws.now)
	}
	st.ws.captureEnds(why)
	st.all.omissions.stream(st)
}

// end says that the file ends.
func (s *streams) end() error {
	inOrder := func(a, b *stream) int { return cmp.Compare(a.number, b.number) }
	for _, st := range slices.SortedFunc(maps.Values(s.byEnds), inOrder) {
		st.end("")
	}
	s.room.Resize(budget.Packets, 0)
	list := s.omissions.list(s.dissector.Omitted())
	for i := range list {
		s.v.ReportOmission(&list[i])
	}
	s.options.Counts.end(list)
	return s.err
}

// take counts bytes that are kept. It is false when they would be too many, which is counted.
func (s *streams) take(n int) bool {
	if s.waiting+n > MaxWaiting || !s.hold(0, n) {
		s.omissions.memory++
		return false
	}
	s.waiting += n
	return true
}

// hold reports whether this process may hold so many streams and bytes more, and takes them of its budget.
func (s *streams) hold(streams, bytes int) bool {
	return s.room.Hold(budget.Packets, int64(len(s.byEnds)+streams)*streamSize+int64(s.waiting+bytes))
}

// give says that bytes are kept no longer.
func (s *streams) give(n int) {
	s.waiting -= n
	s.hold(0, 0)
}

// newConn returns the number of the next connection.
func (s *streams) newConn() uint32 {
	if s.options.NewConn != nil {
		return s.options.NewConn()
	}
	s.conns++
	return s.conns
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
