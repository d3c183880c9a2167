package tether

import (
	"context"
	"errors"
	"sync"

	"github.com/tetherscope/tetherscope/wasm/codec"
)

// errEnd: the client is closed and everything was read.
var errEnd = errors.New("tether: end")

// maxMarks bounds the events that wait in an inbox without a reader.
const maxMarks = 256

// InboxOverflow is what happens when messages arrive faster than they are read, see [WithInbox].
type InboxOverflow uint8

const (
	// InboxOverflowBlock stops reading from the network at half of the limit, and the peer notices through TCP. A browser's
	// WebSocket cannot stop reading: there it is InboxOverflowClose, unless [WithResume] can make the server wait. The default.
	InboxOverflowBlock InboxOverflow = iota
	// InboxOverflowClose closes the connection with 1008 beyond the limit and makes a new one: [Lost] and [Dropped] report it.
	InboxOverflowClose
	// InboxOverflowDropOldest gives up the messages that wait longest; [Dropped] says how many. The connection stays.
	InboxOverflowDropOldest
)

// entry is a message, or an event that came between messages.
type entry struct {
	message codec.Message
	event   Event  // nil: a message
	keyed   *keyed // in place of message: one that a newer may replace
}

// keyed is a message that waits under its key.
type keyed struct {
	key     string
	message codec.Message
}

func (e *entry) size() int {
	if e.keyed != nil {
		return len(e.keyed.message.Data)
	}
	return len(e.message.Data)
}

// inbox holds what arrived until it is read: messages and events in one order, through any number of connections, so
// that a message which came before a close is read before it, however late the reader is.
type inbox struct {
	limits Limits
	wake   chan struct{} // holds a token while a reader waits and something is there to read
	end    chan struct{} // closed when nothing more comes
	low    func()        // called when a reader caught up after high

	mu       sync.Mutex
	list     []entry // list[head:] waits
	head     int
	messages int
	bytes    int
	marks    int
	waiting  int // readers
	high     bool
	closed   bool
	oldest   bool              // InboxDropOldest
	keys     map[string]*keyed // those that wait
	lost     Limits            // what oldest cost since the last takeLost
	replaced uint64
}

func newInbox(l Limits, low func()) *inbox {
	return &inbox{limits: l, wake: make(chan struct{}, 1), end: make(chan struct{}), low: low}
}

// push appends a message. full: it does not fit, and was taken only if force is set. high: more than half is used. A
// message with a key takes the place of one with the same key that waits.
func (in *inbox) push(m codec.Message, key string, force bool) (full, high bool) {
	in.mu.Lock()
	if old := in.keys[key]; old != nil {
		full = in.replace(old, m, force)
	} else {
		full = in.append(m, key, force)
	}
	for in.oldest && in.bytes > in.limits.Bytes && in.messages > 1 { // a larger one took a smaller one's place
		in.forget(false)
	}
	high = in.messages*2 >= in.limits.Messages || in.bytes*2 >= in.limits.Bytes
	in.high = in.high || high
	in.signal()
	in.mu.Unlock()
	return full, high
}

func (in *inbox) replace(old *keyed, m codec.Message, force bool) (full bool) {
	grown := in.bytes + len(m.Data) - len(old.message.Data)
	full = grown > in.limits.Bytes && in.messages > 1 && !in.oldest
	if !full || force {
		in.bytes, old.message = grown, m
		in.replaced++
	}
	return full
}

func (in *inbox) isFull(size int) bool {
	return in.messages > 0 && (in.messages >= in.limits.Messages || in.bytes+size > in.limits.Bytes)
}

func (in *inbox) append(m codec.Message, key string, force bool) (full bool) {
	for in.oldest && in.isFull(len(m.Data)) {
		in.forget(false)
	}
	full = in.isFull(len(m.Data))
	if full && !force {
		return full
	}
	e := entry{message: m}
	if key != "" {
		if in.keys == nil {
			in.keys = map[string]*keyed{}
		}
		e = entry{keyed: &keyed{key, m}}
		in.keys[key] = e.keyed
	}
	in.list = append(in.list, e)
	in.messages++
	in.bytes += len(m.Data)
	return full
}

