package tap

import (
	"cmp"
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// transitDelay is how long a transit time waits for others, at most, before it is recorded.
const transitDelay = 500 * time.Millisecond

// Tap watches the connections of one server. Its methods may be called from any goroutine.
type Tap struct {
	log          recording
	conns        atomic.Uint32
	transitTimer atomic.Bool // a timer runs that records the transit times of all connections

	mu     sync.Mutex
	open   map[uint32]*conn
	active *activeRules // nil for none
}

// New returns a tap that records into cfg.Sink.
func New(cfg Config) *Tap {
	if cfg.Snap <= 0 {
		cfg.Snap = DefaultSnap
	}
	if cfg.MaxInflate <= 0 {
		cfg.MaxInflate = DefaultMaxInflate
	}
	t := &Tap{open: map[uint32]*conn{}}
	t.log.snap.Store(int64(min(cfg.Snap, MaxSnap)))
	if cfg.LeaveMasked {
		t.log.runs, _ = cfg.Sink.(RunSink)
	}
	t.log.cfg, t.log.begin, t.log.transitsLater = cfg, time.Now(), t.recordTransitsLater
	return t
}

// Snap returns how many bytes are kept of each payload and message.
func (t *Tap) Snap() int { return t.log.snapLength() }

// SetSnap changes how many bytes are kept of each payload and message, from 1 to [MaxSnap]: on open connections from the next
// frame and message on.
func (t *Tap) SetSnap(n int) {
	t.log.snap.Store(int64(max(1, min(n, MaxSnap))))
	t.mu.Lock()
	open := t.inOrder()
	t.mu.Unlock()
	for _, c := range open {
		c.in.updateSnap()
		c.out.updateSnap()
	}
}

// Busy returns how long the tapped connections have waited for the tap so far: decoding, inflating and recording what
// passed, on all of them together. It is an estimate: one in 16 pieces that pass in a direction is timed, for all of them.
func (t *Tap) Busy() time.Duration { return time.Duration(t.log.busy.Load()) }

// newConn returns a tapped connection, which is not open yet.
func (t *Tap) newConn(nc net.Conn, of *responseWriter) *conn {
	return newConn(nc, recorder{&t.log, of.id}, of, t.forget)
}

// NewConn returns the number of a connection that another source records in the same capture.
func (t *Tap) NewConn() uint32 { return t.conns.Add(1) }

func (t *Tap) remember(c *conn) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.open[c.id] = c
}

func (t *Tap) forget(c *conn) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.open, c.id)
}

// inOrder returns the open connections, oldest first. The caller holds the lock.
func (t *Tap) inOrder() []*conn {
	list := make([]*conn, 0, len(t.open))
	for _, c := range t.open {
		list = append(list, c)
	}
	slices.SortFunc(list, func(a, b *conn) int { return cmp.Compare(a.id, b.id) })
	return list
}

// recordTransitsLater has the transit times of all connections recorded after transitDelay.
func (t *Tap) recordTransitsLater() {
	if t.transitTimer.CompareAndSwap(false, true) {
		time.AfterFunc(transitDelay, t.recordTransits)
	}
}

func (t *Tap) recordTransits() {
	t.transitTimer.Store(false)
	t.mu.Lock()
	open := t.inOrder()
	t.mu.Unlock()
	for _, c := range open {
		c.in.recordTransits()
		c.out.recordTransits()
	}
}
