package server

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"

	"github.com/coder/websocket"

	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/internal/capture/redact"
	"github.com/tetherscope/tetherscope/internal/server/fleet"
)

// nodeName is what this node is called in records; "" when it is in no fleet.
func (c Config) nodeName() string {
	switch {
	case c.PeerSecret == nil:
		return ""
	case c.App.Node != "":
		return c.App.Node
	}
	host, err := os.Hostname()
	if err != nil {
		host = "node"
	}
	host, _, _ = strings.Cut(host, ".")
	return host + "-" + portText(c.Addr)
}

// joinFleet prepares to read the peers, and to serve them.
func (s *Server) joinFleet() {
	c := s.cfg
	if c.PeerSecret == nil {
		return
	}
	run := rand.Text()
	s.visits = fleet.Host{
		Secret: c.PeerSecret, Node: c.nodeName(), Run: run, Now: c.peerClock,
		Subscribe: func(after uint64) fleet.Source {
			if after == 0 {
				return s.ring.Subscribe()
			}
			return s.ring.SubscribeFrom(after + 1)
		},
	}
	s.fleet = fleet.New(fleet.Config{
		Secret: c.PeerSecret, Node: c.nodeName(), Run: run, Peers: c.Peers, Snap: s.tap.Snap, Now: c.peerClock,
		Append: func(r *record.Record) { s.ring.AppendLate(redact.Record(r)) },
		Report: func(format string, args ...any) { c.App.Log.Warn(fmt.Sprintf(format, args...)) },
	})
	s.stats.watchPeers(s.fleet)
}

// readPeers reads the peers until ctx ends, or the function that it returns is called, which waits for that.
func (s *Server) readPeers(ctx context.Context) (leave func()) {
	if s.fleet == nil {
		return func() {}
	}
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		s.fleet.Read(ctx)
	}()
	return func() { cancel(); <-done }
}

// servePeer serves this node's own records to another one that knows the secret.
func (s *Server) servePeer(w http.ResponseWriter, r *http.Request) {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	switch {
	case s.fleet == nil:
		refuse(w, http.StatusNotFound, "This node has no secret for peers. Start it with -peer-secret-file FILE.")
		return
	case err != nil || !s.visitors.Allow(host, s.cfg.peerClock()):
		refuse(w, http.StatusTooManyRequests, "Too many attempts from this address.")
		return
	}
	c, release := s.accept(w, r, websocket.AcceptOptions{Subprotocols: []string{fleet.Subprotocol}})
	if c == nil {
		return
	}
	defer release()
	if err := s.visits.Serve(context.Background(), c); errors.Is(err, fleet.ErrSecret) {
		s.stats.wrongSecret()
		s.cfg.App.Log.Warn("a node was refused that does not have the secret of this one's peers", "remote", r.RemoteAddr)
	}
}

// announceFleet prints who is read, and what this node is called.
func (c Config) announceFleet(out io.Writer) {
	if c.PeerSecret == nil {
		return
	}
	_, _ = fmt.Fprintf(out, "This is node %s of a fleet: those that have its secret can read what it captures.\n", c.nodeName())
	for _, u := range c.Peers {
		_, _ = fmt.Fprintf(out, "Connections of the node at %s are shown here, too.\n", u)
	}
	_, _ = fmt.Fprintln(out)
}
