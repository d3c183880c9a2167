package app

import (
	"context"
	"encoding/json"
	"net/http"
	"time"
	"unicode/utf8"

	"github.com/coder/websocket"

	"github.com/tetherscope/tetherscope/internal/app/auth"
	"github.com/tetherscope/tetherscope/wasm/chat"
)

// The application's own close codes (RFC 6455 §7.4.2 leaves 4000–4999 to applications).
const (
	codeInvalidOrigin websocket.StatusCode = 4000
	codeAuthRequired  websocket.StatusCode = 4001
	codeInvalidToken  websocket.StatusCode = 4002
	codeRateLimit     websocket.StatusCode = 4003
)

// tokenExpired ends a connection whose token does. It advises tether, which takes 4002 as final otherwise, to come back:
// its endpoint can bring a new token, and a client that has none is refused then.
const tokenExpired = `{"reconnect":true,"message":"Token expired"}`

// rejection is why a connection is refused; with a zero code it is accepted.
type rejection struct {
	code   websocket.StatusCode
	reason string // for the client
	cause  string // for the log: a rule, never the token
}

func invalid(cause string) rejection { return rejection{codeInvalidToken, "Invalid token", cause} }

var required = rejection{codeAuthRequired, "Authentication required", "no credential"}

// admit decides who the client is. The origin comes first: nothing else about a foreign page is looked at.
func (s *socket) admit(r *http.Request) (auth.Identity, rejection) {
	headers := r.Header.Values("Origin")
	if !s.origins.Load().allows(headers) {
		return auth.Identity{}, rejection{codeInvalidOrigin, "Invalid origin", "origin is not on the list"}
	}
	cred := auth.FromHandshake(r, chat.TokenPrefix)
	switch cred.Kind {
	case auth.None:
		if s.tokenless && len(headers) > 0 {
			return auth.Identity{User: "anonymous"}, rejection{}
		}
		return auth.Identity{}, required
	case auth.Ambiguous:
		return auth.Identity{}, invalid("more than one credential")
	case auth.Ticket:
		return s.redeem(r.Context(), cred.Value)
	case auth.FirstMessage:
		return s.firstMessage()
	case auth.Query, auth.Subprotocol:
	}
	return s.verify(cred.Value)
}

// verify decides about a token.
func (a *App) verify(token string) (auth.Identity, rejection) {
	id, err := a.verifier.Verify(token, time.Now())
	if err != nil {
		return id, invalid(err.Error())
	}
	return id, a.checkRevoked(id.Token)
}

// firstMessage waits for {"type":"auth","token":…}.
func (s *socket) firstMessage() (auth.Identity, rejection) {
	ctx, cancel := context.WithTimeout(context.Background(), s.cfg.AuthTimeout)
	defer cancel()
	// Read is not given ctx: coder/websocket ends the connection without a close frame when that one ends.
	late := context.AfterFunc(ctx, func() {
		if ctx.Err() == context.DeadlineExceeded {
			s.conn.Close(required.code, required.reason) //nolint:errcheck // it may be gone already
		}
	})
	defer late()
	kind, b, err := s.conn.Read(context.Background())
	if err != nil || kind != websocket.MessageText {
		return auth.Identity{}, required
	}
	var m members
	if json.Unmarshal(b, &m) != nil || m.text("type") != chat.TypeAuth {
		return auth.Identity{}, required
	}
	return s.verify(m.text("token"))
}

// validText reports whether b may be a text message (RFC 6455 §8.1). It looks at whole messages, so code points split
// across fragments are whole again.
func validText(b []byte) bool { return utf8.Valid(b) }
