package wire

import (
	"encoding/binary"
	"math/rand/v2"
)

// The opcodes (RFC 6455 §5.2).
const (
	opContinuation = 0
	opText         = 1
	opBinary       = 2
	opClose        = 8
	opPing         = 9
	opPong         = 10
)

const (
	finBit, rsv1Bit = 0x80, 0x40
	maskBit         = 0x80
	maxControl      = 125 // bytes of payload of a control frame (RFC 6455 §5.5)
)

// Headroom is how many bytes a [Writer] needs before a message: the longest header of a masked frame.
const Headroom = 14

// putHeader writes the header of a masked frame so that it ends where b ends, and returns how long it is.
func putHeader(b []byte, first byte, length int, key [4]byte) int {
	n := headerSize(length)
	h := b[len(b)-n:]
	h[0] = first
	switch n {
	case 6:
		h[1] = maskBit | byte(length)
	case 8:
		h[1] = maskBit | 126
		binary.BigEndian.PutUint16(h[2:], uint16(length))
	default:
		h[1] = maskBit | 127
		binary.BigEndian.PutUint64(h[2:], uint64(length))
	}
	copy(h[n-4:], key[:])
	return n
}

func headerSize(length int) int {
	switch {
	case length <= maxControl:
		return 6
	case length < 1<<16:
		return 8
	}
	return Headroom
}

// newKey draws a masking key. The generator is the runtime's, ChaCha8 with a seed of the system: no one outside can foresee
// it (RFC 6455 §10.3).
func newKey() (key [4]byte) {
	binary.LittleEndian.PutUint32(key[:], rand.Uint32())
	return key
}

// mask applies key to p (RFC 6455 §5.3).
func mask(p []byte, key [4]byte) {
	k := uint64(binary.LittleEndian.Uint32(key[:]))
	k |= k << 32
	for len(p) >= 32 {
		a, b, c, d := p[0:8], p[8:16], p[16:24], p[24:32]
		binary.LittleEndian.PutUint64(a, binary.LittleEndian.Uint64(a)^k)
		binary.LittleEndian.PutUint64(b, binary.LittleEndian.Uint64(b)^k)
		binary.LittleEndian.PutUint64(c, binary.LittleEndian.Uint64(c)^k)
		binary.LittleEndian.PutUint64(d, binary.LittleEndian.Uint64(d)^k)
		p = p[32:]
	}
	for len(p) >= 8 {
		binary.LittleEndian.PutUint64(p, binary.LittleEndian.Uint64(p)^k)
		p = p[8:]
	}
	for i := range p {
		p[i] ^= key[i&3]
	}
}
