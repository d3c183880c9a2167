package app

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"github.com/tetherscope/tetherscope/internal/app/auth"
)

// ticketTTL is how long a ticket waits to be used.
const ticketTTL = 30 * time.Second

// Ticket answers POST /app/ticket: who brings a token in Authorization: Bearer gets a ticket, which opens one
// connection with ?ticket=… within 30 seconds. It is the recommended way for a page: what ends up in a URL, and so in
// some proxy's log, has been used already. The answer is {"ticket":…,"expiresIn":30}.
func (a *App) Ticket() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		token, bearer := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
		if !a.origins.Load().allows(r.Header.Values("Origin")) || !bearer {
			a.deny(w, http.StatusUnauthorized, "bring a token in the header Authorization: Bearer, from an allowed origin")
			return
		}
		id, v := a.verify(token)
		if v.code != 0 {
			a.cfg.Log.Warn("refused", "address", a.addressOf(r), "path", "/app/ticket", "cause", v.cause)
			a.deny(w, http.StatusUnauthorized, v.reason)
			return
		}
		value, _ := json.Marshal(id) // strings and a time
		ticket := newID()
		if err := a.cfg.Broker.PutTicket(r.Context(), digest(ticket), string(value), ticketTTL); err != nil {
			a.deny(w, http.StatusServiceUnavailable, "tickets are not available now")
			return
		}
		answer(w, struct {
			Ticket    string `json:"ticket"`
			ExpiresIn int    `json:"expiresIn"`
		}{ticket, int(ticketTTL / time.Second)})
	})
}

// digest is what a ticket is kept under: a reader of the store cannot use it.
func digest(secret string) string {
	h := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(h[:])
}

// redeem decides about a ticket, and uses it up.
func (a *App) redeem(ctx context.Context, ticket string) (auth.Identity, rejection) {
	if len(ticket) > 64 {
		return auth.Identity{}, invalid("ticket is malformed")
	}
	value, ok, err := a.cfg.Broker.TakeTicket(ctx, digest(ticket))
	if err != nil {
		return auth.Identity{}, invalid("tickets are not available")
	}
	var id auth.Identity
	if !ok || json.Unmarshal([]byte(value), &id) != nil || !time.Now().Before(id.Expires) {
		return auth.Identity{}, invalid("ticket is unknown, used or expired")
	}
	return id, a.checkRevoked(id.Token)
}

// deny answers a request to the application's HTTP endpoints.
func (a *App) deny(w http.ResponseWriter, status int, why string) {
	a.count.refused(status)
	http.Error(w, why, status)
}

// answer writes v as JSON that must not be stored.
func answer(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	json.NewEncoder(w).Encode(v) //nolint:errcheck // the client may be gone
}
