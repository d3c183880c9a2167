package tether

import (
	"context"
	"errors"
	"sync"

	"github.com/tetherscope/tetherscope/wasm/codec"
)

// errEnd: the client is closed and everything was read.
var errEnd = errors.New("tether: end")

// maxMarks bounds the events that wait in an inbox which nobody reads.
const maxMarks = 256

// entry is a message, or an event that came between messages.
type entry struct {
	message codec.Message
	event   Event // nil: a message
}

// inbox holds what arrived until it is read: messages and events in one order, through any number of connections, so
// that a message which came before a close is read before it, however late the reader is.
type inbox struct {
	limits Limits
	wake   chan struct{} // holds a token while something is there to read
	end    chan struct{} // closed when nothing more comes
	low    func()        // called when a reader caught up after high

	mu       sync.Mutex
	list     []entry // list[head:] waits
	head     int
	messages int
	bytes    int
	marks    int
	high     bool
	closed   bool
}

func newInbox(l Limits, low func()) *inbox {
	return &inbox{limits: l, wake: make(chan struct{}, 1), end: make(chan struct{}), low: low}
}

// push appends a message. full: it does not fit, and was taken only if force is set. high: more than half is used.
func (in *inbox) push(m codec.Message, force bool) (full, high bool) {
	in.mu.Lock()
	full = in.messages >= in.limits.Messages || in.bytes+len(m.Data) > in.limits.Bytes && in.messages > 0
	if !full || force {
		in.list = append(in.list, entry{message: m})
		in.messages++
		in.bytes += len(m.Data)
	}
	high = in.messages*2 >= in.limits.Messages || in.bytes*2 >= in.limits.Bytes
	in.high = in.high || high
	in.mu.Unlock()
	in.signal()
	return full, high
}

// mark appends an event. An inbox that nobody reads forgets its oldest ones, and no message.
func (in *inbox) mark(e Event) {
	in.mu.Lock()
	if in.marks++; in.marks > maxMarks {
		in.forgetMark()
	}
	in.list = append(in.list, entry{event: e})
	in.mu.Unlock()
	in.signal()
}

func (in *inbox) forgetMark() {
	for i := in.head; i < len(in.list); i++ {
		if in.list[i].event != nil {
			copy(in.list[in.head+1:i+1], in.list[in.head:i])
			in.list[in.head] = entry{}
			in.head++
			in.marks--
			return
		}
	}
}

func (in *inbox) signal() {
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
		e, ok, closed := in.next()
		switch {
		case ok:
			return e, nil
		case closed:
			return entry{}, errEnd
		}
		select {
		case <-in.wake:
		case <-in.end:
		case <-ctx.Done():
			return entry{}, context.Cause(ctx)
		}
	}
}

// next returns the next entry if there is one.
func (in *inbox) next() (e entry, ok, closed bool) {
	in.mu.Lock()
	if in.head == len(in.list) {
		closed = in.closed
		in.mu.Unlock()
		return entry{}, false, closed
	}
	e = in.list[in.head]
	in.list[in.head] = entry{}
	in.head++
	in.account(e)
	more := in.head < len(in.list)
	low := in.high && in.messages*4 <= in.limits.Messages && in.bytes*4 <= in.limits.Bytes
	if low {
		in.high = false
	}
	in.mu.Unlock()
	if more {
		in.signal() // for another reader
	}
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
		in.bytes -= len(e.message.Data)
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

// size returns what waits.
func (in *inbox) size() Limits {
	in.mu.Lock()
	defer in.mu.Unlock()
	return Limits{in.messages, in.bytes}
}
