package server

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/tetherscope/tetherscope/internal/capture/feed"
	"github.com/tetherscope/tetherscope/internal/origin"
)

// sessionHandler answers GET /api/session: the token and what else a client of the feed needs. names are the tapped endpoints.
func (s *Server) sessionHandler(names []string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		all := slices.Clone(names)
		for _, t := range s.cfg.Targets { // those that were removed, too: they have records
			all = append(all, t.Name)
		}
		for _, l := range s.targets.list() {
			all = append(all, l.target.Name)
		}
		slices.Sort(all)
		all = slices.Compact(all)
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Cache-Control", "no-store") // it carries the token
		_ = json.NewEncoder(w).Encode(feed.Session{ // a client that has disconnected is no error of the server
			Token:       s.token,
			Version:     s.cfg.Version,
			Feed:        strings.Replace(s.cfg.scheme(), "http", "ws", 1) + "://" + r.Host + feed.Path,
			Subprotocol: feed.Protocol,
			Records:     s.ring.Stats().Appended,
			Names:       all,
		})
	})
}

// tappedNames returns the paths of the tapped endpoints: the names of their connections in the records.
func tappedNames(tapped map[string]http.Handler) []string {
	return slices.Sorted(maps.Keys(tapped))
}

// withKey refuses requests that have neither a key of the user nor the token already.
func (a *access) withKey(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !a.keys.admits(r) && !a.authorized(r) {
			refuse(w, http.StatusForbidden, "The token is given to the programs and browsers of the user that runs this server. Programs find its key in a "+
				"file that only that user can read; a browser gets one from the address that the server prints in its terminal.")
			return
		}
		next.ServeHTTP(w, r)
	})
}

// ownSite refuses requests that a page of another origin caused. Unlike Origin, what says so is also sent with simple GETs.
func (a *access) ownSite(next http.Handler) http.Handler {
	return a.ownPages(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if origin.CrossSite(r) {
			refuse(w, http.StatusForbidden, "The session is not given to pages of another origin.")
			return
		}
		next.ServeHTTP(w, r)
	}))
}
