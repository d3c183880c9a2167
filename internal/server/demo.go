package server

import (
	"net"
	"net/http"

	"github.com/tetherscope/tetherscope/internal/server/demo"
)

// demo serves /ws/demo.
func (s *Server) demo(w http.ResponseWriter, r *http.Request) {
	plan, err := demo.ParsePlan(r.URL.Query())
	if err != nil {
		refuse(w, http.StatusBadRequest, err.Error())
		return
	}
	place := s.sockets.reserve()
	if place == nil {
		refuseFull(w)
		return
	}
	defer place.release()
	if err := demo.Serve(s.limited(w), r, plan, place.opened); err != nil {
		refuse(w, http.StatusBadRequest, err.Error())
	}
}

// startDemo answers POST /api/demo: it starts the client of the demo. One runs at a time; asking meanwhile changes nothing.
func (s *Server) startDemo(w http.ResponseWriter, r *http.Request) {
	addr, ok := r.Context().Value(http.LocalAddrContextKey).(net.Addr)
	if !ok {
		refuse(w, http.StatusInternalServerError, "The address of this server is not known.")
		return
	}
	client := demo.Client{Addr: addr.String(), Host: r.Host, TLS: s.cfg.TLS}
	if !s.demos.Start(client.Run) {
		refuse(w, http.StatusServiceUnavailable, "The server is shutting down.")
		return
	}
	w.WriteHeader(http.StatusAccepted)
}
