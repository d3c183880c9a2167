package jsonscan

// Member is one member of an object or one element of an array: where its name and its value stand. An element has no
// name: its Name is empty and Index counts from 0.
type Member struct {
	Name       []byte // raw, with its quotes
	NameAt     int
	Index      int
	Start, End int
}

// Cursor goes over the members of one container, as bufio.Scanner goes over lines.
type Cursor struct {
	b      []byte
	at     int
	n      int
	object bool
	member Member
	state  state
	want   string
}

type state uint8

const (
	running state = iota
	closed
	broken
)

// Members returns a cursor over the container that opens at i.
func Members(b []byte, i int) Cursor {
	if i >= len(b) || b[i] != '{' && b[i] != '[' {
		return Cursor{b: b, at: i, state: broken}
	}
	return Cursor{b: b, at: i + 1, object: b[i] == '{'}
}

// Enter goes to the next member without skipping its value: Member().End is not known yet, and a caller who has read the value
// says with [Cursor.Resume] where it ended.
func (c *Cursor) Enter() bool {
	if c.state != running {
		return false
	}
	c.at = Space(c.b, c.at)
	if c.at < len(c.b) && c.b[c.at] == c.closing() {
		c.at++
		c.state = closed
		return false
	}
	if c.n > 0 && !c.expect(',', c.more()) {
		return false
	}
	c.member = Member{Index: c.n}
	if c.object && !c.name() {
		return false
	}
	if c.at = Space(c.b, c.at); c.at >= len(c.b) {
		c.state = broken
		return false
	}
	c.member.Start = c.at
	c.n++
	return true
}

// Resume goes on behind a value that ended at end.
func (c *Cursor) Resume(end int) { c.at = end }

// Next goes to the next member and skips its value.
func (c *Cursor) Next() bool {
	if !c.Enter() {
		return false
	}
	end, ok := Value(c.b, c.at)
	c.at, c.member.End = end, end
	if !ok {
		c.state = broken
	}
	return ok
}

// Member returns the member that Enter or Next went to.
func (c *Cursor) Member() Member { return c.member }

// End returns the position behind the container once Next or Enter returned false, and whether its closing bracket was
// found. Without it, the position is where the way was lost.
func (c *Cursor) End() (end int, ok bool) { return c.at, c.state == closed }

// Want says what was expected where the way was lost: "a colon". It is empty where a value was.
func (c *Cursor) Want() string { return c.want }

func (c *Cursor) more() string {
	if c.object {
		return "a comma or }"
	}
	return "a comma or ]"
}

func (c *Cursor) closing() byte {
	if c.object {
		return '}'
	}
	return ']'
}

func (c *Cursor) expect(sign byte, want string) bool {
	if c.at = Space(c.b, c.at); c.at >= len(c.b) || c.b[c.at] != sign {
		c.state, c.want = broken, want
		return false
	}
	c.at = Space(c.b, c.at+1)
	return true
}

func (c *Cursor) name() bool {
	if c.at >= len(c.b) || c.b[c.at] != '"' {
		c.state, c.want = broken, "a name in quotes"
		return false
	}
	end, ok := String(c.b, c.at)
	c.member.Name, c.member.NameAt = c.b[c.at:end], c.at
	c.at = end
	if !ok {
		c.state = broken
		return false
	}
	return c.expect(':', "a colon behind the name")
}

// Find returns where the value of the first member called name stands in the object that opens at i.
func Find(b []byte, i int, name string) (start, end int, ok bool) {
	if i >= len(b) || b[i] != '{' {
		return 0, 0, false
	}
	for c := Members(b, i); c.Next(); {
		if m := c.Member(); Is(m.Name, name) {
			return m.Start, m.End, true
		}
	}
	return 0, 0, false
}
