package auth

import (
	"errors"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// Issue signs a token for user with the verifier's first HS256 key, valid from now for ttl. It is what the development
// login uses; a production system has its issuer elsewhere and configures only public keys here, and then Issue
// returns an error.
func (v *Verifier) Issue(user string, now time.Time, ttl time.Duration) (string, error) {
	if !ValidUser(user) {
		return "", errors.New("a user's name has 1 to 64 printable characters, and no space at either end")
	}
	for _, k := range v.opt.Keys {
		if k.Algorithm != HS256 {
			continue
		}
		t := jwt.NewWithClaims(jwt.SigningMethodHS256, claims{RegisteredClaims: jwt.RegisteredClaims{
			Subject: user, Audience: jwt.ClaimStrings{v.opt.Audience}, Issuer: v.opt.Issuer,
			IssuedAt: jwt.NewNumericDate(now), ExpiresAt: jwt.NewNumericDate(now.Add(ttl)),
		}})
		t.Header["kid"] = k.ID
		return t.SignedString(k.material)
	}
	return "", errors.New("no HS256 key to sign with")
}
