package pcap

import (
	"fmt"

	"github.com/tetherscope/tetherscope/internal/capture/pcap/tlsdecrypt"
)

// secure is the TLS of a stream, around everything else.
type secure struct {
	conn    *tlsdecrypt.Conn // nil while the stream is not known to be TLS
	opening [2][]byte        // first bytes of a half that are too few to tell
	err     error            // why nothing more is decrypted
}

// secured takes bytes of a half, and returns them unless they are TLS: then they are decrypted, and what is in them is taken.
func (c *conn) secured(who int, p []byte) []byte {
	t := &c.tls
	if t.conn == nil {
		if c.over || !c.between(who) {
			return p
		}
		p = append(t.opening[who], p...)
		begins, more := tlsdecrypt.Begins(p)
		if t.opening[who] = nil; more {
			t.opening[who] = p[:len(p):len(p)]
			return nil
		}
		if !begins {
			return p
		}
		t.conn = tlsdecrypt.New(c.stream.all.options.Keys, c.stream.all.reserve)
	}
	c.decrypted(t.conn.Feed(who, p, c.now, c.clear))
	return nil
}

// between reports whether a half is where TLS may begin: at its beginning, or behind a message of HTTP/1, which may have opened a
// tunnel.
func (c *conn) between(who int) bool {
	m := &c.http1[who]
	return c.dec[0] == nil && c.dec[1] == nil && c.seeking[who] == nil && c.guess[who].dec == nil && !c.asking && !m.inBody && len(m.buf) == 0
}

// clear takes decrypted data, before which so many bytes are missing.
func (c *conn) clear(who int, p []byte, lost tlsdecrypt.Lost, at int64) {
	if c.protocol == protocolTLS && len(p) > 0 {
		c.protocol = protocolOf(p) // of what is inside
	}
	now := c.now
	c.now = at
	if lost.Bytes > 0 {
		c.losePlain(who, lost)
	}
	if len(p) > 0 {
		c.plain(who, p)
	}
	c.now = now
}

// decrypted takes note of an error of TLS: nothing behind it can be decrypted.
func (c *conn) decrypted(err error) {
	if err == nil || c.tls.err != nil {
		return
	}
	c.tls.err = err
	for who := range c.broken {
		c.undecrypted(who, err.Error())
	}
}

// undecrypted records that nothing more of a half can be decrypted.
func (c *conn) undecrypted(who int, why string) {
	c.http2.each(func(s *conn) { s.undecrypted(who, why) })
	if c.id != 0 && !c.over && !c.broken[who] {
		c.breakHalf(who, c.offset(who), "cannot be read from here on: "+why)
	}
}

// offset is how many bytes of frames of a half were decoded.
func (c *conn) offset(who int) uint64 {
	if c.dec[who] == nil {
		return 0
	}
	return c.dec[who].Offset()
}

// loseSecured takes note that bytes of TLS are missing: decryption goes on with a record behind them, which says how many bytes of its half are
// missing. It is false when the stream is not TLS.
func (c *conn) loseSecured(who int, n uint32) bool {
	if c.tls.conn == nil {
		return false
	}
	c.tls.conn.Lose(who, uint64(n))
	if err := c.tls.conn.Err(); err != nil {
		c.decrypted(fmt.Errorf("%w: %d bytes of TLS are missing in the capture", err, n))
	}
	return true
}

// losePlain takes note that decrypted bytes are missing. Where it is not certain how many, the frame in which they begin is given up: others
// are looked for behind them.
func (c *conn) losePlain(who int, lost tlsdecrypt.Lost) {
	n := uint32(min(lost.Bytes, 1<<31))
	switch {
	case c.http2.conn != nil && lost.Exact:
		c.http2.conn.Lose(who, n)
		return
	case c.http2.conn != nil:
		c.http2.conn.LoseSome(who, n)
		return
	case !lost.Exact && c.dec[who] != nil && c.seeking[who] == nil:
		n = uint32(max(lost.Bytes, min(c.dec[who].Left()+1, 1<<31)))
	}
	if offset, inside := c.gap(who, n); inside {
		c.missed(who, c.now, offset, fmt.Sprintf("%d bytes are missing in the capture, of the payload of a frame", n))
	}
}

// endSecured decrypts what waits for its secrets, for the last time.
func (c *conn) endSecured() {
	if c.tls.conn == nil {
		return
	}
	for who := range c.broken {
		if err := c.tls.conn.Gone(who); err != nil && c.tls.err == nil {
			c.undecrypted(who, err.Error())
		}
	}
	c.decrypted(c.tls.conn.End(c.clear))
}

// reserve counts bytes that are kept, or gives them back when n is negative. It is false when they would be too many.
func (s *streams) reserve(n int) bool {
	if n < 0 {
		s.give(-n)
		return true
	}
	return s.take(n)
}
