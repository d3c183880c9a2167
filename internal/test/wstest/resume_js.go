package wstest

import "net/http"

// sessions is empty for js, where there is no server; the package is imported there for its types.
type sessions struct{}

func newSessions() sessions { return sessions{} }
func (sessions) close()     {}

func (s *Server) resume(w http.ResponseWriter, _ *http.Request, _ query) {
	http.Error(w, "wstest: /resume is native only", http.StatusNotFound)
}
