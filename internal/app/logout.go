package app

import (
	"bytes"
	"encoding/json"
	"time"
)

// loggedOut is the reason of close code 4002 after a logout. tether does not reconnect after it: the token stays revoked.
const loggedOut = "Logged out"

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
	tokens, ended := map[string]time.Time{}, []*client(nil)
	a.accepted.each(func(c *client) {
		if id := c.identity; id.User == user && id.Token != "" && !c.opened.After(at) {
			tokens[id.Token] = id.Expires
			ended = append(ended, c)
		}
	})
	a.revoke(tokens)
	for _, c := range ended { // whose tokens open nothing any more
		c.finish(codeInvalidToken, loggedOut)
	}
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
	a.revoke(l.Tokens)
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

// revoke refuses tokens from now on. What cannot be written to the file is refused until the process ends.
func (a *App) revoke(tokens map[string]time.Time) {
	if err := a.revoked.add(tokens, time.Now()); err != nil {
		a.cfg.Log.Error("revocations do not outlive this process", "tokens", len(tokens), "error", err.Error())
	}
}

// checkRevoked rejects a token that was valid and has been revoked.
func (a *App) checkRevoked(token string) rejection {
	if token != "" && a.revoked.has(token) {
		return rejection{codeInvalidToken, loggedOut, "token was revoked"}
	}
	return rejection{}
}
