package record

import (
	"iter"
	"math/bits"
)

// Marks is a set of what this program did to what a record tells of. No mark means that it only passed. The bits are part
// of every form of a capture: never renumber them.
//
// Without Injected a record is of a frame as its sender sent it, and the other marks say what became of that. With Injected
// it is of one that this program sent, and the other marks say why.
type Marks uint16

// The marks.
const (
	Injected   Marks = 1 << iota // this program sent it on request: neither the client nor the server did
	Edited                       // with Injected: a person wrote it in place of a frame that was held
	Held                         // it waited for a person's decision
	Delayed                      // it was passed on later than it came
	Dropped                      // it was not passed on
	Duplicated                   // it was passed on more than once; with Injected: such a copy
	Reordered                    // frames behind it were passed on before it
	Altered                      // it was corrupted, truncated, cut, split or merged; with Injected: what came of that
	Exempt                       // a fault rule matched it and could not be applied: it is too long, cannot be inflated, or no room is left to intercept it
	Rewritten                    // a rule changed what it says, or answered it; with Injected: what came of that, or the answer
)

// NumMarks is how many marks there are.
const NumMarks = len(markNames)

// markNames has one name for each bit, in the order of the bits, as files and filters spell it.
var markNames = [10]string{"injected", "edited", "held", "delayed", "dropped", "duplicated", "reordered", "altered", "exempt", "rewritten"}

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

// String returns the names, separated by spaces; empty for none.
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
	for i := range NumMarks {
		if one := Marks(1) << i; one.name() == name {
			return one
		}
	}
	return 0
}

func (m Marks) name() string { return markNames[bits.TrailingZeros16(uint16(m))] }
