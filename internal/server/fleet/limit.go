package fleet

import (
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// Attempts of one address: so many at once, and then one in each attemptPause.
const (
	attempts     = 10
	attemptPause = 2 * time.Second
	maxAddresses = 1024 // that are remembered; then all are forgotten
)

// Limit bounds how often an address may begin a visit. The zero value is ready.
type Limit struct {
	mu sync.Mutex
	of map[string]*rate.Limiter
}

// Allow reports whether an address may begin a visit now.
func (l *Limit) Allow(address string, now time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	one := l.of[address]
	if one == nil {
		if l.of == nil || len(l.of) >= maxAddresses {
			l.of = map[string]*rate.Limiter{}
		}
		one = rate.NewLimiter(rate.Every(attemptPause), attempts)
		l.of[address] = one
	}
	return one.AllowN(now, 1)
}
