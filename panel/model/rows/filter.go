package rows

import (
	"math/bits"

	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/panel/model/format"
)

// Filter says which rows of a view are shown. The zero value shows all. Gap rows are shown whatever it says: a filter
// must not hide that something is missing.
type Filter struct {
	Conn      uint32 // only this connection; 0: all
	HideDir   [2]bool
	HideTypes uint16 // one bit for each Type
	Broken    bool   // only rows that break a rule
	From, To  int64  // only rows of this time, ns since 1970 UTC; To 0: any time
	Text      string // a query in the language of package query
}

// Hides reports whether the chip of type t is off.
func (f Filter) Hides(t Type) bool { return f.HideTypes>>t&1 != 0 }

// Toggle returns f with the chip of type t turned over.
func (f Filter) Toggle(t Type) Filter {
	f.HideTypes ^= 1 << t
	return f
}

// allTypes hides every type.
const allTypes = uint16(1<<NumTypes - 1)

// Press returns f after a press of the chip of type t: it shows only that type; pressed again, all but that type. Where the type is
// hidden, it is shown again.
func (f Filter) Press(t Type) Filter {
	switch only := allTypes &^ (1 << t); {
	case f.HideTypes&allTypes == only:
		f.HideTypes = 1 << t
	case f.Hides(t):
		f.HideTypes &^= 1 << t
	default:
		f.HideTypes = only
	}
	return f
}

// PressDir is Press for the chip of a direction.
func (f Filter) PressDir(d record.Dir) Filter {
	switch {
	case f.HideDir[d]:
		f.HideDir[d] = false
	case f.HideDir[1-d]:
		f.HideDir[d], f.HideDir[1-d] = true, false
	default:
		f.HideDir[1-d] = true
	}
	return f
}

// onlyType returns the type that is shown when all others are hidden.
func (f Filter) onlyType() (Type, bool) {
	left := allTypes &^ f.HideTypes
	return Type(bits.TrailingZeros16(left)), bits.OnesCount16(left) == 1
}

// Term is one part of a filter in words, and the filter without it.
type Term struct {
	Label   string
	Without Filter
}

// Terms returns the parts of f that hide something, for "hidden by …, remove".
func (f Filter) Terms() []Term {
	var out []Term
	add := func(label string, without Filter) { out = append(out, Term{label, without}) }
	if f.Text != "" {
		w := f
		w.Text = ""
		add(format.Preview([]byte(f.Text), 60), w)
	}
	if f.To != 0 {
		w := f
		w.From, w.To = 0, 0
		add("time span of "+format.Duration(f.To-f.From), w)
	}
	if f.Conn != 0 {
		w := f
		w.Conn = 0
		add("connection "+format.Uint(uint64(f.Conn)), w)
	}
	for _, d := range [...]record.Dir{record.Out, record.In} {
		if f.HideDir[d] {
			w := f
			w.HideDir[d] = false
			add([...]string{"sent hidden", "received hidden"}[d], w)
		}
	}
	only, isOnly := f.onlyType()
	if isOnly {
		w := f
		w.HideTypes = 0
		add("only "+only.String(), w)
	}
	for t := range NumTypes {
		if f.Hides(t) && !isOnly {
			add(t.String()+" hidden", f.Toggle(t))
		}
	}
	if f.Broken {
		w := f
		w.Broken = false
		add("only violations", w)
	}
	return out
}
