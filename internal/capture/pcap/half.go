package pcap

import (
	"cmp"
	"slices"
	"time"

	"github.com/tetherscope/tetherscope/internal/capture/record"
)

// How long what is missing is waited for although the peer has acknowledged it, and so will not be sent again: it may be
// captured a little later than what follows it. One of them is enough.
const (
	patience     = 32 // packets of the stream
	patienceTime = int64(2 * time.Second)

	maxAhead = 64 << 20 // an acknowledgement that is this far ahead is not believed
)

// half is one direction, put in order.
type half struct {
	next    uint32 // sequence number that comes next
	synced  bool   // next is known
	first   uint32 // the first one
	waiting []piece
	bytes   int
	fin     bool   // a FIN has passed
	acked   uint32 // what the peer has acknowledged
	hasAck  bool
	filled  int64 // when the packet came that closed a hole, while what waited for it passes
}

// piece is what a segment says.
type piece struct {
	seq     uint32
	payload []byte
	missing int // bytes behind the payload that the capture cut off
	fin     bool
	ack     uint32
	acks    bool
	at      int64
	marks   record.Marks // of the frames in it
}

// size returns how many sequence numbers a piece takes.
func (p *piece) size() uint32 {
	n := uint32(len(p.payload) + p.missing)
	if p.fin {
		n++
	}
	return n
}

// cost returns how many bytes a piece takes while it waits.
func (p *piece) cost() int { return pieceSize + len(p.payload) }

// begin takes note of a SYN.
func (h *half) begin(next uint32) {
	if !h.synced {
		h.next, h.first, h.synced = next, next, true
	}
}

// restarts reports whether a SYN begins another connection than the one that is known.
func (h *half) restarts(seq uint32) bool { return h.synced && h.first != seq+1 }

// acknowledge takes note of what the peer has received.
func (h *half) acknowledge(ack uint32) {
	if ahead := int32(ack - h.next); h.synced && (ahead < 0 || ahead > maxAhead) {
		return
	}
	if !h.hasAck || int32(ack-h.acked) > 0 {
		h.acked, h.hasAck = ack, true
	}
}

// received returns how many bytes the peer has acknowledged that have not passed.
func (h *half) received() uint32 {
	ahead := int32(h.acked - h.next)
	if !h.synced || !h.hasAck || ahead < 0 || ahead > maxAhead {
		return 0
	}
	return uint32(ahead)
}

// lostAtEnd returns how many bytes behind the last ones are missing. A FIN takes a number too: one is taken for it.
func (h *half) lostAtEnd() uint32 {
	if n := h.received(); n > 1 || h.fin {
		return n
	}
	return 0
}

// add takes a piece: passes it on when it is the next, drops what came before, keeps what is early.
func (st *stream) add(who int, p piece) {
	h := &st.halves[who]
	switch {
	case int32(p.seq+p.size()-h.next) <= 0: // a retransmission
	case len(h.waiting) == 0 && st.isNext(who, &p):
		h.filled = p.at
		st.pass(who, &p)
	default:
		st.keep(who, p)
	}
}

// isNext reports whether a piece can pass: nothing before it is missing, neither of its half nor of what it answers.
func (st *stream) isNext(who int, p *piece) bool {
	h, peer := &st.halves[who], &st.halves[1-who]
	if int32(p.seq-h.next) > 0 {
		return false
	}
	if !p.acks || !peer.synced {
		return true
	}
	ahead := int32(p.ack - peer.next)
	return ahead <= 0 || ahead > maxAhead
}

// pass hands on the part of a piece that has not passed yet.
func (st *stream) pass(who int, p *piece) {
	h := &st.halves[who]
	old := h.next - p.seq
	if old >= p.size() {
		return
	}
	h.next = p.seq + p.size()
	st.ws.now, st.ws.marks = p.at, p.marks
	payload, missing := p.payload, uint32(p.missing)
	n := min(old, uint32(len(payload)))
	payload, old = payload[n:], old-n
	if len(payload) > 0 {
		st.ws.bytes(who, payload)
	}
	if missing > old {
		st.ws.cut(who, missing-old)
	}
	if p.fin && !h.fin {
		h.fin = true
		st.ws.finished(who)
	}
}

