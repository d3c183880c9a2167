package app

import (
	"bytes"
	"encoding/json"
	"sync"
	"time"
)

// loggedOut is the reason of close code 4002 after a logout. tether does not reconnect after it: the token stays revoked.
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

// remembered is how long a logout is kept for nodes that are unreachable, at least: such a node may have connections of the
// user with tokens that no other node has seen.
const remembered = time.Hour

// logout is what nodes send each other: the user whose connections end, unless they are younger than the logout, and the
// tokens, by digest, that are refused from now on.
type logout struct {
	User   string               `json:"user,omitempty"`
	At     time.Time            `json:"at"`
	Tokens map[string]time.Time `json:"tokens"`
}

// typeLogout is the type of such a message. No client can have one published: what a client sends is encoded again.
const typeLogout = "node.logout"

var logoutStart = []byte(`{"type":"` + typeLogout + `"`)

// logoutUser ends every connection of c's user on every node, and revokes the tokens that they used.
func (a *App) logoutUser(c *client) {
	now := time.Now()
	l := logout{User: c.identity.User, At: now, Tokens: a.endUser(c.identity.User, now)}
	a.cfg.Log.Info("logged out", "user", logged(l.User), "tokens", len(l.Tokens))
	a.announce(l)
}

// announce sends l to every other node, also to those that are unreachable now.
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

// receiveLogout handles a message of another node, and reports whether it was about a logout. It announces the tokens that the
// user had here, which the other nodes do not know.
func (a *App) receiveLogout(message []byte) bool {
	if !bytes.HasPrefix(message, logoutStart) {
		return false
	}
	var l logout
	if json.Unmarshal(message, &l) != nil {
		return true // no client gets it, even if it is malformed
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

// checkRevoked rejects a token that was valid and has been revoked.
func (a *App) checkRevoked(token string) rejection {
	if token != "" && a.revoked.has(token) {
		return rejection{codeInvalidToken, loggedOut, "token was revoked"}
	}
	return rejection{}
}
