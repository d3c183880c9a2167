package frame

import "unicode/utf8"

// utf8Check validates text that comes in pieces, in constant memory. Where the pieces are cut makes no difference, not even
// to the byte at which an error is found.
type utf8Check struct {
	part [utf8.UTFMax]byte // a character that is not yet complete
	n    uint8             // bytes in part
	bad  bool              // the text is invalid
}

// write checks the next piece.
func (c *utf8Check) write(p []byte) {
	for c.n > 0 && len(p) > 0 && !c.bad {
		c.part[c.n] = p[0]
		c.n++
		p = p[1:]
		if utf8.FullRune(c.part[:c.n]) {
			c.bad = !utf8.Valid(c.part[:c.n])
			c.n = 0
		}
	}
	if c.bad || len(p) == 0 {
		return
	}
	whole := len(p) - cutRune(p)
	c.bad = !utf8.Valid(p[:whole])
	c.n = uint8(copy(c.part[:], p[whole:]))
}

// ok reports whether the text so far is valid and complete.
func (c *utf8Check) ok() bool { return !c.bad && c.n == 0 }

// cutRune returns how many bytes at the end of p begin a character that p does not finish: 0–3. Bytes that cannot begin
// one are not counted.
func cutRune(p []byte) int {
	for n := 1; n < utf8.UTFMax && n <= len(p); n++ {
		if tail := p[len(p)-n:]; utf8.RuneStart(tail[0]) {
			if utf8.FullRune(tail) {
				return 0
			}
			return n
		}
	}
	return 0
}
