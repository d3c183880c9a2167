package tlsdecrypt

import (
	"crypto/cipher"
	"encoding/binary"
	"errors"
	"fmt"
)

// The content types of records (RFC 8446 §5.1).
const (
	typeChangeCipher = 20
	typeAlert        = 21
	typeHandshake    = 22
	typeData         = 23
)

const (
	recordHead   = 5
	maxRecord    = 1<<14 + 2048 // RFC 5246 §6.2.3; TLS 1.3 allows less
	maxHandshake = 1 << 18      // bytes of one handshake message: certificates are long
)

// The errors behind which nothing of a half can be decrypted.
var (
	errRecord  = errors.New("what follows is no TLS record")
	errDecrypt = errors.New("a TLS record cannot be decrypted with the secret of the key log")
)

// half is one direction.
type half struct {
	buf       []byte // a record that is not whole
	handshake []byte // of a message that is not whole
	keys      *keys  // nil: records are not protected
	changed   bool   // TLS 1.2: change_cipher_spec was seen
	earlyOver bool   // TLS 1.3: no early data follows
	traffic   bool   // TLS 1.3: the handshake is over

	seeking  bool   // bytes are missing, and no record behind them was found yet
	missing  uint64 // bytes before the next record that is found
	lossy    bool   // bytes were missing
	unsaid   Lost   // data that is missing, which the next data says, or the end
	unsaidAt int64  // when the record behind it came
	behind   bool   // no record behind the gap was decrypted yet
	gap      gap    // since the last one that was
}

// keys protect the records of a half.
type keys struct {
	aead     cipher.AEAD
	cbc      *cbc   // in place of aead
	iv       []byte // 12 bytes, or the first 4 of them when records have the rest
	seq      uint64
	secret   []byte // TLS 1.3: for the next key update
	explicit bool
	early    bool // of early data
}

// take returns the next whole record of a half, or nil. It is valid until the next call.
func (h *half) take() (record []byte, err error) {
	if len(h.buf) < recordHead {
		return nil, nil
	}
	kind, size := h.buf[0], int(binary.BigEndian.Uint16(h.buf[3:]))
	if kind < typeChangeCipher || kind > typeData+1 || h.buf[1] != 3 || size > maxRecord {
		return nil, errRecord
	}
	if len(h.buf) < recordHead+size {
		return nil, nil
	}
	record, h.buf = h.buf[:recordHead+size:recordHead+size], h.buf[recordHead+size:]
	return record, nil
}

// open returns the content of a record and its type.
func (k *keys) open(record []byte, tls13 bool) (kind byte, content []byte, err error) {
	if k.cbc != nil {
		if content, err = k.cbc.open(record, k.seq); err != nil {
			return 0, nil, fmt.Errorf("%w (record %d)", err, k.seq)
		}
		k.seq++
		return record[0], content, nil
	}
	body, overhead := record[recordHead:], k.aead.Overhead()
	nonce := make([]byte, 12)
	var seq [8]byte
	binary.BigEndian.PutUint64(seq[:], k.seq)
	if k.explicit {
		if len(body) < 8 {
			return 0, nil, errDecrypt
		}
		copy(nonce, k.iv)
		copy(nonce[4:], body[:8])
		body = body[8:]
	} else {
		copy(nonce, k.iv)
		for i := range seq {
			nonce[4+i] ^= seq[i]
		}
	}
	if len(body) < overhead {
		return 0, nil, errDecrypt
	}
	aad := record[:recordHead]
	if !tls13 {
		aad = append(append(seq[:], record[:3]...), 0, 0)
		binary.BigEndian.PutUint16(aad[11:], uint16(len(body)-overhead))
	}
	content, err = k.aead.Open(nil, nonce, body, aad)
	if err != nil {
		return 0, nil, fmt.Errorf("%w (record %d)", errDecrypt, k.seq)
	}
	k.seq++
	if !tls13 {
		return record[0], content, nil
	}
	return inner(content)
}

// inner takes the padding off (RFC 8446 §5.2).
func inner(b []byte) (kind byte, content []byte, err error) {
	for len(b) > 0 {
		if kind, b = b[len(b)-1], b[:len(b)-1]; kind != 0 {
			return kind, b, nil
		}
	}
	return 0, nil, errRecord
}

// newKeys13 makes the keys of a TLS 1.3 traffic secret (RFC 8446 §7.3).
func newKeys13(s *suite, secret []byte) (*keys, error) {
	if len(secret) != s.hash().Size() {
		return nil, fmt.Errorf("%w: its length does not fit the cipher suite", errDecrypt)
	}
	key, err := s.expandLabel(secret, "key", s.keySize)
	if err != nil {
		return nil, err
	}
	iv, err := s.expandLabel(secret, "iv", 12)
	if err != nil {
		return nil, err
	}
	aead, err := s.aead(key)
	return &keys{aead: aead, iv: iv, secret: secret}, err
}

// update makes the keys after a key update (RFC 8446 §7.2).
func (k *keys) update(s *suite) (*keys, error) {
	next, err := s.expandLabel(k.secret, "traffic upd", len(k.secret))
	if err != nil {
		return nil, err
	}
	return newKeys13(s, next)
}

// newKeys12 makes the keys of both halves from a TLS 1.2 master secret (RFC 5246 §6.3). etm says how records of CBC suites are protected.
func newKeys12(s *suite, master []byte, client, server random, etm bool) (out [2]*keys, err error) {
	seed := append(append([]byte(nil), server[:]...), client[:]...)
	mac := 0
	if s.mac != nil {
		mac = s.mac().Size()
	}
	block := s.prf(master, "key expansion", seed, 2*mac+2*s.keySize+2*s.fixedIV)
	macs, block := block[:2*mac], block[2*mac:]
	for i := range out {
		key, iv := block[i*s.keySize:][:s.keySize], block[2*s.keySize+i*s.fixedIV:][:s.fixedIV]
		if s.mac != nil {
			protect, err := newCBC(s, key, macs[i*mac:][:mac], etm)
			if err != nil {
				return out, err
			}
			out[i] = &keys{cbc: protect}
			continue
		}
		aead, err := s.aead(key)
		if err != nil {
			return out, err
		}
		out[i] = &keys{aead: aead, iv: iv, explicit: s.fixedIV == 4}
	}
	return out, nil
}
