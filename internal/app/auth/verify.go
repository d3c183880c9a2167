package auth

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/golang-jwt/jwt/v5"
)

// MaxToken is the greatest length of a token in bytes. Longer ones are refused unread.
const MaxToken = 4096

// MaxUser is the greatest length of a user's name in characters.
const MaxUser = 64

// ErrInvalid is what every refusal of a token wraps.
var ErrInvalid = errors.New("invalid token")

// Identity is what a valid token says.
type Identity struct {
	User    string    // "sub": 1 to MaxUser printable characters
	Expires time.Time // "exp"
	Token   string    // SHA-256 of the token's signed part in hexadecimal digits: what a revocation names; see fingerprint
	Scope   []string  // "scope" split at spaces (RFC 8693 §4.2); nil when the token has none, which allows everything
}

// Allows reports whether the identity's scope includes action.
func (id Identity) Allows(action string) bool {
	return id.Scope == nil || slices.Contains(id.Scope, action)
}

// Options is what a [Verifier] accepts.
type Options struct {
	Keys     []Key  // at least one
	Audience string // a token's "aud" must include it; required
	Issuer   string // a token's "iss" must equal it; empty: not checked
}

// Verifier decides about tokens. It is safe for use by many goroutines and holds no state between calls.
type Verifier struct {
	opt     Options
	methods []string
}

// NewVerifier checks opt. It refuses an empty key list, an empty audience, and two keys that a token could not tell
// apart by name.
func NewVerifier(opt Options) (*Verifier, error) {
	if len(opt.Keys) == 0 {
		return nil, errors.New("auth: no key to verify tokens with")
	}
	if opt.Audience == "" {
		return nil, errors.New("auth: no audience: tokens made for other services would be accepted")
	}
	v := &Verifier{opt: opt}
	seen := map[string]bool{}
	for _, k := range opt.Keys {
		if seen[k.ID] {
			return nil, fmt.Errorf("auth: two keys are named %q", k.ID)
		}
		seen[k.ID] = true
		if !slices.Contains(v.methods, string(k.Algorithm)) {
			v.methods = append(v.methods, string(k.Algorithm))
		}
	}
	return v, nil
}

// claims are those parts of a token that are read.
type claims struct {
	jwt.RegisteredClaims
	Scope *string `json:"scope,omitempty"`
}

// Verify decides whether token is valid at now and returns what it says. Every error wraps [ErrInvalid] and names the
// rule, never the token.
func (v *Verifier) Verify(token string, now time.Time) (Identity, error) {
	if len(token) > MaxToken || strings.Count(token, ".") != 2 || strings.ContainsFunc(token, foreign) {
		return Identity{}, fmt.Errorf("%w: malformed", ErrInvalid)
	}
	opts := []jwt.ParserOption{
		jwt.WithValidMethods(v.methods), jwt.WithExpirationRequired(), jwt.WithAudience(v.opt.Audience),
		jwt.WithTimeFunc(func() time.Time { return now }), jwt.WithStrictDecoding(), jwt.WithIssuedAt(),
	}
	if v.opt.Issuer != "" {
		opts = append(opts, jwt.WithIssuer(v.opt.Issuer))
	}
	var c claims
	if _, err := jwt.NewParser(opts...).ParseWithClaims(token, &c, v.keys); err != nil {
		return Identity{}, fmt.Errorf("%w: %s", ErrInvalid, rule(err))
	}
	if !ValidUser(c.Subject) {
		return Identity{}, fmt.Errorf("%w: subject", ErrInvalid)
	}
	id := Identity{User: c.Subject, Expires: c.ExpiresAt.Time, Token: fingerprint(token)}
	if c.Scope != nil {
		id.Scope = append([]string{}, strings.Fields(*c.Scope)...)
	}
	return id, nil
}

// foreign reports whether r never stands in a JWT: its three parts are base64url without padding (RFC 7515 §2), joined by
// dots. The decoder of the standard library passes over CR and LF, so that one token would have many spellings.
func foreign(r rune) bool {
	switch {
	case r >= 'A' && r <= 'Z', r >= 'a' && r <= 'z', r >= '0' && r <= '9', r == '-', r == '_', r == '.':
		return false
	}
	return true
}

// fingerprint names a verified token for revocations. It is of the signed part, header and claims, and not of the text:
// the holder of a token can spell its signature in another way where an encoding or an algorithm allows it, but not what
// the signature covers.
func fingerprint(token string) string {
	h := sha256.Sum256([]byte(token[:strings.LastIndexByte(token, '.')]))
	return hex.EncodeToString(h[:])
}

// keys chooses what may verify t: keys of exactly its algorithm and, when it names one, exactly that key.
func (v *Verifier) keys(t *jwt.Token) (any, error) {
	if _, has := t.Header["crit"]; has { // RFC 7515 §4.1.11: an extension that is not understood must be refused
		return nil, errCritical
	}
	kid, named := t.Header["kid"].(string)
	if _, has := t.Header["kid"]; has && !named {
		return nil, errors.New("kid is not a string")
	}
	var set jwt.VerificationKeySet
	for _, k := range v.opt.Keys {
		if string(k.Algorithm) == t.Method.Alg() && (!named || k.ID == kid) {
			set.Keys = append(set.Keys, k.material)
		}
	}
	if len(set.Keys) == 0 {
		return nil, errors.New("no such key")
	}
	return set, nil
}

var errCritical = errors.New("critical extension")

// rule names the rule that err broke. Errors of the parser can quote the token, so none is passed on.
func rule(err error) string {
	for _, r := range []struct {
		err  error
		name string
	}{
		{errCritical, "critical extension"},
		{jwt.ErrTokenExpired, "expired"},
		{jwt.ErrTokenNotValidYet, "not valid yet"},
		{jwt.ErrTokenUsedBeforeIssued, "used before issued"},
		{jwt.ErrTokenInvalidAudience, "audience"},
		{jwt.ErrTokenInvalidIssuer, "issuer"},
		{jwt.ErrTokenRequiredClaimMissing, "claim missing"},
		{jwt.ErrTokenUnverifiable, "no such key"},
		{jwt.ErrTokenSignatureInvalid, "signature"},
	} {
		if errors.Is(err, r.err) {
			return r.name
		}
	}
	return "malformed"
}

// ValidUser reports whether s can be a user's name: 1 to [MaxUser] characters, all printable, no space at either end.
func ValidUser(s string) bool {
	if s == "" || len(s) > MaxUser*utf8.UTFMax || !utf8.ValidString(s) || utf8.RuneCountInString(s) > MaxUser {
		return false
	}
	return strings.TrimSpace(s) == s && !strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) })
}
