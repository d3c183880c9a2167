//go:build !js

package resumeserver

import "errors"

// takeover is what a node does about a client that asks for a session.
type takeover uint8

const (
	goOn      takeover = iota // with the session that is here: no other node has had it
	goOnOwn                   // the same, without the store, which does not have what the client knows
	goOnAlone                 // the same, without the store: it cannot be reached
	restore                   // what the store has; a session that is here is of an earlier owner
	lost                      // neither this node nor the store has what the client knows
	wait                      // it may be at another node, and the store cannot be asked: the client tries again
)

// decide says what to do for a client that asks for a session with a token. here is what this node has of the session, nil if
// nothing; r and err are the store's answer to [Store.Take].
func decide(here *kept, asked uint64, r Record, err error) takeover {
	known := here != nil && here.mayHave(asked)
	switch {
	case err == nil && here != nil && r.Before == here.moves:
		return goOn
	case err == nil:
		return restore
	case errors.Is(err, ErrUnknown) && known:
		return goOnOwn
	case errors.Is(err, ErrUnknown):
		return lost
	case known:
		return goOnAlone
	}
	return wait
}
