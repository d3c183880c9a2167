package devserver

import (
	"context"
	"net/http"

	"github.com/coder/websocket"

	"github.com/tetherscope/tetherscope/internal/resume"
	"github.com/tetherscope/tetherscope/wasm/tether/resumeserver"
)

// newSessions returns what keeps the sessions of /ws/resume: no more of them than there may be sockets. Sockets of this
// server are pinged by keepAlive.
func newSessions(c Config) *resumeserver.Server {
	return &resumeserver.Server{
		MaxSessions: c.MaxSockets, MaxMessage: max(1, c.MaxMessage-resume.MaxHeader), Heartbeat: -1,
	}
}

// resume serves /ws/resume: an echo like /ws/echo whose messages outlive connections. It is for clients that speak the
// protocol of package resumeserver.
func (s *Server) resume(w http.ResponseWriter, r *http.Request) {
	if !resumeserver.Offered(r) {
		refuse(w, http.StatusUpgradeRequired, "This endpoint speaks the WebSocket subprotocols "+resumeserver.Subprotocol+" and "+resumeserver.SubprotocolUnchecked+" alone: see tether.WithResume.")
		return
	}
	c, release := s.accept(w, r, websocket.AcceptOptions{
		Subprotocols: []string{resumeserver.Subprotocol, resumeserver.SubprotocolUnchecked}, CompressionMode: websocket.CompressionNoContextTakeover,
	})
	if c == nil {
		return
	}
	defer release()
	_ = s.sessions.Serve(c, r, echoSession) // the session goes on without the connection
}

// echoSession returns every message of a session.
func echoSession(ctx context.Context, s *resumeserver.Session) {
	for {
		kind, p, err := s.Read(ctx)
		if err != nil || s.Write(ctx, kind, p) != nil {
			return
		}
	}
}
