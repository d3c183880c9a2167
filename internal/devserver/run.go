package devserver

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/tetherscope/tetherscope/internal/visit"
)

// Run listens as c says, tells out where, and serves until ctx ends. ready, if not nil, is called once with the URL of the
// console page when the server can be reached.
func Run(ctx context.Context, c Config, out io.Writer, ready func(url string)) error {
	c = c.withDefaults()
	l, err := net.Listen("tcp", c.Addr)
	if err != nil {
		return listenError(ctx, c, err)
	}
	defer func() { _ = l.Close() }() // Serve has closed it, unless there was an error before
	c.Addr = withPort(c.Addr, l.Addr())
	var fingerprint string
	var own *tls.Config
	if c.TLS {
		config, sum, err := selfSigned(append(visit.Own(c.Addr), c.AllowHosts...), time.Now())
		if err != nil {
			return err
		}
		if err := writeCertificate(c.CertFile, config); err != nil {
			return fmt.Errorf("-tls-ca: %w", err)
		}
		l, own, fingerprint = tls.NewListener(l, config), config, sum
	}
	s, err := New(c)
	if err != nil {
		return err
	}
	if s.doors, err = openDoors(c, own); err != nil {
		return errors.Join(err, s.app.Close())
	}
	if err := c.openRecord(out); err != nil {
		return errors.Join(err, s.abandon())
	}
	announce(out, c, fingerprint)
	s.doors.announce(out, c)
	_, _ = fmt.Fprintln(out, "Press Ctrl-C to stop.")
	if ready != nil {
		ready(c.scheme() + "://" + visit.Callable(c.Addr) + "/")
	}
	return s.Serve(ctx, l)
}

// abandon lets go of what a server has before it is served.
func (s *Server) abandon() error {
	s.doors.close(context.Background())
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

// announce prints the URLs, and what a wider address exposes.
func announce(out io.Writer, c Config, fingerprint string) {
	at := visit.Callable(c.Addr)
	ws := strings.Replace(c.scheme(), "http", "ws", 1)
	_, _ = fmt.Fprintf(out, `tetherscope %s

  console   %s://%s/
  panel     %[2]s://%[3]s/panel/
  chat      %[2]s://%[3]s/chat.html   (in Go: /chat-go.html)
  echo      %s://%[3]s/ws/echo
  demo      %[4]s://%[3]s/ws/demo

`, c.Version, c.scheme(), at, ws)
	if fingerprint != "" {
		_, _ = fmt.Fprintf(out, "The certificate is self-signed; browsers warn once. Its SHA-256 fingerprint:\n  %s\n\n", fingerprint)
	}
	if c.Record != nil {
		_, _ = fmt.Fprintf(out, "Everything that the tap sees is written to %s.\n\n", c.Record.Name)
	}
	if c.Faults != nil && len(c.Faults.Rules) > 0 {
		_, _ = fmt.Fprintf(out, "Faults are in force, and mark every frame that they touch:\n%s\n", c.Faults)
	}
	if !visit.Loopback(c.Addr) {
		_, _ = fmt.Fprintf(out, `Warning: %s can be reached from other machines. Whoever reaches it can use the echo
endpoint, open the panel, and read everything that the tap has recorded, chats included.

`, c.Addr)
	}
}

// announce prints what to call in place of each target.
func (d doors) announce(out io.Writer, c Config) {
	for _, one := range d {
		_, _ = fmt.Fprintf(out, "  %-8s  %s  in place of %s\n", one.target.Name, one.url(c), one.target)
		if one.target.Path == "" {
			_, _ = fmt.Fprintf(out, "            %s://%s/  for its pages\n", c.scheme(), one.addr)
		}
	}
	if len(d) > 0 {
		_, _ = fmt.Fprintln(out)
	}
	if c.InsecureUpstream {
		_, _ = fmt.Fprint(out, "Warning: certificates of targets are NOT verified (-insecure-upstream). Whoever is between here and a target\ncan read and change everything, passwords included.\n\n")
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
	if v := runningVersion(ctx, visit.Callable(c.Addr)); v != "" {
		who = "Another " + v + ", at http://" + visit.Callable(c.Addr) + "/,"
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

// quietLog swallows what net/http says of connections that fail: scanners and browsers that change their minds are no
// news, and the words are the peer's.
func quietLog() *log.Logger { return log.New(io.Discard, "", 0) }
