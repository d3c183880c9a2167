package tether

import (
	"time"

	"github.com/tetherscope/tetherscope/wasm/codec"
)

// Overflow is what happens to a message for which the outbox has no room.
type Overflow uint8

const (
	// OverflowBlock lets Send wait for room. TrySend returns [ErrQueueFull]. The default.
	OverflowBlock Overflow = iota
	// OverflowReject makes Send return [ErrQueueFull] at once, like TrySend.
	OverflowReject
	// OverflowDropOldest makes room by giving up the oldest messages, but no [Urgent] one.
	OverflowDropOldest
	// OverflowDropNewest gives up the message itself; Send returns nil.
	OverflowDropNewest
)

// Limits bound a queue. A zero field means the default.
type Limits struct {
	Messages int
	Bytes    int
}

// urgentReserve is how many messages beyond the limit may wait if they are urgent: control traffic must get through
// just when the outbox is full.
const urgentReserve = 16

// outgoing is a message on its way through the outbox, with the options of its sender.
type outgoing struct {
	codec.Message
	urgent   bool
	volatile bool
	key      string        // "": none
	ttl      time.Duration // 0: none
	expires  time.Time     // set from ttl when it is sent
	receipt  *Receipt      // nil: not tracked
}

// pushResult is what became of a message that was pushed.
type pushResult uint8

const (
	queued   pushResult = iota
	noRoom              // not taken: wait or reject
	notTaken            // dropped: DropNewest, or volatile
	tooLarge            // would not fit into an empty outbox
	shut                // takes no more
)

// dropReason is why the outbox dropped a message that was neither replaced nor cancelled.
type dropReason uint8

const (
	dropFull dropReason = iota
	dropExpired
	dropVolatile
	dropReasons
)

var dropErrors = [dropReasons]error{ErrQueueFull, ErrExpired, ErrNotConnected}

// outboxList holds messages that Send accepted until the transport took them. It is a plain value: its owner locks it.
// A message leaves the outbox only when the transport has said that it took it: what was offered to a connection that
// turned out to be closing is still the head, to be offered to the next one.
type outboxList struct {
	limits   Limits
	overflow Overflow
	list     []outgoing // list[head:] waits
	head     int
	bytes    int
	timed    int  // messages that can expire
	offered  bool // the head was handed to the transport, which has not answered yet
	shut     bool
	replaced uint64              // by a newer message with the same key
	dropped  [dropReasons]Limits // since the last takeDropped
}

func (o *outboxList) len() int { return len(o.list) - o.head }

// free is the first message that the transport does not have in its hands.
func (o *outboxList) free() int {
	if o.offered {
		return o.head + 1
	}
	return o.head
}

// push takes p, or says why not. now is only looked at if something can expire.
func (o *outboxList) push(p outgoing, now time.Time) pushResult {
	switch {
	case o.shut:
		return shut
	case len(p.Data) > o.limits.Bytes:
		return tooLarge
	}
	o.expire(now)
	old := o.find(p.key)
	if old >= 0 && o.bytes-len(o.list[old].Data)+len(p.Data) <= o.limits.Bytes {
		o.replace(old, p)
		return queued
	}
	switch {
	case old < 0 && o.fits(&p):
		o.insert(p)
	case p.volatile || o.overflow == OverflowDropNewest:
		o.discard(&p, dropFull)
		return notTaken
	case o.overflow != OverflowDropOldest || !o.canMakeRoom(&p, old):
		return noRoom
	default:
		o.makeRoom(p, old)
	}
	return queued
}

// insert puts p at the end, or, if it is urgent, behind the urgent ones.
func (o *outboxList) insert(p outgoing) {
	at := len(o.list)
	if p.urgent {
		at = o.free()
		for at < len(o.list) && o.list[at].urgent {
			at++
		}
	}
	o.insertAt(at, p)
}

