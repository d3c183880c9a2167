package proxy

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"syscall"
	"time"
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
func (p *Proxy) dial(ctx context.Context) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	dialer := net.Dialer{ControlContext: p.notOurselves}
	c, err := dialer.DialContext(ctx, "tcp", p.target.address())
	if err != nil || p.target.Scheme == "http" {
		return c, err
	}
	tc := tls.Client(c, p.tls)
	if err := tc.HandshakeContext(ctx); err != nil {
		_ = c.Close() // it was never used
		return nil, fmt.Errorf("TLS with %s: %w", p.target.Host, err)
	}
	return tc, nil
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
