package server

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/tetherscope/tetherscope/internal/origin"
	"github.com/tetherscope/tetherscope/internal/userkey"
)

// Run listens as c says, prints the URLs to out, and serves until ctx ends. ready, if not nil, is called once with the URL of the
// console page when the server can be reached.
func Run(ctx context.Context, c Config, out io.Writer, ready func(url string)) error {
	return runThen(ctx, c, out, func(_ *Server, url string) {
		if ready != nil {
			ready(url)
		}
	})
}

// runThen is Run for a ready that is given the server, too.
func runThen(ctx context.Context, c Config, out io.Writer, ready func(s *Server, url string)) error {
	c = c.withDefaults()
	l, err := net.Listen("tcp", c.Addr)
	if err != nil {
		return listenError(ctx, c, err)
	}
	defer func() { _ = l.Close() }() // Serve has closed it, unless there was an error before
	c.Addr = withPort(c.Addr, l.Addr())
	l, own, fingerprint, err := c.secured(l)
	if err != nil {
		return err
	}
	if err := c.Script.Open(ctx, out); err != nil {
		return err
	}
	defer c.Script.Close()
	s, err := New(c)
	if err != nil {
		return err
	}
	s.visits.Certificate = fingerprint
	if err = s.listenForTargets(own); err != nil {
		return errors.Join(err, s.app.Close())
	}
	if err := s.listenForward(out); err != nil {
		return errors.Join(err, s.abandon())
	}
	if err := c.openRecord(out); err != nil {
		return errors.Join(err, s.abandon())
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	live, err := c.openPackets(ctx, out, s.targets.list())
	if err != nil {
		if ctx.Err() != nil { // interrupted, with the capture program
			return s.abandon()
		}
		return errors.Join(err, s.abandon())
	}
	defer s.leaveKey(out)()
	go s.showPackets(ctx, live) // ends with ctx, or with a read that cannot be called off
	s.announce(out, c, fingerprint)
	ready(s, c.url()+"/")
	if c.Started != nil {
		c.Started(s.running(c.url()))
	}
	return s.Serve(ctx, l)
}

// secured puts TLS around l, if the server is to have it, and returns its configuration and the fingerprint of its certificate.
func (c Config) secured(l net.Listener) (net.Listener, *tls.Config, string, error) {
	if !c.TLS {
		return l, nil, "", nil
	}
	config, sum, err := selfSigned(slices.Concat(origin.Own(c.Addr), c.AllowHosts, c.targetHosts()), time.Now())
	if err != nil {
		return l, nil, "", err
	}
	config.NextProtos = c.protocols()
	if err := writeCertificate(c.CertFile, config); err != nil {
		return l, nil, "", fmt.Errorf("-tls-ca: %w", err)
	}
	return tls.NewListener(l, config), config, sum, nil
}

// announce prints what is served and how it is reached.
func (s *Server) announce(out io.Writer, c Config, fingerprint string) {
	announce(out, c, s.keys.oneTime(), fingerprint)
	c.announceFleet(out)
	s.targets.list().announce(out, c)
	s.forward.announce(out, c.Forward)
	_, _ = fmt.Fprintln(out, "Press Ctrl-C to stop.")
	s.keys.used = func(next string) {
		_, _ = fmt.Fprintf(out, "A browser was given the key. For another one:  %s/panel/?key=%s\n", c.url(), next)
	}
}

// leaveKey leaves the key for the user's programs in a file, and returns what removes it. Without it, they need -token.
func (s *Server) leaveKey(out io.Writer) (remove func()) {
	if s.cfg.KeyDir == "" {
		return func() {}
	}
	removeKey, err := userkey.Write(s.cfg.KeyDir, userkey.Entry{URL: s.cfg.url(), Key: s.keys.program, PID: os.Getpid()})
	if err != nil {
		_, _ = fmt.Fprintf(out, "Warning: tetherscope record, show, lint and send will not find the key of this server: %v\n\n", err)
		return func() {}
	}
	return func() {
		removeKey()
		_ = os.Remove(s.doorwayFile()) // there may be none
	}
}

// abandon releases what a server has before it is served.
func (s *Server) abandon() error {
	s.targets.close(context.Background())
	s.forward.close(context.Background())
	return s.app.Close()
}

// withPort returns addr with the port that was really given, when addr asked for any.
func withPort(addr string, got net.Addr) string {
	host, _, err := net.SplitHostPort(addr)
	tcp, ok := got.(*net.TCPAddr)
	if err != nil || !ok {
		return addr
	}
	return net.JoinHostPort(host, strconv.Itoa(tcp.Port))
}

// announce prints the URLs, those of pages with the one-time key, and what a wider address exposes.
func announce(out io.Writer, c Config, key, fingerprint string) {
	at := origin.Callable(c.Addr)
	ws := strings.Replace(c.scheme(), "http", "ws", 1)
	_, _ = fmt.Fprintf(out, `tetherscope %s

  console   %s://%s/?key=%[5]s
  panel     %[2]s://%[3]s/panel/?key=%[5]s
  documents %[2]s://%[3]s/docs/
  chat      %[2]s://%[3]s/chat.html   (in Go: /chat-go.html)
  echo      %s://%[3]s/ws/echo
  demo      %[4]s://%[3]s/ws/demo

The key in the first two gives one browser access to the capture, once; its user's other pages need none.

`, c.Version, c.scheme(), at, ws, key)
	if fingerprint != "" {
		_, _ = fmt.Fprintf(out, "The certificate is self-signed; browsers warn once. Its SHA-256 fingerprint:\n  %s\n\n", fingerprint)
	}
	if c.Record != nil {
		_, _ = fmt.Fprintf(out, "Everything that the tap sees is recorded to %s.\n\n", c.Record.Name)
	}
	if c.Faults != nil && len(c.Faults.Rules) > 0 {
		_, _ = fmt.Fprintf(out, "Fault rules are active; every frame that they change is marked:\n%s\n", c.Faults)
	}
	if c.Script.File != "" {
		_, _ = fmt.Fprintf(out, "%s decides about each message; those that it changes are marked. It is read again when it is saved.\n\n", c.Script.File)
	}
	if !origin.Loopback(c.Addr) {
		_, _ = fmt.Fprintf(out, `Warning: %s can be reached from other machines. Every user who reaches it can use the echo
endpoint. A person who has an address with a key can read everything that the tap has recorded, chats included, and http sends it in
clear text.

`, c.Addr)
	}
}

// announce prints the URL to call in place of each target.
func (all targetListeners) announce(out io.Writer, c Config) {
	for _, one := range all {
		_, _ = fmt.Fprintf(out, "  %-8s  %s  in place of %s\n", one.target.Name, one.url(c, one.host()), one.target)
		if one.target.Path == "" {
			_, _ = fmt.Fprintf(out, "            %s://%s/  for its pages\n", c.scheme(), one.host())
		}
		_, _ = fmt.Fprintf(out, "            %s  for programs that cannot resolve that name\n", one.url(c, one.addr))
	}
	if len(all) > 0 {
		_, _ = fmt.Fprintln(out)
	}
	if c.InsecureUpstream {
		_, _ = fmt.Fprint(out, "Warning: certificates of targets are NOT verified (-insecure-upstream). An attacker between here and a target\ncan read and change everything, passwords included.\n\n")
	}
}

// listenError explains why listening failed, and what to do.
func listenError(ctx context.Context, c Config, err error) error {
	host, port, splitErr := net.SplitHostPort(c.Addr)
	switch {
	case splitErr != nil:
		return fmt.Errorf("-addr %q is not host:port (try -addr %s): %w", c.Addr, DefaultAddr, err)
	case errors.Is(err, syscall.EACCES):
		return fmt.Errorf("cannot listen on %s: %w: this user may not have that port; try -addr %s", c.Addr, err, DefaultAddr)
	case errors.Is(err, syscall.EADDRNOTAVAIL):
		return fmt.Errorf("cannot listen on %s: %w: it is no address of this machine; try -addr %s", c.Addr, err, DefaultAddr)
	case !errors.Is(err, syscall.EADDRINUSE):
		return fmt.Errorf("cannot listen on %s: %w", c.Addr, err)
	}
	who := "Another program"
	if v := runningVersion(ctx, origin.Callable(c.Addr)); v != "" {
		who = "Another " + v + ", at http://" + origin.Callable(c.Addr) + "/,"
	}
	return fmt.Errorf("port %s is taken. %s listens on it. Try another one:\n  tetherscope -addr %s",
		port, who, net.JoinHostPort(host, freePort(host)))
}

// runningVersion returns the name and version of the tetherscope that answers at addr, or "".
func runningVersion(ctx context.Context, addr string) string {
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+addr+"/healthz", http.NoBody)
	if err != nil {
		return ""
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return ""
	}
	defer func() { _ = res.Body.Close() }() // only its header was wanted
	name, version, ok := strings.Cut(res.Header.Get("Server"), "/")
	if !ok || name != product || len(version) > 40 {
		return ""
	}
	return name + " " + version // net/http lets no control character through
}

// freePort returns a port that is free on host now; "0", any, if none is found.
func freePort(host string) string {
	l, err := net.Listen("tcp", net.JoinHostPort(host, "0"))
	if err != nil {
		return "0"
	}
	defer func() { _ = l.Close() }() // it was only to learn the number
	_, port, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		return "0"
	}
	return port
}

// quietLog discards net/http's messages about failed connections: scanners and cancelled requests are normal, and the text is
// under the peer's control.
func quietLog() *log.Logger { return log.New(io.Discard, "", 0) }
