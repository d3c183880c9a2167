package tether

import "github.com/tetherscope/tetherscope/wasm/codec"

// Overflow is what happens to a message for which the outbox has no room.
type Overflow uint8

const (
	// Block lets Send wait for room. TrySend returns [ErrQueueFull]. The default.
	Block Overflow = iota
	// Reject makes Send return [ErrQueueFull] at once, like TrySend.
	Reject
	// DropOldest makes room by giving up the oldest messages.
	DropOldest
	// DropNewest gives up the message itself; Send returns nil.
	DropNewest
)

// Limits bound a queue. A zero field means the default.
type Limits struct {
	Messages int
	Bytes    int
}

// verdict is what the outbox did with a message.
type verdict uint8

const (
	queued   verdict = iota
	noRoom           // not taken: wait or reject
	dropped          // not taken: DropNewest
	tooLarge         // would not fit into an empty outbox
	shut             // takes no more
)

// outbox holds messages that Send accepted until the transport took them. It is a plain value: whoever owns it locks it.
// A message leaves the outbox only when the transport has said that it took it: what was offered to a connection that
// turned out to be closing is still the head, to be offered to the next one.
type outbox struct {
	limits   Limits
	overflow Overflow
	list     []codec.Message // list[head:] waits
	head     int
	bytes    int
	offered  bool // the head was handed to the transport, which has not answered yet
	shut     bool
	lost     Limits // what DropOldest and DropNewest gave up since the last takeLost
}

func (o *outbox) len() int { return len(o.list) - o.head }

// push appends m, or says why not.
func (o *outbox) push(m codec.Message) verdict {
	switch {
	case o.shut:
		return shut
	case len(m.Data) > o.limits.Bytes:
		return tooLarge
	case o.fits(m):
	case o.overflow == DropNewest:
		o.giveUp(m)
		return dropped
	case o.overflow != DropOldest || !o.makeRoom(m):
		return noRoom
	}
	o.list = append(o.list, m)
	o.bytes += len(m.Data)
	return queued
}

func (o *outbox) fits(m codec.Message) bool {
	return o.len() < o.limits.Messages && o.bytes+len(m.Data) <= o.limits.Bytes
}

// makeRoom drops the oldest until m fits. A message that the transport has in its hands cannot be dropped.
func (o *outbox) makeRoom(m codec.Message) bool {
	first := o.head
	if o.offered {
		first++
	}
	for !o.fits(m) && first < len(o.list) {
		o.giveUp(o.list[first])
		o.bytes -= len(o.list[first].Data)
		o.list = append(o.list[:first], o.list[first+1:]...)
	}
	return o.fits(m)
}

func (o *outbox) giveUp(m codec.Message) {
	o.lost.Messages++
	o.lost.Bytes += len(m.Data)
}

// takeLost returns what was given up since the last call.
func (o *outbox) takeLost() Limits {
	l := o.lost
	o.lost = Limits{}
	return l
}

// offer returns the head to be handed over; taken or refused must follow.
func (o *outbox) offer() (codec.Message, bool) {
	if o.len() == 0 {
		return codec.Message{}, false
	}
	o.offered = true
	return o.list[o.head], true
}

// taken drops the head: the transport has it.
func (o *outbox) taken() {
	o.bytes -= len(o.list[o.head].Data)
	o.list[o.head] = codec.Message{}
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
	o.list, o.head, o.bytes, o.offered, o.shut = nil, 0, 0, false, true
	return l
}
