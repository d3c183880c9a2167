package budget

import (
	"sync"
	"time"
)

// Pace is a share of work: what was spent is given back with time, perSecond bytes of it, so that the limit is what may be spent at once. Its
// methods may be called by any goroutine.
type Pace struct {
	*Share
	perSecond int64

	mu   sync.Mutex
	last time.Time // until when was given back
}

// Spend spends n bytes at a time, and reports whether that many were left. Where they were not, that is counted.
func (p *Pace) Spend(now time.Time, n int64) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.last.IsZero() {
		p.last = now
	}
	if back := int64(now.Sub(p.last).Seconds() * float64(p.perSecond)); back > 0 {
		p.last = now
		p.Return(min(back, p.used.Load()))
	}
	return p.Take(n)
}
