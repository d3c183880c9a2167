//go:build !js

package resumeserver

import "slices"

// maxChain bounds how many tokens the client of a session may have. A client that has missed more welcomes than this in a row gets a
// gap if it comes with one of those in between.
const maxChain = 16

// nextToken returns a token for a session that had the given one: the count in the upper 32 bits is one larger, and the lower ones are
// nonce, which the caller draws at random.
func nextToken(token uint64, nonce uint32) uint64 { return (token>>32+1)<<32 | uint64(nonce) }

// addToken appends a token to those that a client may have.
func addToken(chain []uint64, token uint64) []uint64 {
	if len(chain) >= maxChain {
		chain = slices.Delete(chain, 1, 2) // the first is certain to be known
	}
	return append(chain, token)
}

// question begins a doubt: the session needs a token that the store has never had.
func (k *kept) question() {
	k.doubt, k.fresh, k.own, k.whole = true, 0, false, true
}

// offer returns the token that the client is to confirm, 0 for none.
func (k *kept) offer() uint64 {
	if !k.doubt {
		return 0
	}
	if k.fresh == 0 {
		k.fresh = nextToken(k.moves, k.draw())
		k.chain = addToken(k.chain, k.fresh)
	}
	return k.fresh
}

// token returns the token of a welcome.
func (k *kept) token() uint64 {
	if offered := k.offer(); offered != 0 {
		return offered
	}
	return k.moves
}

// confirmed notes that the client has a token, and reports whether that ends a doubt.
func (k *kept) confirmed(token uint64) (ended bool) {
	if i := slices.Index(k.chain, token); i > 0 {
		k.chain = slices.Delete(k.chain, 0, i)
	}
	if !k.doubt || k.fresh == 0 || token != k.fresh {
		return false
	}
	k.moves, k.fresh, k.doubt, k.own = token, 0, false, true
	return true
}

// retaken notes that this node has taken its own session in the store once more.
func (k *kept) retaken(token uint64) {
	k.moves, k.own = token, false
	k.chain = addToken(k.chain, token)
	k.fresh = 0 // which is to be larger
}

// unheld notes that the store does not have the session that is here.
func (k *kept) unheld() {
	if !k.own && !k.doubt {
		k.question()
	}
}

// mayHave reports whether the client may come with a token.
func (k *kept) mayHave(token uint64) bool { return slices.Contains(k.chain, token) }
