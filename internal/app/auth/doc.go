// Package auth decides who a client is from the credential it brings: a JSON Web Token (RFC 7519) signed with HS256,
// RS256 or EdDSA.
//
// # Words
//
// A key is a secret or public key with the one algorithm that it is for. A token is a signed JWT. An identity is the content
// of a valid token: a user, a scope, and an expiry. A credential is a token or a ticket in a handshake.
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
