// Package broadcast lets goroutines wait for the next change of something.
package broadcast

import (
	"sync"
	"sync/atomic"
)

// Broadcaster wakes all goroutines that wait for the next change. Call Next, then look at the value, then wait: no change
// is missed. A Broadcaster without a waiting goroutine costs nothing. The zero value is ready for use; it must not be copied.
type Broadcaster struct {
	awaited atomic.Bool // ch is not nil: so that Broadcast costs nothing otherwise
	mu      sync.Mutex
	ch      chan struct{}
}

// Next returns a channel that the next Broadcast closes.
func (b *Broadcaster) Next() <-chan struct{} {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.ch == nil {
		b.ch = make(chan struct{})
		b.awaited.Store(true)
	}
	return b.ch
}

// Broadcast announces a change.
func (b *Broadcaster) Broadcast() {
	if !b.awaited.Load() {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.ch != nil {
		close(b.ch)
		b.ch = nil
		b.awaited.Store(false)
	}
}
