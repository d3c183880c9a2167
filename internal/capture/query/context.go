package query

// contexts is a query with near, before or after, taken apart: the tests that look at one row only, each of which gives
// one bit, and the rest, which looks at the bits.
type contexts struct {
	tests    []test
	blocks   []blockTest // the same tests
	testBits []uint64    // one for each of tests
	places   []place
	root     func(bits uint64) bool
	bits     int
	ahead    int // rows that may still change the answer of a row
}

// place is one context: the bit of the test it is about, its own bit, and how far it reaches.
type place struct {
	of, own       uint64
	ahead, behind int
	self          bool
}

func hasContext(n node) bool {
	switch n := n.(type) {
	case *allOf:
		return anyContext(n.kids)
	case *anyOf:
		return anyContext(n.kids)
	case *notOf:
		return hasContext(n.kid)
	case *context:
		return true
	}
	return false
}

func anyContext(kids []node) bool {
	for _, k := range kids {
		if hasContext(k) {
			return true
		}
	}
	return false
}

func newContexts(root node) *contexts {
	c := &contexts{}
	c.root = c.build(root)
	return c
}

// newBit returns a bit that is free. Eight contexts in brackets within brackets can want more than there are: the last one
// is then shared, and Parse refuses the query.
func (c *contexts) newBit() uint64 {
	c.bits++
	return 1 << min(c.bits-1, 63)
}

func (c *contexts) tooMany() bool { return c.bits > 64 }

func (c *contexts) leaf(t test, b blockTest) uint64 {
	bit := c.newBit()
	c.tests, c.blocks, c.testBits = append(c.tests, t), append(c.blocks, b), append(c.testBits, bit)
	return bit
}

func (c *contexts) build(n node) func(uint64) bool {
	switch n := n.(type) {
	case *allOf:
		return c.all(n.kids)
	case *anyOf:
		return c.any(n.kids)
	case *notOf:
		if hasContext(n) {
			kid := c.build(n.kid)
			return func(bits uint64) bool { return !kid(bits) }
		}
	case *context:
		return isSet(c.place(n))
	}
	return isSet(c.leaf(build(n), buildBlock(n)))
}

func isSet(bit uint64) func(uint64) bool { return func(bits uint64) bool { return bits&bit != 0 } }

func (c *contexts) place(n *context) uint64 {
	p := place{self: n.word == "near"}
	if n.word != "after" {
		p.ahead = n.count
	}
	if n.word != "before" {
		p.behind = n.count
	}
	p.of = c.leaf(build(n.kid), buildBlock(n.kid))
	p.own = c.newBit()
	c.places = append(c.places, p)
	c.ahead = max(c.ahead, p.ahead)
	return p.own
}

// split sorts out the kids that look at one row only: together they are one test.
func split(kids []node) (plain, rest []node) {
	for _, k := range kids {
		if hasContext(k) {
			rest = append(rest, k)
		} else {
			plain = append(plain, k)
		}
	}
	return plain, rest
}

func (c *contexts) parts(kids []node, merge func([]node) test, mergeBlocks func([]node) blockTest) []func(uint64) bool {
	plain, rest := split(kids)
	var out []func(uint64) bool
	if len(plain) > 0 {
		plain = plan(plain)
		out = append(out, isSet(c.leaf(merge(plain), mergeBlocks(plain))))
	}
	for _, k := range rest {
		out = append(out, c.build(k))
	}
	return out
}

func (c *contexts) all(kids []node) func(uint64) bool {
	parts := c.parts(kids, buildAll, allBlocks)
	return func(bits uint64) bool {
		for _, p := range parts {
			if !p(bits) {
				return false
			}
		}
		return true
	}
}

func (c *contexts) any(kids []node) func(uint64) bool {
	parts := c.parts(kids, buildAny, anyBlocks)
	return func(bits uint64) bool {
		for _, p := range parts {
			if p(bits) {
				return true
			}
		}
		return false
	}
}