// takeLost returns what was given up since the last call.
func (in *inbox) takeLost() Limits {
	in.mu.Lock()
	defer in.mu.Unlock()
	l := in.lost
	in.lost = Limits{}
	return l
}

// mark appends an event. An inbox without a reader forgets its oldest events, and no message.
func (in *inbox) mark(e Event) {
	in.mu.Lock()
	if in.marks++; in.marks > maxMarks {
		in.forget(true)
	}
	in.list = append(in.list, entry{event: e})
	in.signal()
	in.mu.Unlock()
}

// forget takes out the oldest event or the oldest message.
func (in *inbox) forget(event bool) {
	for i := in.head; i < len(in.list); i++ {
		if e := in.list[i]; (e.event != nil) == event {
			if !event {
				in.lost.Messages++
				in.lost.Bytes += e.size()
			}
			copy(in.list[in.head+1:i+1], in.list[in.head:i])
			in.list[in.head] = entry{}
			in.head++
			in.account(e)
			return
		}
	}
}

// signal wakes a reader, if one waits and there is something to read. The lock is held.
func (in *inbox) signal() {
	if in.waiting == 0 || in.head == len(in.list) {
		return
	}
	select {
	case in.wake <- struct{}{}:
	default:
	}
}

// close says that nothing more comes. What is there can still be read.
func (in *inbox) close() {
	in.mu.Lock()
	defer in.mu.Unlock()
	if !in.closed {
		in.closed = true
		close(in.end)
	}
}

// take returns the next entry. It waits for one until ctx is done, whose cause it returns, or until the end: errEnd.
func (in *inbox) take(ctx context.Context) (entry, error) {
	for {
		if ctx.Err() != nil { // also while there is something to read
			return entry{}, context.Cause(ctx)
		}
		e, ok, closed := in.next()
		switch {
		case ok:
			return e, nil
		case closed:
			return entry{}, errEnd
		}
		if err := in.wait(ctx); err != nil {
			return entry{}, err
		}
	}
}

// wait waits until there may be something to read, as next has announced.
func (in *inbox) wait(ctx context.Context) (err error) {
	select {
	case <-in.wake:
	case <-in.end:
	case <-ctx.Done():
		err = context.Cause(ctx)
	}
	in.mu.Lock()
	in.waiting--
	in.signal() // the token may have been for another reader
	in.mu.Unlock()
	return err
}

// next returns the next entry if there is one. If more is to come, the caller is one who waits for it.
func (in *inbox) next() (e entry, ok, closed bool) {
	in.mu.Lock()
	if in.head == len(in.list) {
		closed = in.closed
		if !closed {
			in.waiting++
		}
		in.mu.Unlock()
		return entry{}, false, closed
	}
	e = in.list[in.head]
	in.list[in.head] = entry{}
	in.head++
	in.account(e)
	if e.keyed != nil {
		e.message = e.keyed.message
	}
	in.signal() // for another reader
	low := in.high && in.messages*4 <= in.limits.Messages && in.bytes*4 <= in.limits.Bytes
	if low {
		in.high = false
	}
	in.mu.Unlock()
	if low {
		in.low()
	}
	return e, true, false
}

// account takes e off the books and the used-up front off the list.
func (in *inbox) account(e entry) {
	if e.event != nil {
		in.marks--
	} else {
		in.messages--
		in.bytes -= e.size()
	}
	if e.keyed != nil {
		delete(in.keys, e.keyed.key)
	}
	switch {
	case in.head == len(in.list):
		in.list, in.head = in.list[:0], 0
	case in.head >= 64 && in.head*2 >= len(in.list):
		n := copy(in.list, in.list[in.head:])
		clear(in.list[n:])
		in.list, in.head = in.list[:n], 0
	}
}

// isEmpty reports whether no message waits.
func (in *inbox) isEmpty() bool { return in.size().Messages == 0 }

// size returns what waits.
func (in *inbox) size() Limits {
	in.mu.Lock()
	defer in.mu.Unlock()
	return Limits{in.messages, in.bytes}
}

// conflated returns how many messages were replaced.
func (in *inbox) conflated() uint64 {
	in.mu.Lock()
	defer in.mu.Unlock()
	return in.replaced
}
