package wstest

import "net/http"

// sessions is nothing here: a browser is no server. It has this package for what a server tells of itself.
type sessions struct{}

func newSessions() sessions { return sessions{} }
func (sessions) close()     {}

func (s *Server) resume(w http.ResponseWriter, _ *http.Request, _ query) {
	http.Error(w, "wstest: /resume is native only", http.StatusNotFound)
}
