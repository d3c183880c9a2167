// Package auth decides who a client is from the credential it brings: a JSON Web Token (RFC 7519) signed with HS256,
// RS256 or EdDSA.
//
// # Words
//
// A key is one secret or public key with the one algorithm it is for. A token is a signed JWT. An identity is what a
// valid token says: a user, a scope, and when it ends. A credential is a token or a ticket as a handshake carries it.
//
// # Rules
//
// The algorithm is pinned by the key and never taken from the token (RFC 8725 §3.1). A token must name an audience, a
// subject and an expiry. A token longer than [MaxToken] is refused before anything parses it.
//
// # Never
//
// The package never does I/O, never reads a clock (the time is an argument), and never puts a token, or any part of
// one, in an error.
package auth