func (o *outboxList) insertAt(at int, p outgoing) {
	o.list = append(o.list, outgoing{})
	copy(o.list[at+1:], o.list[at:])
	o.list[at] = p
	o.bytes += len(p.Data)
	if p.ttl > 0 {
		o.timed++
	}
}

// remove takes the message at i out and off the books.
func (o *outboxList) remove(i int) outgoing {
	p := o.list[i]
	o.account(&p)
	copy(o.list[i:], o.list[i+1:])
	o.list[len(o.list)-1] = outgoing{}
	o.list = o.list[:len(o.list)-1]
	return p
}

func (o *outboxList) account(p *outgoing) {
	o.bytes -= len(p.Data)
	if p.ttl > 0 {
		o.timed--
	}
}

// drop gives up every waiting message that gone says yes to.
func (o *outboxList) drop(why dropReason, gone func(*outgoing) bool) {
	for i := o.free(); i < len(o.list); {
		if !gone(&o.list[i]) {
			i++
			continue
		}
		p := o.remove(i)
		o.discard(&p, why)
	}
}

// expire gives up what was to be sent before now.
func (o *outboxList) expire(now time.Time) {
	if o.timed > 0 {
		o.drop(dropExpired, func(p *outgoing) bool { return p.ttl > 0 && !now.Before(p.expires) })
	}
}

// firstExpiry returns when the first message expires that the transport does not have in its hands.
func (o *outboxList) firstExpiry() (first time.Time, some bool) {
	for i := o.free(); o.timed > 0 && i < len(o.list); i++ {
		if p := &o.list[i]; p.ttl > 0 && (!some || p.expires.Before(first)) {
			first, some = p.expires, true
		}
	}
	return first, some
}

// disconnected gives up what was only for the connection that just ended.
func (o *outboxList) disconnected() {
	o.drop(dropVolatile, func(p *outgoing) bool { return p.volatile })
}

func (o *outboxList) discard(p *outgoing, why dropReason) {
	o.dropped[why].Messages++
	o.dropped[why].Bytes += len(p.Data)
	p.receipt.settle(StageDiscarded, dropErrors[why])
}

// cancel takes out the message of r, unless the transport has it or had it.
func (o *outboxList) cancel(r *Receipt) bool {
	for i := o.free(); i < len(o.list); i++ {
		if o.list[i].receipt == r {
			o.remove(i)
			return true
		}
	}
	return false
}

// takeDropped returns what was given up since the last call.
func (o *outboxList) takeDropped() [dropReasons]Limits {
	l := o.dropped
	o.dropped = [dropReasons]Limits{}
	return l
}

// offer returns the head to be handed over, or nil; taken or refused must follow.
func (o *outboxList) offer(now time.Time) *outgoing {
	o.expire(now)
	if o.len() == 0 {
		return nil
	}
	o.offered = true
	return &o.list[o.head]
}

// taken drops the head: the transport has it.
func (o *outboxList) taken() {
	o.account(&o.list[o.head])
	o.list[o.head] = outgoing{}
	o.offered = false
	if o.head++; o.head == len(o.list) {
		o.list, o.head = o.list[:0], 0
	} else if o.head >= 64 && o.head*2 >= len(o.list) {
		n := copy(o.list, o.list[o.head:])
		clear(o.list[n:])
		o.list, o.head = o.list[:n], 0
	}
}

// refused keeps the head for the next connection. Urgent messages that came meanwhile go before it.
func (o *outboxList) refused() {
	o.offered = false
	for i := o.head; i+1 < len(o.list) && !o.list[i].urgent && o.list[i+1].urgent; i++ {
		o.list[i], o.list[i+1] = o.list[i+1], o.list[i]
	}
}

// clear gives everything up.
func (o *outboxList) clear() Limits {
	l := Limits{o.len(), o.bytes}
	for i := o.head; i < len(o.list); i++ {
		o.list[i].receipt.settle(StageDiscarded, ErrClosed)
	}
	o.list, o.head, o.bytes, o.timed, o.offered, o.shut = nil, 0, 0, 0, false, true
	return l
}
