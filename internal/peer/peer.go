package peer

import (
	"net/netip"
	"sync"
	"time"

	"github.com/tetherscope/tetherscope/internal/capture/record"
)

// What lookups may cost: see the package's limits.
const (
	share = 10 // one part of this many of a core's time
	burst = 2 * time.Second
)

// Finder finds programs. Its methods may be called from any goroutine; they take turns.
type Finder struct {
	mu     sync.Mutex
	find   func(client, server netip.AddrPort) record.Program
	now    func() time.Time
	last   time.Time     // of the last lookup
	credit time.Duration // that lookups may still take
}

// New returns a finder.
func New() *Finder { return newFinder(newSystem(), time.Now) }

func newFinder(find func(client, server netip.AddrPort) record.Program, now func() time.Time) *Finder {
	return &Finder{find: find, now: now, last: now(), credit: burst}
}

// Program returns the program that has the client's end of a connection open, by the addresses of both ends. It is the zero value when
// the program is not known.
func (f *Finder) Program(client, server netip.AddrPort) record.Program {
	client, server = plain(client), plain(server)
	if client.Addr() != server.Addr() && !client.Addr().IsLoopback() {
		return record.Program{} // of another machine
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	began := f.now()
	f.credit = min(burst, f.credit+began.Sub(f.last)/share)
	f.last = began
	if f.credit <= 0 {
		return record.Program{}
	}
	p := f.find(client, server)
	f.credit -= f.now().Sub(began)
	return p
}

// plain returns an address without what its form adds.
func plain(a netip.AddrPort) netip.AddrPort {
	return netip.AddrPortFrom(a.Addr().Unmap().WithZone(""), a.Port())
}
