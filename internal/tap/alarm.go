package tap

import (
	"errors"
	"net"
	"os"
	"sync"
	"time"
)

// alarm wakes a reader that waits for bytes of a connection, by a deadline in the past: nothing else of a net.Conn can, and
// TLS takes a read that timed out up again. It keeps the deadline that the connection's owner wants.
type alarm struct {
	mu    sync.Mutex
	owner time.Time
	lane  time.Time // when a lane wants attention
	rung  bool
}

// set takes the owner's deadline.
func (a *alarm) set(c net.Conn, t time.Time) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.owner = t
	if a.rung {
		return nil // stop sets it
	}
	return c.SetReadDeadline(a.first())
}

// until takes the time at which a reader wants to be woken for a lane; the zero time for never.
func (a *alarm) until(c net.Conn, t time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.lane.IsZero() && t.IsZero() {
		return
	}
	a.lane = t
	if !a.rung {
		_ = c.SetReadDeadline(a.first()) // see ring
	}
}

// first returns the earlier of the owner's and the lane's deadline.
func (a *alarm) first() time.Time {
	if a.owner.IsZero() || !a.lane.IsZero() && a.lane.Before(a.owner) {
		return a.lane
	}
	return a.owner
}

// ownerPassed reports whether the owner's deadline is over.
func (a *alarm) ownerPassed() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return !a.owner.IsZero() && !time.Now().Before(a.owner)
}

// ring wakes whoever reads, or lets the next read return at once.
func (a *alarm) ring(c net.Conn) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.rung = true
	_ = c.SetReadDeadline(time.Unix(1, 0)) // fails on a closed connection, whose reader needs no waking
}

// stop gives the owner's deadline back, and reports whether the alarm had rung.
func (a *alarm) stop(c net.Conn) (rung bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if rung = a.rung; rung {
		a.rung = false
		_ = c.SetReadDeadline(a.first()) // see ring
	}
	return rung
}

// woke reports whether a read ended for the alarm alone.
func (a *alarm) woke(c net.Conn, err error) bool {
	return errors.Is(err, os.ErrDeadlineExceeded) && a.stop(c)
}
