package frame

import "encoding/binary"

// xorMask writes src, masked or unmasked with key (RFC 6455 §5.3), to dst, which is at least as long; the two are the
// same slice or do not overlap. pos is the place of src[0] in its frame's payload. Words of 8 bytes, four at a time:
// the tap does this to every byte that a client sends.
func xorMask(dst, src []byte, key [4]byte, pos uint64) {
	k32 := rotatedKey(key, pos)
	k64 := uint64(k32)<<32 | uint64(k32)
	dst = dst[:len(src)]
	for len(src) >= 32 && len(dst) >= 32 {
		binary.LittleEndian.PutUint64(dst, binary.LittleEndian.Uint64(src)^k64)
		binary.LittleEndian.PutUint64(dst[8:], binary.LittleEndian.Uint64(src[8:])^k64)
		binary.LittleEndian.PutUint64(dst[16:], binary.LittleEndian.Uint64(src[16:])^k64)
		binary.LittleEndian.PutUint64(dst[24:], binary.LittleEndian.Uint64(src[24:])^k64)
		src, dst = src[32:], dst[32:]
	}
	for len(src) >= 8 && len(dst) >= 8 {
		binary.LittleEndian.PutUint64(dst, binary.LittleEndian.Uint64(src)^k64)
		src, dst = src[8:], dst[8:]
	}
	for i := range src {
		dst[i] = src[i] ^ byte(k64>>(8*i))
	}
}

// rotatedKey returns key as a little-endian word whose lowest byte masks the payload byte at pos.
func rotatedKey(key [4]byte, pos uint64) uint32 {
	k := binary.LittleEndian.Uint32(key[:])
	shift := 8 * (pos & 3)
	return k>>shift | k<<(32-shift)
}

// Unmask unmasks, or masks, the beginning of a frame's payload in place (RFC 6455 §5.3).
func Unmask(payload []byte, key [4]byte) { xorMask(payload, payload, key, 0) }

// maskedASCII reports whether src, masked with key, is ASCII. pos is the place of src[0] in its frame's payload. A byte of ASCII has the
// top bit 0, so that masked it has that of its byte of the key.
func maskedASCII(src []byte, key [4]byte, pos uint64) bool {
	const tops = 0x8080808080808080
	k32 := rotatedKey(key, pos)
	k64 := uint64(k32)<<32 | uint64(k32)
	var differ uint64
	for len(src) >= 32 {
		differ |= binary.LittleEndian.Uint64(src) ^ k64
		differ |= binary.LittleEndian.Uint64(src[8:]) ^ k64
		differ |= binary.LittleEndian.Uint64(src[16:]) ^ k64
		differ |= binary.LittleEndian.Uint64(src[24:]) ^ k64
		src = src[32:]
	}
	for len(src) >= 8 {
		differ |= binary.LittleEndian.Uint64(src) ^ k64
		src = src[8:]
	}
	for i := range src {
		differ |= uint64(src[i] ^ byte(k64>>(8*i)))
	}
	return differ&tops == 0
}