// keep lets an early piece wait. When too much waits, what is missing will not come.
func (st *stream) keep(who int, p piece) {
	h := &st.halves[who]
	for h.bytes+p.cost() > maxHalf || !st.all.take(p.cost()) {
		if !st.giveUp(false) {
			st.lose(who, uint32(max(0, int32(p.seq-h.next))), p.at) // others take all the memory
			st.pass(who, &p)
			return
		}
		st.passWaiting()
	}
	at, twice := slices.BinarySearchFunc(h.waiting, p, func(a, b piece) int { return cmp.Compare(int32(a.seq-b.seq), 0) })
	if twice && h.waiting[at].size() >= p.size() {
		st.all.give(p.cost())
		return
	}
	p.payload = slices.Clone(p.payload)
	h.waiting = slices.Insert(h.waiting, at, p)
	h.bytes += p.cost()
}

// deliver passes on what waited and can pass now. What the peer has acknowledged and no packet has brought is given up
// after a while.
func (st *stream) deliver(now int64) {
	st.passWaiting()
	for st.isStalled() {
		if st.stalled++; st.stalled == 1 {
			st.since = now
		}
		if st.stalled <= patience && now-st.since < patienceTime || !st.giveUp(true) {
			return
		}
		st.passWaiting()
		st.stalled = 0
	}
	st.stalled = 0
}

// isStalled reports whether something waits for what was acknowledged.
func (st *stream) isStalled() bool {
	a, b := &st.halves[0], &st.halves[1]
	return len(a.waiting)+len(b.waiting) > 0 && (a.received() > 0 || b.received() > 0)
}

func (st *stream) passWaiting() {
	for passed := true; passed; {
		passed = st.passFirst(0, false) || st.passFirst(1, false)
	}
	st.halves[0].filled, st.halves[1].filled = 0, 0
}

// passFirst passes on the first piece that waits in a half, if it can pass or, with force, does not answer what has passed.
func (st *stream) passFirst(who int, force bool) bool {
	h := &st.halves[who]
	if len(h.waiting) == 0 || !force && !st.isNext(who, &h.waiting[0]) || int32(h.waiting[0].seq-h.next) > 0 {
		return false
	}
	first := h.waiting[0]
	h.waiting[0] = piece{}
	if h.waiting = h.waiting[1:]; len(h.waiting) == 0 {
		h.waiting = nil
	}
	h.bytes -= first.cost()
	st.all.give(first.cost())
	first.at = max(first.at, h.filled)
	st.pass(who, &first)
	return true
}

// settle passes on all that waits, and gives up what is missing before it.
func (st *stream) settle() {
	for more := true; more; {
		st.passWaiting()
		more = st.giveUp(false)
	}
}

// giveUp gives up what is missing in one place, at least of what the peer has acknowledged. It is false when that does not
// let anything pass.
func (st *stream) giveUp(acknowledged bool) bool {
	for who := range st.halves {
		h, peer := &st.halves[who], &st.halves[1-who]
		missing := h.received()
		switch {
		case len(h.waiting) > 0:
			before := uint32(max(0, int32(h.waiting[0].seq-h.next)))
			if missing == 0 && !acknowledged {
				missing = before
			}
			if missing = min(missing, before); missing > 0 {
				st.lose(who, missing, h.waiting[0].at)
				return true
			}
		case len(peer.waiting) > 0 && missing > 0:
			st.lose(who, missing, peer.waiting[0].at)
			return true
		}
	}
	return st.passFirst(0, true) || st.passFirst(1, true) // each acknowledges the other
}

// lose takes note that the next bytes of a half are not in the capture.
func (st *stream) lose(who int, n uint32, at int64) {
	if n > 0 {
		st.halves[who].next += n
		st.ws.now = at
		st.ws.lose(who, n)
	}
}
