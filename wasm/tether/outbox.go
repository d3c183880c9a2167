package tether

import (
	"time"

	"github.com/tetherscope/tetherscope/wasm/codec"
)

// Overflow is what happens to a message for which the outbox has no room.
type Overflow uint8

const (
	// Block lets Send wait for room. TrySend returns [ErrQueueFull]. The default.
	Block Overflow = iota
	// Reject makes Send return [ErrQueueFull] at once, like TrySend.
	Reject
	// DropOldest makes room by giving up the oldest messages, but no [Urgent] one.
	DropOldest
	// DropNewest gives up the message itself; Send returns nil.
	DropNewest
)

// Limits bound a queue. A zero field means the default.
type Limits struct {
	Messages int
	Bytes    int
}

// urgentReserve is how many messages beyond the limit may wait if they are urgent: control traffic must get through
// just when the outbox is full.
const urgentReserve = 16

// parcel is a message in the outbox, with what its sender asked for.
type parcel struct {
	codec.Message
	urgent   bool
	volatile bool
	key      string        // "": none
	ttl      time.Duration // 0: none
	expires  time.Time     // set from ttl when it is sent
	receipt  *Receipt      // nil: nobody asks
}

// verdict is what the outbox did with a message.
type verdict uint8

const (
	queued   verdict = iota
	noRoom           // not taken: wait or reject
	dropped          // not taken: DropNewest, or volatile
	tooLarge         // would not fit into an empty outbox
	shut             // takes no more
)

// loss is why the outbox gave up a message that nobody replaced or cancelled.
type loss uint8

const (
	lostFull loss = iota
	lostExpired
	lostVolatile
	losses
)

var lossErrors = [losses]error{ErrQueueFull, ErrExpired, ErrNotConnected}

// outbox holds messages that Send accepted until the transport took them. It is a plain value: whoever owns it locks it.
// A message leaves the outbox only when the transport has said that it took it: what was offered to a connection that
// turned out to be closing is still the head, to be offered to the next one.
type outbox struct {
	limits   Limits
	overflow Overflow
	list     []parcel // list[head:] waits
	head     int
	bytes    int
	timed    int  // messages that can expire
	offered  bool // the head was handed to the transport, which has not answered yet
	shut     bool
	replaced uint64 // by a newer message with the same key
	lost     [losses]Limits
}

func (o *outbox) len() int { return len(o.list) - o.head }

// free is the first message that the transport does not have in its hands.
func (o *outbox) free() int {
	if o.offered {
		return o.head + 1
	}
	return o.head
}

// push takes p, or says why not. now is only looked at if something can expire.
func (o *outbox) push(p parcel, now time.Time) verdict {
	switch {
	case o.shut:
		return shut
	case len(p.Data) > o.limits.Bytes:
		return tooLarge
	}
	o.expire(now)
	if p.key != "" && o.replace(p) {
		return queued
	}
	switch {
	case o.fits(&p):
	case p.volatile || o.overflow == DropNewest:
		o.giveUp(&p, lostFull)
		return dropped
	case o.overflow != DropOldest || !o.makeRoom(&p):
		return noRoom
	}
	o.insert(p)
	return queued
}

func (o *outbox) fits(p *parcel) bool {
	most := o.limits.Messages
	if p.urgent {
		most += urgentReserve
	}
	return o.len() < most && o.bytes+len(p.Data) <= o.limits.Bytes
}

// insert puts p at the end, or, if it is urgent, behind the urgent ones.
func (o *outbox) insert(p parcel) {
	at := len(o.list)
	if p.urgent {
		at = o.free()
		for at < len(o.list) && o.list[at].urgent {
			at++
		}
	}
	o.list = append(o.list, parcel{})
	copy(o.list[at+1:], o.list[at:])
	o.list[at] = p
	o.bytes += len(p.Data)
	if p.ttl > 0 {
		o.timed++
	}
}

