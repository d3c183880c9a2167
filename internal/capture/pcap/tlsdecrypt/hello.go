package tlsdecrypt

import "encoding/binary"

// Handshake messages (RFC 8446 §4, RFC 5246 §7.4, RFC 5077 §3.3).
const (
	msgClientHello = 1
	msgServerHello = 2
	msgTicket      = 4
	msgEarlyEnd    = 5
	msgFinished    = 20
	msgKeyUpdate   = 24
)

// Extensions.
const (
	extETM      = 22 // encrypt-then-MAC (RFC 7366)
	extTicket   = 35
	extEarly    = 42
	extVersions = 43
)

const (
	versionTLS12 = 0x0303
	versionTLS13 = 0x0304
)

// retryRandom is the random of a HelloRetryRequest (RFC 8446 §4.1.3).
var retryRandom = random{
	0xCF, 0x21, 0xAD, 0x74, 0xE5, 0x9A, 0x61, 0x11, 0xBE, 0x1D, 0x8C, 0x02, 0x1E, 0x65, 0xB8, 0x91,
	0xC2, 0xA2, 0x11, 0x16, 0x7A, 0xBB, 0x8C, 0x5E, 0x07, 0x9E, 0x09, 0xE2, 0xC8, 0xA8, 0x33, 0x9C,
}

// hello is what a ClientHello or a ServerHello says.
type hello struct {
	random  random
	session string
	ticket  string
	suite   uint16 // of the server
	version uint16
	early   bool // of the client: early data follows
	etm     bool // of the server: CBC records are encrypted first
}

// parseHello reads the body of a hello.
func parseHello(b []byte, server bool) (h hello, ok bool) {
	c := cursor{b: b}
	h.version = c.uint16()
	copy(h.random[:], c.bytes(32))
	h.session = string(c.bytes(int(c.uint8())))
	if server {
		h.suite = c.uint16()
		c.bytes(1) // compression
	} else {
		c.bytes(int(c.uint16())) // cipher suites
		c.bytes(int(c.uint8()))  // compressions
	}
	if c.bad {
		return h, false
	}
	if len(c.b) == 0 {
		return h, true // no extensions
	}
	exts := cursor{b: c.bytes(int(c.uint16()))}
	for len(exts.b) > 0 {
		kind := exts.uint16()
		value := exts.bytes(int(exts.uint16()))
		switch {
		case kind == extTicket:
			h.ticket = string(value)
		case kind == extETM:
			h.etm = true
		case kind == extEarly:
			h.early = true
		case kind == extVersions && server && len(value) == 2:
			h.version = binary.BigEndian.Uint16(value)
		}
	}
	return h, !c.bad && !exts.bad
}

// cursor reads fields one after another. What is behind its end reads as zero.
type cursor struct {
	b   []byte
	bad bool
}

func (c *cursor) bytes(n int) []byte {
	if n > len(c.b) {
		c.b, c.bad = nil, true
		return nil
	}
	out := c.b[:n]
	c.b = c.b[n:]
	return out
}

func (c *cursor) uint8() uint8 {
	if b := c.bytes(1); b != nil {
		return b[0]
	}
	return 0
}

func (c *cursor) uint16() uint16 {
	if b := c.bytes(2); b != nil {
		return binary.BigEndian.Uint16(b)
	}
	return 0
}
