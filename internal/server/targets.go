package server

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"

	"github.com/tetherscope/tetherscope/internal/server/proxy"
	"github.com/tetherscope/tetherscope/internal/tap"
)

// targetListener accepts the clients of one target at a port of its own. It listens on loopback whatever the server's own
// address is: a client that reaches it reaches the target under this machine's address.
type targetListener struct {
	target proxy.Target
	addr   string
	l      net.Listener
	proxy  *proxy.Proxy
	srv    *http.Server
}

// targetListeners are those of a server.
type targetListeners []*targetListener

// listenForTargets listens for the targets, each on the port that its name gets: see [targetPort]. config is the server's own TLS, or nil.
func listenForTargets(c Config, config *tls.Config) (all targetListeners, err error) {
	if err := distinct(c.Targets); err != nil {
		return nil, err
	}
	for _, t := range c.Targets {
		all = append(all, &targetListener{target: t})
	}
	for _, one := range all.byHost() {
		l, err := listenFor(c.Addr, one.target.LocalHost())
		if err != nil {
			all.close(context.Background())
			return nil, fmt.Errorf("-target %s: cannot listen: %w", one.target.Name, err)
		}
		one.addr, one.l = l.Addr().String(), limitConns(l, c.MaxSockets)
		if config != nil {
			one.l = tls.NewListener(one.l, config)
		}
	}
	options := all.options(c)
	for _, one := range all {
		one.proxy = proxy.New(one.target, options)
	}
	return all, nil
}

// options returns how targets are reached.
func (all targetListeners) options(c Config) proxy.Options {
	options := proxy.Options{HTTP2: c.HTTP2, RewriteOrigin: c.TargetOrigin, Scheme: c.scheme(), OwnPorts: all.ports(c.Addr), Named: all.named}
	if c.InsecureUpstream {
		options.TLS = &tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS12} //nolint:gosec // the user asked for it, and a warning is printed
	}
	return options
}

// named returns the target of a name.
func (all targetListeners) named(name string) (proxy.Target, bool) {
	for _, one := range all {
		if one.target.Name == name {
			return one.target, true
		}
	}
	return proxy.Target{}, false
}

// distinct reports two targets of one name, or with names that make the same host name.
func distinct(targets []proxy.Target) error {
	seen := map[string]string{}
	for _, t := range targets {
		switch before, ok := seen[t.LocalHost()]; {
		case ok && before == t.Name:
			return fmt.Errorf("two -target are named %q; give each a name of its own", t.Name)
		case ok:
			return fmt.Errorf("the -target %q and %q would both be %s; give one another name", before, t.Name, t.LocalHost())
		}
		seen[t.LocalHost()] = t.Name
	}
	return nil
}

// ports returns the ports of this program: the server's own, which is that of addr, and those of its targets.
func (all targetListeners) ports(addr string) map[uint16]bool {
	ports := map[uint16]bool{}
	for _, one := range all {
		ports[portOf(one.addr)] = true
	}
	ports[portOf(addr)] = true
	return ports
}

func portOf(addr string) uint16 {
	port, _ := strconv.ParseUint(portText(addr), 10, 16)
	return uint16(port)
}

func portText(addr string) string {
	_, text, _ := net.SplitHostPort(addr) // the addresses of listeners have a port
	return text
}

// url returns the URL, at host or at the address of the listener, that a client calls in place of the target's.
func (l *targetListener) url(c Config, at string) string {
	return strings.Replace(c.scheme(), "http", "ws", 1) + "://" + at + l.target.Path
}

// sources lists the listeners as a Content-Security-Policy does, each with a space before it.
func (all targetListeners) sources(c Config) (list string) {
	for _, one := range all {
		list += " " + strings.Replace(c.scheme(), "http", "ws", 1) + "://" + one.host()
	}
	return list
}

// serveTargets serves every target until close.
func (s *Server) serveTargets() {
	for _, l := range s.targets {
		l.srv = &http.Server{
			Handler:           s.targetHandler(l),
			ReadHeaderTimeout: readHeaderTimeout, // for the rest, see limitStalls
			IdleTimeout:       idleTimeout,
			MaxHeaderBytes:    maxHeaderBytes,
			ConnContext:       tap.ConnContext,
			ErrorLog:          quietLog(),

			DisableGeneralOptionsHandler: true, // only the target answers
		}
		s.speakHTTP2(l.srv, tap.Listen)
		go func() { _ = l.srv.Serve(tap.Listen(l.l)) }() // close ends it
	}
}

// close closes every listener and its connections, in good order, or abruptly when ctx ends.
func (all targetListeners) close(ctx context.Context) {
	var left sync.WaitGroup
	for _, one := range all {
		if one.l != nil {
			_ = one.l.Close() // it may be closed already
		}
		if one.proxy != nil {
			left.Go(func() { one.proxy.Close(ctx) })
		}
		if one.srv != nil {
			left.Go(func() {
				if err := one.srv.Shutdown(ctx); errors.Is(err, context.DeadlineExceeded) {
					_ = one.srv.Close() // a long download does not delay the end
				}
			})
		}
	}
	left.Wait()
}
