package record

import (
	"iter"
	"math/bits"
	"strconv"
)

// Marks is a set of what this program did to what a record tells of. No mark means that it only passed. The bits are part
// of every form of a capture: append new ones with their names, never renumber; readers keep those that they do not know.
type Marks uint8

// The marks.
const (
	Injected Marks = 1 << iota // this program said it, on somebody's order: neither the client nor the server did
)

// markNames has one name for each bit, in the order of the bits, as files and filters spell it.
var markNames = [...]string{"injected"}

// All yields the marks of m one by one, in the order of their bits.
func (m Marks) All() iter.Seq[Marks] {
	return func(yield func(Marks) bool) {
		for ; m != 0; m &= m - 1 {
			if !yield(m & -m) {
				return
			}
		}
	}
}

// String returns the names, separated by spaces; empty for none. A bit that this program has no name for is "mark7".
func (m Marks) String() string {
	s := ""
	for one := range m.All() {
		if s != "" {
			s += " "
		}
		s += one.name()
	}
	return s
}

// MarkNamed returns the mark with a name, 0 for none.
func MarkNamed(name string) Marks {
	for i := range 8 {
		if one := Marks(1) << i; one.name() == name {
			return one
		}
	}
	return 0
}

func (m Marks) name() string {
	if i := bits.TrailingZeros8(uint8(m)); i < len(markNames) {
		return markNames[i]
	}
	return "mark" + strconv.Itoa(bits.TrailingZeros8(uint8(m)))
}
