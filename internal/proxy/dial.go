package proxy

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http/httptrace"
	"net/netip"
	"syscall"
	"time"

	"github.com/tetherscope/tetherscope/internal/record"
)

// Time limits of a connection that is not open yet.
const (
	dialTimeout   = 10 * time.Second
	answerTimeout = 30 * time.Second
)

// ErrOwnPort is why a target is not dialled that turns out to be this program: its control API would be reachable through
// the proxy, and a proxy in front of itself would call itself for ever.
var ErrOwnPort = errors.New("the target is this program itself, which is tapped already")

// dial connects to the target, and to nothing else. TLS certificates are verified unless the user said otherwise.
func (p *Proxy) dial(ctx context.Context) (c net.Conn, how record.Reached, err error) {
	ctx, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	dialer := net.Dialer{ControlContext: p.notOurselves}
	began := time.Now()
	c, err = dialer.DialContext(timeLookup(ctx, &how), "tcp", p.target.address())
	if err != nil {
		return nil, how, err
	}
	how.Connect = max(time.Since(began)-how.Lookup, 1) // it was done: never 0, which means that it was not
	how.Address = c.RemoteAddr().String()
	if p.target.Scheme == "http" {
		return c, how, nil
	}
	began = time.Now()
	tc := tls.Client(c, p.tls)
	if err := tc.HandshakeContext(ctx); err != nil {
		_ = c.Close() // it was never used
		return nil, how, fmt.Errorf("TLS with %s: %w", p.target.Host, err)
	}
	how.TLS = max(time.Since(began), 1)
	return tc, how, nil
}

// timeLookup lets a dialer with the context note how long it took to find the address of a name. An address needs no such
// looking up.
func timeLookup(ctx context.Context, how *record.Reached) context.Context {
	var began time.Time
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		DNSStart: func(httptrace.DNSStartInfo) { began = time.Now() },
		DNSDone:  func(httptrace.DNSDoneInfo) { how.Lookup = max(time.Since(began), 1) },
	})
}

// notOurselves refuses an address, resolved already, at which this program listens.
func (p *Proxy) notOurselves(_ context.Context, _, address string, _ syscall.RawConn) error {
	at, err := netip.ParseAddrPort(address)
	if err != nil {
		return err
	}
	if p.options.OwnPorts[at.Port()] && ofThisMachine(at.Addr().Unmap()) {
		return ErrOwnPort
	}
	return nil
}

// ofThisMachine reports whether dialling ip leads back to this machine.
func ofThisMachine(ip netip.Addr) bool {
	if ip.IsLoopback() || ip.IsUnspecified() {
		return true
	}
	own, err := net.InterfaceAddrs()
	if err != nil {
		return true // better no connection than one to ourselves
	}
	for _, a := range own {
		if prefix, err := netip.ParsePrefix(a.String()); err == nil && prefix.Addr().WithZone("") == ip.WithZone("") {
			return true
		}
	}
	return false
}
