package auth

import (
	"crypto"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
)

// Algorithm is the one signature algorithm that a key is for (RFC 7518 §3.1, RFC 8037).
type Algorithm string

// The algorithms that keys can have.
const (
	HS256 Algorithm = "HS256" // a secret of at least 32 bytes, shared with the issuer of tokens
	RS256 Algorithm = "RS256" // an RSA public key of at least 2048 bits
	EdDSA Algorithm = "EdDSA" // an Ed25519 public key
)

// MinSecret is the least length of an HS256 secret in bytes (RFC 7518 §3.2).
const MinSecret = 32

// minRSA is the least size of an RSA key in bits (RFC 7518 §3.3).
const minRSA = 2048

// Key verifies tokens of one algorithm. A key with a secret can also sign them.
type Key struct {
	ID        string // compared with the token's "kid"; a token without one is tried with every key of its algorithm
	Algorithm Algorithm
	material  any // []byte, *rsa.PublicKey or ed25519.PublicKey, as golang-jwt wants it
}

// NewSecret makes an HS256 key. It refuses a secret shorter than [MinSecret] bytes.
func NewSecret(id string, secret []byte) (Key, error) {
	if len(secret) < MinSecret {
		return Key{}, fmt.Errorf("HS256 secret has %d bytes: it needs at least %d, for example from `openssl rand -base64 48`", len(secret), MinSecret)
	}
	return Key{ID: id, Algorithm: HS256, material: append([]byte(nil), secret...)}, nil
}

// NewPublic makes an RS256 or EdDSA key from a public key. It refuses short RSA keys and other kinds.
func NewPublic(id string, public crypto.PublicKey) (Key, error) {
	switch k := public.(type) {
	case *rsa.PublicKey:
		if k.N.BitLen() < minRSA {
			return Key{}, fmt.Errorf("RSA key has %d bits: it needs at least %d", k.N.BitLen(), minRSA)
		}
		return Key{ID: id, Algorithm: RS256, material: k}, nil
	case ed25519.PublicKey:
		return Key{ID: id, Algorithm: EdDSA, material: k}, nil
	}
	return Key{}, fmt.Errorf("public key of type %T: only RSA (RS256) and Ed25519 (EdDSA) are supported", public)
}

// ParsePublic makes an RS256 or EdDSA key from PEM, block type PUBLIC KEY (RFC 7468 §13). The algorithm follows from
// the kind of the key.
func ParsePublic(id string, text []byte) (Key, error) {
	block, _ := pem.Decode(text)
	if block == nil {
		return Key{}, errors.New("no PEM block found: expected -----BEGIN PUBLIC KEY-----")
	}
	if block.Type != "PUBLIC KEY" {
		return Key{}, fmt.Errorf("PEM block is %q: expected PUBLIC KEY (`openssl pkey -pubout` makes one)", block.Type)
	}
	public, err := x509.ParsePKIXPublicKey(block.Bytes)
	if err != nil {
		return Key{}, fmt.Errorf("PEM block PUBLIC KEY: %w", err)
	}
	return NewPublic(id, public)
}
