package app

import (
	"net/netip"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// addresses limits what comes from one address, and what comes at all.
type addresses struct {
	limits Limits
	mu     sync.Mutex
	total  int
	byAddr map[netip.Prefix]*address
}

// address is what one bucket has used. Its limiter for messages is used without the table's lock.
type address struct {
	clients  int
	dials    *rate.Limiter
	messages *rate.Limiter
	seen     time.Time
}

func newAddresses(l Limits) *addresses {
	return &addresses{limits: l, byAddr: map[netip.Prefix]*address{}}
}

// refusal is why a handshake is refused before the upgrade.
type refusal string

// The refusals.
const (
	admitted         refusal = ""
	tooManyDials     refusal = "too many handshakes from this address"
	tooManyOfAddress refusal = "too many connections from this address"
	tooMany          refusal = "too many connections"
)

// enter counts a connection from addr. The caller calls leave once when it was admitted.
func (t *addresses) enter(addr netip.Addr, now time.Time) (*address, refusal) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.total >= t.limits.Clients {
		return nil, tooMany
	}
	a := t.find(bucket(addr), now)
	switch {
	case !a.dials.AllowN(now, 1):
		return nil, tooManyDials
	case a.clients >= t.limits.AddressClients:
		return nil, tooManyOfAddress
	}
	a.clients++
	t.total++
	return a, admitted
}

// leave undoes enter.
func (t *addresses) leave(a *address) {
	t.mu.Lock()
	defer t.mu.Unlock()
	a.clients--
	t.total--
}

// find returns the entry of b, and makes room for a new one: by forgetting addresses without connections, idle ones
// first. Those with connections are bounded by the limit of connections.
func (t *addresses) find(b netip.Prefix, now time.Time) *address {
	a := t.byAddr[b]
	if a == nil {
		if len(t.byAddr) >= t.limits.PerAddressTables {
			t.forget(now)
		}
		l := t.limits
		a = &address{
			dials:    rate.NewLimiter(rate.Limit(l.AddressDials), l.AddressDials),
			messages: rate.NewLimiter(rate.Limit(l.AddressMessages), l.AddressMessages),
		}
		t.byAddr[b] = a
	}
	a.seen = now
	return a
}

// forget drops the addresses that have used nothing for a second, in which their limiters are full again; when there
// are none, any without connections.
func (t *addresses) forget(now time.Time) {
	for b, a := range t.byAddr {
		if a.clients == 0 && now.Sub(a.seen) >= time.Second {
			delete(t.byAddr, b)
		}
	}
	for b, a := range t.byAddr {
		if len(t.byAddr) < t.limits.PerAddressTables {
			return
		}
		if a.clients == 0 {
			delete(t.byAddr, b)
		}
	}
}
