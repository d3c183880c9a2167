// Package secret hides credentials in handshakes: live in the tap, and in captures that came from elsewhere when they are
// saved or shared.
//
// It knows HTTP heads and URLs. What stands in messages is left as it is: nobody can tell a secret from a word there.
package secret
