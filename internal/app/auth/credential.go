package auth

import (
	"net/http"
	"strings"
)

// Kind is where a credential stood.
type Kind uint8

// The kinds of credential, in the order of preference for a client: a ticket is single-use and short-lived, so it may
// stand in a URL; a token in a URL ends up in logs of proxies that do not know better.
const (
	None         Kind = iota // the handshake carries nothing
	Ticket                   // ?ticket=…
	Subprotocol              // Sec-WebSocket-Protocol: token.<JWT>
	Query                    // ?token=…
	FirstMessage             // ?auth=message: the first message will carry it
	Ambiguous                // more than one
)

// String returns the name used in logs and metrics.
func (k Kind) String() string {
	return [...]string{"none", "ticket", "subprotocol", "query", "message", "ambiguous"}[k]
}

// Credential is what a handshake carries to say who the client is.
type Credential struct {
	Kind  Kind
	Value string // the token or ticket: never log it
}

// FromHandshake finds the one credential of r. prefix begins the subprotocol that carries a token. More than one is
// [Ambiguous]: two parties that read a request differently must not see two users.
func FromHandshake(r *http.Request, prefix string) Credential {
	var found []Credential
	q := r.URL.Query()
	for _, v := range q["ticket"] {
		found = append(found, Credential{Ticket, v})
	}
	for _, v := range q["token"] {
		found = append(found, Credential{Query, v})
	}
	for _, h := range r.Header.Values("Sec-WebSocket-Protocol") {
		for p := range strings.SplitSeq(h, ",") {
			if v, ok := strings.CutPrefix(strings.TrimSpace(p), prefix); ok {
				found = append(found, Credential{Subprotocol, v})
			}
		}
	}
	if q.Get("auth") == "message" {
		found = append(found, Credential{Kind: FirstMessage})
	}
	switch len(found) {
	case 0:
		return Credential{}
	case 1:
		return found[0]
	}
	return Credential{Kind: Ambiguous}
}
