package server

import (
	"net/http"
	"net/http/pprof"

	"github.com/tetherscope/tetherscope/internal/origin"
)

// profilePath is where -pprof serves the profiles of the running program.
const profilePath = "/debug/pprof/"

// profiles serves the profiles of net/http/pprof to programs of this machine that have the token. The command line, which can
// hold a secret, is not among them. Without -pprof there is nothing at their path.
func (s *Server) profiles(who *access) http.Handler {
	if !s.cfg.Profiles {
		return http.NotFoundHandler()
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+profilePath, pprof.Index)
	mux.HandleFunc("GET "+profilePath+"profile", pprof.Profile)
	mux.HandleFunc("GET "+profilePath+"symbol", pprof.Symbol)
	mux.HandleFunc("GET "+profilePath+"trace", pprof.Trace)
	return who.sameMachine(onlyLoopback(who.withToken(mux)))
}

// onlyLoopback refuses what another machine sends, whatever address the server has.
func onlyLoopback(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !origin.LoopbackPeer(r) {
			refuse(w, http.StatusForbidden, "Profiles are for programs of this machine only.")
			return
		}
		next.ServeHTTP(w, r)
	})
}
