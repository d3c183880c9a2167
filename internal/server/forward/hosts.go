package forward

import (
	"cmp"
	"context"
	"net"
	"slices"
	"strings"
	"sync"

	"github.com/tetherscope/tetherscope/internal/server/proxy"
	"github.com/tetherscope/tetherscope/scope/act"
)

// maxHosts bounds the hosts that are counted one by one, and the destinations that are remembered.
const maxHosts = 1000

// destination is what a client wants to reach.
type destination struct {
	scheme  string // "http" or "https"
	host    string // name or address, as it is verified and shown
	address string // host:port that is dialled
}

// target is the destination as a proxy takes it.
func (d destination) target() proxy.Target {
	_, port, _ := net.SplitHostPort(d.address) // parseAddress made it
	host := d.host
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	if port != map[string]string{"http": "80", "https": "443"}[d.scheme] {
		host += ":" + port
	}
	return proxy.Target{Name: host, Scheme: d.scheme, Host: host}
}

// Host is what the proxy knows of a host.
type Host = act.PassedHost

// hosts counts what passes, and keeps the proxies of destinations.
type hosts struct {
	make func(destination) *proxy.Proxy

	mu     sync.Mutex
	byName map[string]*Host
	rest   Host // of hosts beyond the bound
	known  map[destination]*proxy.Proxy
	order  []destination // the oldest first
}

// count calls f on what is known of a host, under the lock.
func (h *hosts) count(name string, f func(*Host)) {
	h.mu.Lock()
	defer h.mu.Unlock()
	one := h.byName[name]
	if one == nil {
		one = &h.rest
		if len(h.byName) < maxHosts {
			one = &Host{Name: name}
			h.byName[name] = one
		}
	}
	f(one)
}

// passed returns why a host's TLS is not read, or "".
func (h *hosts) passed(name string) string {
	h.mu.Lock()
	defer h.mu.Unlock()
	if one := h.byName[name]; one != nil {
		return one.Passed
	}
	return ""
}

// list returns all hosts by name, and last, without a name, those beyond the bound.
func (h *hosts) list() []Host {
	h.mu.Lock()
	defer h.mu.Unlock()
	all := make([]Host, 0, len(h.byName)+1)
	for _, one := range h.byName {
		all = append(all, *one)
	}
	slices.SortFunc(all, func(a, b Host) int { return cmp.Compare(a.Name, b.Name) })
	if h.rest.Requests+h.rest.Sockets > 0 {
		all = append(all, h.rest)
	}
	return all
}

// proxy returns the proxy of a destination. Beyond the bound the oldest that has no open connection is closed.
func (h *hosts) proxy(d destination) *proxy.Proxy {
	h.mu.Lock()
	defer h.mu.Unlock()
	if p := h.known[d]; p != nil {
		return p
	}
	if len(h.order) >= maxHosts {
		h.forget()
	}
	p := h.make(d)
	h.known[d] = p
	h.order = append(h.order, d)
	return p
}

// forget closes the oldest proxy without an open connection, if there is one. A request on its way through it still ends: only
// connections that wait for a next one are closed.
func (h *hosts) forget() {
	for i, d := range h.order {
		if p := h.known[d]; p.Open() == 0 {
			p.Close(context.Background()) // nothing is open
			delete(h.known, d)
			h.order = slices.Delete(h.order, i, i+1)
			return
		}
	}
}

// close closes all proxies.
func (h *hosts) close(ctx context.Context) {
	h.mu.Lock()
	all := make([]*proxy.Proxy, 0, len(h.known))
	for _, p := range h.known {
		all = append(all, p)
	}
	h.mu.Unlock()
	var left sync.WaitGroup
	for _, p := range all {
		left.Go(func() { p.Close(ctx) })
	}
	left.Wait()
}
