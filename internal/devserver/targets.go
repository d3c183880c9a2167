package devserver

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"sync"

	"github.com/tetherscope/tetherscope/internal/proxy"
	"github.com/tetherscope/tetherscope/internal/tap"
)

// door is where clients come in for one target: a port of its own, on loopback whatever the server's own address is, since
// who reaches it reaches the target in this machine's name.
type door struct {
	target proxy.Target
	addr   string
	l      net.Listener
	proxy  *proxy.Proxy
	srv    *http.Server
}

// doors are the doors of a server.
type doors []*door

// openDoors listens for the targets, on the ports behind the server's own, or on any free ones where those are taken.
// config is the server's own TLS, or nil.
func openDoors(c Config, config *tls.Config) (d doors, err error) {
	if err := distinct(c.Targets); err != nil {
		return nil, err
	}
	for i, t := range c.Targets {
		l, err := listenBehind(c.Addr, i+1)
		if err != nil {
			d.close(context.Background())
			return nil, fmt.Errorf("-target %s: cannot listen: %w", t.Name, err)
		}
		one := &door{target: t, addr: l.Addr().String(), l: limitConns(l, c.MaxSockets)}
		if config != nil {
			one.l = tls.NewListener(one.l, config)
		}
		d = append(d, one)
	}
	options := proxy.Options{RewriteOrigin: c.TargetOrigin, OwnPorts: d.ports(c.Addr)}
	if c.InsecureUpstream {
		options.TLS = &tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS12} //nolint:gosec // the user asked for it, and is told
	}
	for _, one := range d {
		one.proxy = proxy.New(one.target, options)
	}
	return d, nil
}

// distinct reports two targets of one name.
func distinct(targets []proxy.Target) error {
	seen := map[string]bool{}
	for _, t := range targets {
		if seen[t.Name] {
			return fmt.Errorf("two -target are named %q; give each a name of its own", t.Name)
		}
		seen[t.Name] = true
	}
	return nil
}

// listenBehind listens on loopback, n ports behind that of addr, or on any port if that one is taken.
func listenBehind(addr string, n int) (net.Listener, error) {
	_, text, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, err
	}
	port, err := strconv.Atoi(text)
	if err == nil && port > 0 && port+n <= 65535 {
		if l, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port+n))); err == nil {
			return l, nil
		}
	}
	return net.Listen("tcp", "127.0.0.1:0")
}

// ports returns the ports of this program: its own and its doors'.
func (d doors) ports(addr string) map[uint16]bool {
	ports := map[uint16]bool{}
	for _, one := range d {
		ports[portOf(one.addr)] = true
	}
	ports[portOf(addr)] = true
	return ports
}

func portOf(addr string) uint16 {
	_, text, _ := net.SplitHostPort(addr) // the addresses of listeners have a port
	port, _ := strconv.ParseUint(text, 10, 16)
	return uint16(port)
}

// url returns what a client of the target calls instead.
func (d *door) url(c Config) string {
	return strings.Replace(c.scheme(), "http", "ws", 1) + "://" + d.addr + d.target.Path
}

// sources names the doors as a Content-Security-Policy does, each with a space before it.
func (d doors) sources(c Config) (list string) {
	for _, one := range d {
		list += " " + strings.Replace(c.scheme(), "http", "ws", 1) + "://" + one.addr
	}
	return list
}

// serve serves every door until close.
func (s *Server) serveDoors() {
	for _, d := range s.doors {
		d.srv = &http.Server{
			Handler:           s.doorHandler(d),
			ReadHeaderTimeout: readHeaderTimeout, // bodies may take as long as the target lets them
			IdleTimeout:       idleTimeout,
			MaxHeaderBytes:    maxHeaderBytes,
			ConnContext:       tap.ConnContext,
			ErrorLog:          quietLog(),

			DisableGeneralOptionsHandler: true, // the target answers, or nobody
		}
		go func() { _ = d.srv.Serve(tap.Listen(d.l)) }() // it ends with close
	}
}

// doorHandler checks who asks, and taps handshakes: refused ones too. Ordinary HTTP is not recorded.
func (s *Server) doorHandler(d *door) http.Handler {
	cfg := s.cfg
	cfg.Addr = d.addr
	who := newAccess(cfg, "")
	checked := who.allHosts(who.forTarget(d.target, d.proxy))
	watched := s.watch(d.target.Name, checked)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if proxy.IsHandshake(r) {
			watched.ServeHTTP(w, r)
			return
		}
		checked.ServeHTTP(w, r)
	})
}

// forTarget refuses requests from pages that have nothing to do with a target. Those that may use it are its own, as they
// are called through the proxy or without it, any page that this machine serves, and the allowed ones.
func (a *access) forTarget(t proxy.Target, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !a.Origin(r) && !localPage(r) && !strings.EqualFold(r.Header.Get("Origin"), t.Origin()) {
			refuse(w, http.StatusForbidden,
				"Pages of that Origin may not use this proxy. If it is yours, start it with -allow-origin ORIGIN.")
			return
		}
		next.ServeHTTP(w, r)
	})
}

// localPage reports whether a request comes from a page that this machine serves, at whatever port.
func localPage(r *http.Request) bool {
	fields := r.Header.Values("Origin")
	if len(fields) != 1 {
		return false
	}
	u, err := url.Parse(fields[0])
	if err != nil || u.Scheme != "http" && u.Scheme != "https" {
		return false
	}
	host := strings.ToLower(u.Hostname())
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || strings.HasSuffix(host, ".localhost") || err == nil && ip.IsLoopback()
}

// close ends every door and the connections behind it. No later than ctx, what is left is cut.
func (d doors) close(ctx context.Context) {
	var all sync.WaitGroup
	for _, one := range d {
		_ = one.l.Close() // it may be closed already
		if one.proxy != nil {
			all.Go(func() { one.proxy.Close(ctx) })
		}
		if one.srv != nil {
			all.Go(func() {
				if err := one.srv.Shutdown(ctx); errors.Is(err, context.DeadlineExceeded) {
					_ = one.srv.Close() // long downloads do not hold the end
				}
			})
		}
	}
	all.Wait()
}
