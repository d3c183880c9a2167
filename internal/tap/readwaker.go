package tap

import (
	"errors"
	"net"
	"os"
	"sync"
	"time"
)

// readWaker wakes a reader that waits for bytes of a connection. It sets a read deadline in the past, the only way that a net.Conn
// has, and one after which TLS can read on. It keeps the deadline that the connection's owner has set.
type readWaker struct {
	mu     sync.Mutex
	owner  time.Time
	shaper time.Time // when the next step of a shaper is due
	woken  bool      // the deadline is in the past until stop is called
}

// set sets the owner's deadline.
func (w *readWaker) set(c net.Conn, t time.Time) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.owner = t
	if w.woken {
		return nil // stop sets it
	}
	return c.SetReadDeadline(w.first())
}

// until sets the time at which the reader is woken for its shaper; the zero time means never.
func (w *readWaker) until(c net.Conn, t time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.shaper.IsZero() && t.IsZero() {
		return
	}
	w.shaper = t
	if !w.woken {
		_ = c.SetReadDeadline(w.first()) // see wake
	}
}

// first returns the earlier of the owner's and the shaper's deadline.
func (w *readWaker) first() time.Time {
	if w.owner.IsZero() || !w.shaper.IsZero() && w.shaper.Before(w.owner) {
		return w.shaper
	}
	return w.owner
}

// ownerPassed reports whether the owner's deadline is over.
func (w *readWaker) ownerPassed() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return !w.owner.IsZero() && !time.Now().Before(w.owner)
}

// wake wakes the reader; when there is none, the next read returns at once.
func (w *readWaker) wake(c net.Conn) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.woken = true
	_ = c.SetReadDeadline(time.Unix(1, 0)) // fails on a closed connection, whose reader needs no waking
}

// stop restores the owner's deadline, and reports whether the reader was woken.
func (w *readWaker) stop(c net.Conn) (woken bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if woken = w.woken; woken {
		w.woken = false
		_ = c.SetReadDeadline(w.first()) // see wake
	}
	return woken
}

// interrupted reports whether a read ended only because the reader was woken.
func (w *readWaker) interrupted(c net.Conn, err error) bool {
	return errors.Is(err, os.ErrDeadlineExceeded) && w.stop(c)
}
