package tlsdecrypt

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/subtle"
	"encoding/binary"
	"hash"
)

// cbc protects the records of a half of TLS 1.2 by AES in CBC mode and a MAC (RFC 5246 §6.2.3.2).
type cbc struct {
	block cipher.Block
	mac   hash.Hash
	etm   bool // the MAC is that of what was encrypted (RFC 7366)
}

func newCBC(s *suite, key, macKey []byte, etm bool) (*cbc, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return &cbc{block: block, mac: hmac.New(s.mac, macKey), etm: etm}, nil
}

// open returns the content of the record with a number.
func (c *cbc) open(record []byte, seq uint64) ([]byte, error) {
	body, size := record[recordHead:], c.mac.Size()
	if c.etm {
		at := len(body) - size
		if at < 0 || !c.verify(record, seq, body[:at], body[at:]) {
			return nil, errDecrypt
		}
		body = body[:at]
	}
	if len(body) < 2*aes.BlockSize || len(body)%aes.BlockSize != 0 {
		return nil, errDecrypt
	}
	plain := make([]byte, len(body)-aes.BlockSize)
	cipher.NewCBCDecrypter(c.block, body[:aes.BlockSize]).CryptBlocks(plain, body[aes.BlockSize:])
	pad := int(plain[len(plain)-1])
	for i := range pad + 1 {
		if pad >= len(plain) || plain[len(plain)-1-i] != byte(pad) {
			return nil, errDecrypt
		}
	}
	plain = plain[:len(plain)-1-pad]
	if c.etm {
		return plain, nil
	}
	at := len(plain) - size
	if at < 0 || !c.verify(record, seq, plain[:at], plain[at:]) {
		return nil, errDecrypt
	}
	return plain[:at], nil
}

// verify reports whether a MAC is that of some bytes of a record.
func (c *cbc) verify(record []byte, seq uint64, covered, mac []byte) bool {
	var head [13]byte
	binary.BigEndian.PutUint64(head[:], seq)
	copy(head[8:], record[:3])
	binary.BigEndian.PutUint16(head[11:], uint16(len(covered)))
	c.mac.Reset()
	_, _ = c.mac.Write(head[:]) // a hash never fails
	_, _ = c.mac.Write(covered)
	return subtle.ConstantTimeCompare(c.mac.Sum(nil), mac) == 1
}
