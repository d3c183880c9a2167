package server

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"

	"github.com/tetherscope/tetherscope/internal/origin"
	"github.com/tetherscope/tetherscope/internal/server/forward"
	"github.com/tetherscope/tetherscope/internal/server/proxy"
	"github.com/tetherscope/tetherscope/scope/act"
)

// Forwarding says how the forward proxy is served.
type Forwarding struct {
	Addr     string           // host:port to listen on; "" for no forward proxy
	Only     forward.Patterns // hosts whose TLS is read; none for all
	Pass     forward.Patterns // hosts whose TLS is passed through
	User     string           // credentials of clients; required when Addr is not on loopback
	Password string
	Through  *proxy.Through // another proxy behind it; nil for none
	CertFile string         // where the authority's certificate is written, in PEM; "" for nowhere
}

// forwarding is the forward proxy of a running server.
type forwarding struct {
	l         net.Listener
	proxy     *forward.Proxy
	authority *forward.Authority
}

// listenForward listens for the clients of the forward proxy, if there is to be one.
func (s *Server) listenForward(out io.Writer) (err error) {
	c := s.cfg.Forward
	if c.Addr == "" {
		return nil
	}
	f := &forwarding{}
	if f.authority, err = forward.NewAuthority(); err != nil {
		return err
	}
	if c.CertFile != "" {
		if err := os.WriteFile(c.CertFile, f.authority.PEM(), 0o644); err != nil { //nolint:gosec // everybody may read a certificate
			return fmt.Errorf("-proxy-ca: %w", err)
		}
	}
	if f.l, err = net.Listen("tcp", c.Addr); err != nil {
		return fmt.Errorf("-proxy %s: cannot listen: %w", c.Addr, err)
	}
	ports := s.targets.list().ports(s.cfg.Addr)
	ports[portOf(f.l.Addr().String())] = true
	upstream := proxy.Options{HTTP2: s.cfg.HTTP2, OwnPorts: ports, Own: s.targets.ownPort, Through: c.Through}
	if s.cfg.InsecureUpstream {
		upstream.TLS = unverified()
	}
	var one sync.Mutex
	f.proxy = forward.New(forward.Options{
		Authority: f.authority, Tap: s.watch, Upstream: upstream, HTTP2: s.cfg.HTTP2, User: c.User, Password: c.Password, Only: c.Only, Pass: c.Pass,
		Notice: func(host, sentence string) {
			one.Lock()
			defer one.Unlock()
			_, _ = fmt.Fprintf(out, "proxy: %q: %s\n", host, sentence)
		},
	})
	s.forward = f
	return nil
}

// announce prints how the proxy is used.
func (f *forwarding) announce(out io.Writer, c Forwarding) {
	if f == nil {
		return
	}
	at := origin.Callable(f.l.Addr().String())
	_, _ = fmt.Fprintf(out, "  proxy     http://%s  and socks5://%[1]s, for programs and browsers that are set to use it\n", at)
	_, _ = fmt.Fprintf(out, "            https and wss are read when the client trusts the certificate of this run: http://%s/ through the proxy", forward.MagicHost)
	if c.CertFile != "" {
		_, _ = fmt.Fprintf(out, ", or %s", c.CertFile)
	}
	_, _ = fmt.Fprint(out, "\n")
	if c.Through != nil {
		_, _ = fmt.Fprintf(out, "            servers are reached by %s\n", c.Through)
	}
	_, _ = fmt.Fprintln(out)
}

// serve serves the proxy until close.
func (f *forwarding) serve() {
	if f != nil {
		go func() { _ = f.proxy.Serve(f.l) }() // close ends it
	}
}

// close ends the proxy and its connections, in good order or, when ctx ends, abruptly.
func (f *forwarding) close(ctx context.Context) {
	if f != nil {
		_ = f.l.Close() // it may be closed already
		f.proxy.Close(ctx)
	}
}

// forwardHosts answers what has passed the forward proxy, by host: the requests that are not recorded, the WebSockets that are, and why TLS to
// a host is passed through.
func (s *Server) forwardHosts(w http.ResponseWriter, _ *http.Request) {
	answer := act.Passed{Hosts: []forward.Host{}}
	if s.forward != nil {
		answer.Addr, answer.Hosts = s.forward.l.Addr().String(), s.forward.proxy.Hosts()
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(answer) // the client may be gone
}

// parseForward checks the flags of the forward proxy.
func (o *Options) parseForward() (err error) {
	f := &o.Forward
	if f.Addr == "" {
		for name, set := range map[string]bool{"-proxy-only": o.only != "", "-pass": o.pass != "", "-proxy-auth": o.proxyAuth != "", "-upstream-proxy": o.through != "", "-proxy-ca": f.CertFile != ""} {
			if set {
				return errors.New(name + " needs -proxy ADDR, browse or run")
			}
		}
		return nil
	}
	if _, _, err := net.SplitHostPort(f.Addr); err != nil {
		return fmt.Errorf("-proxy %q is not host:port; try -proxy 127.0.0.1:8888", f.Addr)
	}
	if f.Only, err = forward.ParsePatterns(o.only); err != nil {
		return fmt.Errorf("-proxy-only: %w", err)
	}
	if f.Pass, err = forward.ParsePatterns(o.pass); err != nil {
		return fmt.Errorf("-pass: %w", err)
	}
	user, password, ok := strings.Cut(o.proxyAuth, ":")
	if o.proxyAuth != "" && (!ok || user == "" || password == "" || len(user) > 255 || len(password) > 255) {
		return errors.New("-proxy-auth wants USER:PASSWORD, each of 1 to 255 bytes")
	}
	f.User, f.Password = user, password
	if f.User == "" && !origin.Loopback(f.Addr) {
		return fmt.Errorf("-proxy %s can be reached from other machines: set -proxy-auth USER:PASSWORD, or listen on 127.0.0.1", f.Addr)
	}
	if o.through != "" {
		if f.Through, err = proxy.ParseThrough(o.through); err != nil {
			return fmt.Errorf("-upstream-proxy: %w", err)
		}
	}
	return nil
}
