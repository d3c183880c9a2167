package server

import (
	"context"
	"net"
	"net/http"
	"slices"
	"strings"

	"github.com/tetherscope/tetherscope/internal/app"
	"github.com/tetherscope/tetherscope/internal/origin"
	"github.com/tetherscope/tetherscope/internal/tap"
)

// applicationSockets are the endpoints of the example application that upgrade; they are tapped like our own.
// applicationAPI are those that do not: they carry credentials, and are never tapped.
var (
	applicationSockets = []string{"/ws/chat", "/ws/bin"}
	applicationAPI     = []string{"POST /app/ticket", "POST /app/dev-token"}
)

// newApplication makes the example application as a part of this server: its pages may connect to it, its numbers stand
// among ours.
func newApplication(c Config, s *stats) (*app.App, error) {
	cfg := c.App
	cfg.Metrics = s.set
	if cfg.Broker == nil { // with other nodes the page's panel may be another's
		cfg.Capture = tap.Number
	}
	cfg.Origins = slices.Concat(cfg.Origins, ownOrigins(c))
	return app.New(cfg)
}

// ownOrigins lists the origins of our own pages, and those that the user allowed. The application's list is exact: it
// answers the others after the upgrade, so that a page can tell its user why.
func ownOrigins(c Config) []string {
	var list []string
	_, port, _ := net.SplitHostPort(c.Addr) // New is given a checked address; without a port none matches
	for _, host := range slices.Concat([]string{"localhost", "127.0.0.1", "::1"}, origin.Own(c.Addr), c.AllowHosts) {
		list = append(list, origin.Serialize(c.scheme(), net.JoinHostPort(strings.Trim(host, "[]"), port)))
	}
	for _, o := range c.AllowOrigins {
		list = append(list, strings.ToLower(strings.TrimSuffix(o, "/")))
	}
	return list
}

// mountApplication adds its endpoints to the tapped ones and to mux.
func (s *Server) mountApplication(tapped map[string]http.Handler, mux *http.ServeMux, who *access) {
	all := s.app.Handler()
	allows := s.app.Allows
	for _, path := range applicationSockets {
		tapped[path] = s.socket(path, who, allows, who.allHosts(all))
	}
	for _, pattern := range applicationAPI {
		mux.Handle(pattern, all)
	}
}

// drainApplication sends the application's clients elsewhere until ctx ends, and then the rest.
func (s *Server) drainApplication(ctx context.Context) {
	if err := s.app.Drain(ctx); err != nil {
		s.cfg.App.Log.Warn("drain", "error", err.Error())
	}
	if err := s.app.Close(); err != nil {
		s.cfg.App.Log.Warn("close", "error", err.Error())
	}
}
