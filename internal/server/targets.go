package server

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/tetherscope/tetherscope/internal/server/proxy"
	"github.com/tetherscope/tetherscope/internal/tap"
)

// maxTargets is how many targets a server has at most.
const maxTargets = 64

// targetListener accepts the clients of one target at a port of its own. It listens on loopback whatever the server's own
// address is: a client that reaches it reaches the target under this machine's address.
type targetListener struct {
	target  proxy.Target
	choice  TargetChoice
	added   bool // while the server ran
	addr    string
	l       net.Listener
	proxy   *proxy.Proxy
	srv     *http.Server
	problem atomic.Pointer[string] // why the target was not reached or refused the last handshake, and what helps; nil when it did neither
}

// targetListeners are those of a server.
type targetListeners []*targetListener

// targetSet are the targets of a running server. Its methods may be called from any goroutine.
type targetSet struct {
	mu   sync.Mutex
	all  targetListeners // replaced, never changed
	over bool            // the server ends
	own  *tls.Config     // the server's own TLS; nil for none
}

// list returns the targets that there are now.
func (t *targetSet) list() targetListeners {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.all
}

// listenForTargets listens for the targets of the configuration, each on the port that its name gets: see [addrsFor]. config is the server's own TLS, or nil.
func (s *Server) listenForTargets(config *tls.Config) error {
	c := s.cfg
	if err := distinct(c.Targets); err != nil {
		return err
	}
	var all targetListeners
	for _, t := range c.Targets {
		all = append(all, &targetListener{target: t, choice: c.TargetChoices[t.Name]})
	}
	for _, one := range all.byHost() {
		if err := one.listen(c, config); err != nil {
			all.close(context.Background())
			return fmt.Errorf("-target %s: cannot listen: %w", one.target.Name, err)
		}
	}
	s.targets.mu.Lock()
	s.targets.all, s.targets.own = all, config
	s.targets.mu.Unlock()
	for _, one := range all {
		one.proxy = proxy.New(one.target, s.optionsFor(one))
	}
	return nil
}

// listen listens for the clients of the target.
func (l *targetListener) listen(c Config, config *tls.Config) (err error) {
	if l.choice.Port != 0 {
		l.l, err = net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(int(l.choice.Port))))
	} else {
		l.l, err = listenFor(c.Addr, l.target.LocalHost())
	}
	if err != nil {
		l.l = nil
		return err
	}
	l.addr, l.l = l.l.Addr().String(), limitConns(l.l, c.MaxSockets)
	if config != nil {
		l.l = tls.NewListener(l.l, config)
	}
	return nil
}

// targetOptions returns how targets are reached.
func (s *Server) targetOptions() proxy.Options {
	options := proxy.Options{
		HTTP2: s.cfg.HTTP2, RewriteOrigin: s.cfg.TargetOrigin, Scheme: s.cfg.scheme(), OwnPorts: s.targets.list().ports(s.cfg.Addr), Own: s.targets.ownPort, Named: s.targets.named,
	}
	if s.cfg.InsecureUpstream {
		options.TLS = unverified()
	}
	return options
}

// unverified is TLS with servers whose certificate is not verified.
func unverified() *tls.Config {
	return &tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS12} //nolint:gosec // the user asked for it, and a warning is shown
}

// optionsFor returns how one target is reached.
func (s *Server) optionsFor(l *targetListener) proxy.Options {
	options := s.targetOptions()
	options.Trust = l.choice.tls()
	options.Explain = func(err error) string { return adviceFor(l.target, err) }
	options.Reached = func(err error) {
		if l.problem.Store(nil); err != nil {
			l.fails(adviceFor(l.target, err))
		}
	}
	options.Refused = func(r *http.Request, status int) { l.fails(refusalAdvice(s.cfg.TargetOrigin, r, status)) }
	return options
}

// fails notes what is wrong with the target; nothing is for "".
func (l *targetListener) fails(problem string) {
	if problem != "" {
		l.problem.Store(&problem)
	}
}

// ownPort reports whether a port is that of a target's listener.
func (t *targetSet) ownPort(port uint16) bool {
	return slices.ContainsFunc(t.list(), func(l *targetListener) bool { return portOf(l.addr) == port })
}

// named returns the target of a name.
func (t *targetSet) named(name string) (proxy.Target, bool) {
	all := t.list()
	if i := all.index(name); i >= 0 {
		return all[i].target, true
	}
	return proxy.Target{}, false
}

// index returns where the target of a name is, -1 for nowhere.
func (all targetListeners) index(name string) int {
	return slices.IndexFunc(all, func(l *targetListener) bool { return l.target.Name == name })
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
	for _, l := range s.targets.list() {
		s.serveTarget(l)
	}
}

// serveTarget serves a target until it is closed.
func (s *Server) serveTarget(l *targetListener) {
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

// close closes every listener and its connections, in good order, or abruptly when ctx ends. Later targets are refused.
func (t *targetSet) close(ctx context.Context) {
	t.mu.Lock()
	all := t.all
	t.over = true
	t.mu.Unlock()
	all.close(ctx)
}

func (all targetListeners) close(ctx context.Context) {
	var left sync.WaitGroup
	for _, one := range all {
		left.Go(func() { one.close(ctx, "") })
	}
	left.Wait()
}

// close closes the listener and its connections. why says on whose order, "" when the server ends.
func (l *targetListener) close(ctx context.Context, why string) {
	var left sync.WaitGroup
	if l.l != nil {
		_ = l.l.Close() // it may be closed already
	}
	if l.proxy != nil {
		left.Go(func() { l.proxy.CloseBecause(ctx, why) })
	}
	if l.srv != nil {
		left.Go(func() {
			if err := l.srv.Shutdown(ctx); errors.Is(err, context.DeadlineExceeded) {
				_ = l.srv.Close() // a long download does not delay the end
			}
		})
	}
	left.Wait()
}
