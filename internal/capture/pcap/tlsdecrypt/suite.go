package tlsdecrypt

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha1" //nolint:gosec // what was captured is protected with it
	"crypto/sha256"
	"crypto/sha512"
	"encoding/binary"
	"hash"

	"golang.org/x/crypto/chacha20poly1305"
)

// suite is what a cipher suite means for decryption.
type suite struct {
	keySize int
	fixedIV int // bytes of the nonce that come from the key block: 4 with an explicit nonce in each record, else 12
	hash    func() hash.Hash
	chacha  bool
	mac     func() hash.Hash // of CBC suites; nil for the others
}

// The kinds of suites. TLS 1.3 always has nonces of 12 bytes.
var (
	aes128 = suite{keySize: 16, fixedIV: 4, hash: sha256.New}
	aes256 = suite{keySize: 32, fixedIV: 4, hash: sha512.New384}
	chacha = suite{keySize: 32, fixedIV: 12, hash: sha256.New, chacha: true}

	cbc128sha    = suite{keySize: 16, hash: sha256.New, mac: sha1.New}
	cbc256sha    = suite{keySize: 32, hash: sha256.New, mac: sha1.New}
	cbc128sha256 = suite{keySize: 16, hash: sha256.New, mac: sha256.New}
	cbc256sha256 = suite{keySize: 32, hash: sha256.New, mac: sha256.New}
	cbc256sha384 = suite{keySize: 32, hash: sha512.New384, mac: sha512.New384}
)

// suites are the cipher suites that are decrypted, by their number (IANA's TLS Cipher Suites).
var suites = map[uint16]suite{
	0x1301: aes128, 0x1302: aes256, 0x1303: chacha, // TLS 1.3
	0x009C: aes128, 0x009D: aes256, // RSA
	0x009E: aes128, 0x009F: aes256, 0xCCAA: chacha, // DHE_RSA
	0x00A2: aes128, 0x00A3: aes256, // DHE_DSS
	0x00A8: aes128, 0x00A9: aes256, 0xCCAB: chacha, // PSK
	0x00AA: aes128, 0x00AB: aes256, 0xCCAD: chacha, // DHE_PSK
	0xC02B: aes128, 0xC02C: aes256, 0xCCA9: chacha, // ECDHE_ECDSA
	0xC02D: aes128, 0xC02E: aes256, // ECDH_ECDSA
	0xC02F: aes128, 0xC030: aes256, 0xCCA8: chacha, // ECDHE_RSA
	0xC031: aes128, 0xC032: aes256, // ECDH_RSA
	0xD001: aes128, 0xD002: aes256, 0xCCAC: chacha, // ECDHE_PSK

	// CBC, of TLS 1.2 only: RSA, DHE_DSS, DHE_RSA, ECDH_ECDSA, ECDHE_ECDSA, ECDH_RSA, ECDHE_RSA, PSK.
	0x002F: cbc128sha, 0x0032: cbc128sha, 0x0033: cbc128sha, 0xC004: cbc128sha, 0xC009: cbc128sha, 0xC00E: cbc128sha, 0xC013: cbc128sha, 0x008C: cbc128sha,
	0x0035: cbc256sha, 0x0038: cbc256sha, 0x0039: cbc256sha, 0xC005: cbc256sha, 0xC00A: cbc256sha, 0xC00F: cbc256sha, 0xC014: cbc256sha, 0x008D: cbc256sha,
	0x003C: cbc128sha256, 0x0040: cbc128sha256, 0x0067: cbc128sha256, 0xC023: cbc128sha256, 0xC025: cbc128sha256, 0xC027: cbc128sha256, 0xC029: cbc128sha256,
	0x003D: cbc256sha256, 0x006A: cbc256sha256, 0x006B: cbc256sha256,
	0xC024: cbc256sha384, 0xC026: cbc256sha384, 0xC028: cbc256sha384, 0xC02A: cbc256sha384,
}

// aead returns the cipher with a key.
func (s *suite) aead(key []byte) (cipher.AEAD, error) {
	if s.chacha {
		return chacha20poly1305.New(key)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}

// expandLabel is HKDF-Expand-Label without a context (RFC 8446 §7.1).
func (s *suite) expandLabel(secret []byte, label string, size int) ([]byte, error) {
	info := binary.BigEndian.AppendUint16(nil, uint16(size))
	info = append(info, byte(len("tls13 ")+len(label)))
	info = append(info, "tls13 "+label...)
	info = append(info, 0)
	return hkdf.Expand(s.hash, secret, string(info), size)
}

// prf is the pseudorandom function of TLS 1.2 (RFC 5246 §5).
func (s *suite) prf(secret []byte, label string, seed []byte, size int) []byte {
	seed = append([]byte(label), seed...)
	mac := hmac.New(s.hash, secret)
	sum := func(parts ...[]byte) []byte {
		mac.Reset()
		for _, p := range parts {
			_, _ = mac.Write(p) // a hash never fails
		}
		return mac.Sum(nil)
	}
	var out []byte
	for a := sum(seed); len(out) < size; a = sum(a) {
		out = append(out, sum(a, seed)...)
	}
	return out[:size]
}
