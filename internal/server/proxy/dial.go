package proxy

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http/httptrace"
	"net/netip"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/tetherscope/tetherscope/internal/capture/record"
)

// Time limits of a connection that is not open yet.
const (
	dialTimeout   = 10 * time.Second
	answerTimeout = 30 * time.Second
)

// ErrOwnPort is why a target is not dialled that turns out to be this program: its control API would be reachable through
// the proxy, and a proxy in front of itself would call itself endlessly.
var ErrOwnPort = errors.New("the target is this program itself, which is tapped already")

// ErrMoved is why a target is not dialled whose name led to the internet before, and now to this machine or a private network: who
// controls the name would reach, through the proxy, what only this machine reaches (DNS rebinding).
var ErrMoved = errors.New("the target's name has led to a public address, and now leads to a private one; " +
	"if that is right, start again, or name the address in -target")

// dial connects to the target, and to nothing else. TLS certificates are verified unless the user said otherwise.
func (p *Proxy) dial(ctx context.Context, config *tls.Config) (c net.Conn, how record.Reached, err error) {
	c, how, err = p.connect(ctx, config)
	if p.options.Reached != nil && ctx.Err() == nil { // what a client gave up says nothing of the target
		p.options.Reached(err)
	}
	return c, how, err
}

func (p *Proxy) connect(ctx context.Context, config *tls.Config) (c net.Conn, how record.Reached, err error) {
	ctx, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	began := time.Now()
	c, err = Dial(timeLookup(ctx, &how), cmp.Or(p.options.Address, p.target.address()), p.options)
	if err != nil {
		return nil, how, err
	}
	how.Connect = max(time.Since(began)-how.Lookup, 1) // it was done: never 0, which means that it was not
	how.Address = c.RemoteAddr().String()
	if at, err := netip.ParseAddrPort(how.Address); err == nil && p.options.Through == nil && public(at.Addr()) {
		p.options.public.Store(true)
	}
	if p.target.Scheme == "http" {
		return c, how, nil
	}
	began = time.Now()
	tc := tls.Client(c, config)
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

// Dial connects to host:port as the options say: never to a port of this program, and by another proxy when there is one.
func Dial(ctx context.Context, address string, o Options) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	dialer := net.Dialer{ControlContext: o.permitted}
	if o.Through == nil {
		return dialer.DialContext(ctx, "tcp", address)
	}
	if err := o.notNamed(address); err != nil {
		return nil, err
	}
	return o.Through.dial(ctx, &dialer, address)
}

// permitted refuses an address, resolved already, at which this program listens, and a private one of a target that was public.
func (o *Options) permitted(_ context.Context, _, address string, _ syscall.RawConn) error {
	at, err := netip.ParseAddrPort(address)
	if err != nil {
		return err
	}
	if o.public != nil && o.public.Load() && !public(at.Addr()) {
		return ErrMoved
	}
	if o.own(at.Port()) && ofThisMachine(at.Addr().Unmap()) {
		return ErrOwnPort
	}
	return nil
}

// own reports whether this program listens at a port.
func (o *Options) own(port uint16) bool { return o.OwnPorts[port] || o.Own != nil && o.Own(port) }

// notNamed refuses an address that another proxy resolves, when it names this program. That proxy may run on this machine.
func (o *Options) notNamed(address string) error {
	host, text, err := net.SplitHostPort(address)
	if err != nil {
		return err
	}
	port, err := strconv.ParseUint(text, 10, 16)
	if err != nil {
		return err
	}
	ip, err := netip.ParseAddr(host)
	name := strings.ToLower(strings.TrimSuffix(host, "."))
	local := err == nil && ofThisMachine(ip.Unmap()) || name == "localhost" || strings.HasSuffix(name, ".localhost")
	if local && o.own(uint16(port)) {
		return ErrOwnPort
	}
	return nil
}

// shared is the address space between providers and their customers (RFC 6598).
var shared = netip.MustParsePrefix("100.64.0.0/10")

// public reports whether an address is one of the internet: neither of this machine nor of a private or local network.
func public(ip netip.Addr) bool {
	ip = ip.Unmap()
	return ip.IsGlobalUnicast() && !ip.IsPrivate() && !shared.Contains(ip) && !ofThisMachine(ip)
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
