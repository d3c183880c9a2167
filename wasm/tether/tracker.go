package tether

import "sync"

// keeper is a transport that keeps what it took until the peer has acknowledged it, through any number of connections. It
// calls f with how many of the messages it ever took are acknowledged, from any goroutine, whenever that grows.
type keeper interface{ onAcknowledged(f func(total uint64)) }

// tracker follows the messages that were handed over and have a receipt: until they are flushed, and with a keeper until
// they are acknowledged.
type tracker struct {
	mu      sync.Mutex
	keeps   bool   // the transport is a keeper
	handed  uint64 // bytes handed to the current connection
	taken   uint64 // messages handed over since the client was made
	waiting []tracked
}

// tracked is one message on its way.
type tracked struct {
	receipt *Receipt
	ends    uint64 // handed right after it
	ordinal uint64 // taken right after it
	flushed bool
}

// begin starts to count for a new connection.
func (t *tracker) begin() {
	t.mu.Lock()
	t.handed = 0
	t.mu.Unlock()
}

// handedOver notes that the connection took a message.
func (t *tracker) handedOver(r *Receipt, size int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.handed += uint64(size)
	t.taken++
	if r == nil {
		return
	}
	r.settle(HandedOver, nil)
	t.waiting = append(t.waiting, tracked{receipt: r, ends: t.handed, ordinal: t.taken})
}

// progress is told how many bytes the platform still holds, and returns how many receipts wait for more to leave.
func (t *tracker) progress(buffered int) (unflushed int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	gone := t.handed - min(t.handed, uint64(max(buffered, 0)))
	t.keep(func(w *tracked) bool {
		if !w.flushed && w.ends <= gone {
			w.flushed = true
			w.receipt.settle(Flushed, nil)
		}
		if !w.flushed {
			unflushed++
		}
		return !w.flushed || t.keeps
	})
	return unflushed
}

// acknowledged is told how many messages the peer has.
func (t *tracker) acknowledged(total uint64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.keep(func(w *tracked) bool {
		if w.ordinal <= total {
			w.receipt.settle(Acknowledged, nil)
		}
		return w.ordinal > total
	})
}

// ended: what was not flushed may or may not arrive. A keeper will see to it that it does.
func (t *tracker) ended() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.keep(func(w *tracked) bool {
		if !t.keeps {
			w.receipt.settle(Uncertain, ErrUncertain)
		}
		w.flushed = true // of this connection, nothing more will be flushed
		return t.keeps
	})
}

// finished: nothing will be acknowledged any more.
func (t *tracker) finished() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.keep(func(w *tracked) bool {
		w.receipt.settle(Uncertain, ErrUncertain)
		return false
	})
}

func (t *tracker) keep(stays func(*tracked) bool) {
	n := 0
	for i := range t.waiting {
		if stays(&t.waiting[i]) {
			t.waiting[n] = t.waiting[i]
			n++
		}
	}
	clear(t.waiting[n:])
	t.waiting = t.waiting[:n]
}