// replace puts p into the place of a waiting message with the same key. If it is too large for that and older ones may be
// dropped, the old one goes and p is an ordinary newcomer.
func (o *outbox) replace(p parcel) bool {
	for i := o.free(); i < len(o.list); i++ {
		if o.list[i].key != p.key {
			continue
		}
		fits := o.bytes-len(o.list[i].Data)+len(p.Data) <= o.limits.Bytes
		if !fits && o.overflow != DropOldest {
			return false
		}
		o.replaced++
		o.remove(i).receipt.settle(Discarded, ErrReplaced)
		if !fits {
			return false
		}
		o.insert(p)
		copy(o.list[i+1:], o.list[i:len(o.list)-1])
		o.list[i] = p
		return true
	}
	return false
}

// remove takes the message at i out and off the books.
func (o *outbox) remove(i int) parcel {
	p := o.list[i]
	o.account(&p)
	copy(o.list[i:], o.list[i+1:])
	o.list[len(o.list)-1] = parcel{}
	o.list = o.list[:len(o.list)-1]
	return p
}

func (o *outbox) account(p *parcel) {
	o.bytes -= len(p.Data)
	if p.ttl > 0 {
		o.timed--
	}
}

// drop gives up every waiting message that gone says yes to.
func (o *outbox) drop(why loss, gone func(*parcel) bool) {
	for i := o.free(); i < len(o.list); {
		if !gone(&o.list[i]) {
			i++
			continue
		}
		p := o.remove(i)
		o.giveUp(&p, why)
	}
}

// expire gives up what was to be sent before now.
func (o *outbox) expire(now time.Time) {
	if o.timed > 0 {
		o.drop(lostExpired, func(p *parcel) bool { return p.ttl > 0 && !now.Before(p.expires) })
	}
}

// disconnected gives up what was only for the connection that just ended.
func (o *outbox) disconnected() {
	o.drop(lostVolatile, func(p *parcel) bool { return p.volatile })
}

// makeRoom drops the oldest until p fits. A message that the transport has in its hands cannot be dropped.
func (o *outbox) makeRoom(p *parcel) bool {
	o.drop(lostFull, func(old *parcel) bool { return !old.urgent && !o.fits(p) })
	return o.fits(p)
}

func (o *outbox) giveUp(p *parcel, why loss) {
	o.lost[why].Messages++
	o.lost[why].Bytes += len(p.Data)
	p.receipt.settle(Discarded, lossErrors[why])
}

// cancel takes out the message of r, unless the transport has it or had it.
func (o *outbox) cancel(r *Receipt) bool {
	for i := o.free(); i < len(o.list); i++ {
		if o.list[i].receipt == r {
			o.remove(i)
			return true
		}
	}
	return false
}

// takeLost returns what was given up since the last call.
func (o *outbox) takeLost() [losses]Limits {
	l := o.lost
	o.lost = [losses]Limits{}
	return l
}

// offer returns the head to be handed over, or nil; taken or refused must follow.
func (o *outbox) offer(now time.Time) *parcel {
	o.expire(now)
	if o.len() == 0 {
		return nil
	}
	o.offered = true
	return &o.list[o.head]
}

// taken drops the head: the transport has it.
func (o *outbox) taken() {
	o.account(&o.list[o.head])
	o.list[o.head] = parcel{}
	o.offered = false
	if o.head++; o.head == len(o.list) {
		o.list, o.head = o.list[:0], 0
	} else if o.head >= 64 && o.head*2 >= len(o.list) {
		n := copy(o.list, o.list[o.head:])
		clear(o.list[n:])
		o.list, o.head = o.list[:n], 0
	}
}

// refused keeps the head for the next connection.
func (o *outbox) refused() { o.offered = false }

// clear gives everything up.
func (o *outbox) clear() Limits {
	l := Limits{o.len(), o.bytes}
	for i := o.head; i < len(o.list); i++ {
		o.list[i].receipt.settle(Discarded, ErrClosed)
	}
	o.list, o.head, o.bytes, o.timed, o.offered, o.shut = nil, 0, 0, 0, false, true
	return l
}
