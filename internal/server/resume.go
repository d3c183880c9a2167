package server

import (
	"context"
	"net/http"

	"github.com/coder/websocket"

	"github.com/tetherscope/tetherscope/internal/budget"
	"github.com/tetherscope/tetherscope/wasm/resumeserver"
)

// resumeWindow is how many bytes a client of /ws/resume may send ahead of the echo, and one message more. When [budget.Sessions] is exhausted
// the echo waits and what is ahead of it is held for each session, so this is small.
const resumeWindow = 64 << 10

// newSessions returns what keeps the sessions of /ws/resume: no more of them than there may be sockets, and no more of their messages than
// [budget.Sessions] and [resumeWindow] for each, since it asks for no token. Sockets of this server are pinged by keepAlive.
func newSessions(c Config) *resumeserver.Server {
	sessions := &resumeserver.Server{
		MaxSessions: c.MaxSockets, MaxBytes: budget.Sessions.Limit(), MaxMessage: max(1, c.MaxMessage-resumeserver.MaxHeader), Heartbeat: -1,
		Window: resumeWindow,
	}
	budget.Sessions.Report(func() int64 { return sessions.Stats().Bytes })
	if c.App.Sessions != nil {
		sessions.Store = c.App.Sessions
	}
	return sessions
}

// closeSessions saves the sessions in their store, if there is one, and closes it.
func (s *Server) closeSessions() {
	s.sessions.Close()
	if store := s.cfg.App.Sessions; store != nil {
		_ = store.Close() // what could not be saved is lost with a gap
	}
}

// resume serves /ws/resume: an echo like /ws/echo whose messages outlive connections. It is for clients that speak the
// protocol of package resumeserver. It does not compress: a compressor takes more than a megabyte for as long as its message is not written,
// which a client that reads nothing can make last, and which no budget counts.
func (s *Server) resume(w http.ResponseWriter, r *http.Request) {
	if !resumeserver.Offered(r) {
		refuse(w, http.StatusUpgradeRequired, "This endpoint requires one of the WebSocket subprotocols "+resumeserver.Subprotocol+" and "+resumeserver.SubprotocolUnchecked+": see tether.WithResume.")
		return
	}
	c, release := s.accept(w, r, websocket.AcceptOptions{
		Subprotocols: []string{resumeserver.Subprotocol, resumeserver.SubprotocolUnchecked},
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
