package app

import (
	"bytes"
	"encoding/json"
	"sync"
	"time"
)

// loggedOut is the close code 4002's reason for whoever was logged out. It is final for tether: nothing would change.
const loggedOut = "Logged out"

// maxRevoked bounds the table of revoked tokens. Each took a valid signature to get there, and leaves when it expires.
const maxRevoked = 100_000

// revoked are tokens that are refused although their time is not over, by digest.
type revoked struct {
	mu    sync.Mutex
	until map[string]time.Time // when the token expires
}

// add refuses the token from now on. Past the bound it forgets expired ones, and if there are none, the one that expires
// first.
func (r *revoked) add(token string, expires, now time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.until == nil {
		r.until = map[string]time.Time{}
	}
	if len(r.until) >= maxRevoked {
		r.forget(now)
	}
	r.until[token] = expires
}

func (r *revoked) forget(now time.Time) {
	first := ""
	for token, end := range r.until {
		if !now.Before(end) {
			delete(r.until, token)
		} else if first == "" || end.Before(r.until[first]) {
			first = token
		}
	}
	if len(r.until) >= maxRevoked {
		delete(r.until, first)
	}
}

// has reports whether the token is refused.
func (r *revoked) has(token string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	_, found := r.until[token]
	return found
}

// remembered is how long a logout is at least told to nodes that were away: one of them may have connections of the user whose
// tokens nobody else has seen.
const remembered = time.Hour

// logout is what nodes tell each other: whose connections end, unless they are younger than it, and which tokens, by digest,
// are refused from now on.
type logout struct {
	User   string               `json:"user,omitempty"`
	At     time.Time            `json:"at"`
	Tokens map[string]time.Time `json:"tokens"`
}

// typeLogout begins such a message. No client can have one published: what it sends is written anew.
const typeLogout = "node.logout"

var logoutStart = []byte(`{"type":"` + typeLogout + `"`)

// logOut ends every connection of c's user on every node, and the tokens they were made with.
func (a *App) logOut(c *client) {
	now := time.Now()
	l := logout{User: c.identity.User, At: now, Tokens: a.endUser(c.identity.User, now)}
	a.cfg.Log.Info("logged out", "user", logged(l.User), "tokens", len(l.Tokens))
	a.announce(l)
}

// announce tells every other node of l, those that are away now included.
func (a *App) announce(l logout) {
	until := time.Now().Add(remembered)
	for _, expires := range l.Tokens {
		if expires.After(until) {
			until = expires
		}
	}
	a.cfg.Broker.Announce(envelope(typeLogout, l), until)
}

// endUser ends the connections that the user had on this node at the given time, and returns the tokens that are refused from
// now on.
func (a *App) endUser(user string, at time.Time) map[string]time.Time {
	tokens, now := map[string]time.Time{}, time.Now()
	a.accepted.each(func(c *client) {
		if id := c.identity; id.User == user && id.Token != "" && !c.opened.After(at) {
			tokens[id.Token] = id.Expires
			a.revoked.add(id.Token, id.Expires, now)
			c.finish(codeInvalidToken, loggedOut)
		}
	})
	return tokens
}

// heardLogout takes a message of another node, and reports whether it was one about a logout. It tells further what tokens
// the user had here, which the other nodes do not know.
func (a *App) heardLogout(message []byte) bool {
	if !bytes.HasPrefix(message, logoutStart) {
		return false
	}
	var l logout
	if json.Unmarshal(message, &l) != nil {
		return true // it is for no client, whatever it is
	}
	now := time.Now()
	for token, expires := range l.Tokens {
		a.revoked.add(token, expires, now)
	}
	a.accepted.each(func(c *client) {
		if _, ended := l.Tokens[c.identity.Token]; ended {
			c.finish(codeInvalidToken, loggedOut)
		}
	})
	if l.User == "" {
		return true
	}
	if ours := a.endUser(l.User, l.At); len(ours) > 0 {
		a.announce(logout{At: l.At, Tokens: ours})
	}
	return true
}

// standing decides about a token that was valid until now: whether it has been revoked.
func (a *App) standing(token string) verdict {
	if token != "" && a.revoked.has(token) {
		return verdict{codeInvalidToken, loggedOut, "token was revoked"}
	}
	return verdict{}
}
