package tether

// receiptTracker follows the messages that were handed over and have a receipt: until they are flushed, and with a layer that
// resumes until they are acknowledged. It is guarded by shell.stepping.
type receiptTracker struct {
	keeps   bool   // a layer keeps messages until they are acknowledged, through any number of connections
	handed  uint64 // bytes handed to the current connection
	taken   uint64 // messages handed over since the client was made
	waiting []tracked
	broken  func() // called when what was handed over will get no answer; may be nil
}

// tracked is one message on its way.
type tracked struct {
	receipt *Receipt
	ends    uint64 // handed right after it
	ordinal uint64 // taken right after it
	flushed bool
}

// begin starts to count for a new connection.
func (t *receiptTracker) begin() {
	t.handed = 0
}

// handedOver notes that the connection took a message.
func (t *receiptTracker) handedOver(r *Receipt, size int) {
	t.handed += uint64(size)
	t.taken++
	if r == nil {
		return
	}
	r.settle(StageHandedOver, nil)
	t.waiting = append(t.waiting, tracked{receipt: r, ends: t.handed, ordinal: t.taken})
}

// follows reports whether any receipt is waited for.
func (t *receiptTracker) follows() bool {
	return len(t.waiting) > 0
}

// progress takes how many bytes the platform still holds. It returns how many receipts wait for more to leave, and how
// many bytes will be held when the first of them has; -1 if there is none.
func (t *receiptTracker) progress(buffered int) (unflushed, mark int) {
	mark = -1
	gone := t.handed - min(t.handed, uint64(max(buffered, 0)))
	t.keep(func(w *tracked) bool {
		if !w.flushed && w.ends <= gone {
			w.flushed = true
			w.receipt.settle(StageFlushed, nil)
		}
		if !w.flushed {
			unflushed++
			mark = max(mark, int(t.handed-w.ends))
		}
		return !w.flushed || t.keeps
	})
	return unflushed, mark
}

// acknowledged takes how many of the messages that were handed over the peer has not acknowledged yet.
func (t *receiptTracker) acknowledged(pending int) {
	total := t.taken - min(t.taken, uint64(max(pending, 0)))
	t.keep(func(w *tracked) bool {
		if w.ordinal <= total {
			w.receipt.settle(StageAcknowledged, nil)
		}
		return w.ordinal > total
	})
}

// ended: what was not flushed may or may not arrive. A layer that resumes will see to it that it does.
func (t *receiptTracker) ended() {
	if !t.keeps {
		t.finished()
		return
	}
	for i := range t.waiting {
		t.waiting[i].flushed = true // on this connection nothing more will be
	}
}

// finished: nothing more will become of what was handed over.
func (t *receiptTracker) finished() {
	t.keep(func(w *tracked) bool {
		w.receipt.settle(StageUncertain, ErrUncertain)
		return false
	})
	if t.broken != nil {
		t.broken()
	}
}

func (t *receiptTracker) keep(stays func(*tracked) bool) {
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
