package compare

import (
	"slices"
	"strconv"
	"time"
)

// Options say what counts as a difference.
type Options struct {
	Ratio  float64       // an answer is slower when it took at least so many times as long; 0: times are not compared
	Least  time.Duration // and at least so much longer
	Strict bool          // volatile values count as any other
}

// DefaultOptions compare times with some tolerance.
var DefaultOptions = Options{Ratio: 2, Least: 20 * time.Millisecond}

// Class is what became of a message.
type Class uint8

// The classes.
const (
	Same     Class = iota // in both, with the same values but for volatile ones
	Changed               // in both, with other values
	Reshaped              // in both, with other members or types
	Missing               // only in A
	New                   // only in B
)

// String returns the class as a word.
func (c Class) String() string {
	switch c {
	case Same:
		return "same"
	case Changed:
		return "changed"
	case Reshaped:
		return "reshaped"
	case Missing:
		return "missing"
	case New:
		return "new"
	}
	return "unknown"
}

// Row is a message of A beside the one of B that it is aligned with. One of them is nil when only the other capture has it.
type Row struct {
	Class   Class
	A, B    *Message
	Changes []Change // values that differ, without those of [Pair.Places]
	More    int      // changes that are not listed
	Slower  bool     // B's answer took longer
	Summed  bool     // values of [Pair.Places] that are not volatile differ
}

// Change is a value that differs. Old is empty when only B has it, New when only A has.
type Change struct{ Path, Old, New string }

// Place is where nearly all messages of a shape differ, or only in volatile values: it is summed up here instead of at each of them.
type Place struct {
	Kind     string // what its messages are called
	Path     string // "$.items[*].price"
	Compared int    // messages that have it on both sides
	Differ   int
	Volatile bool   // it counts as no difference
	Old, New string // of the first message that differs
}

// Pair is a connection of A beside the one of B that it is compared with. One of them is nil when only the other capture has it.
type Pair struct {
	A, B   *Conn
	Facts  []FactChange
	Rows   []Row // in the order of A; what only B has stands behind what only A has there
	Places []Place
	Counts Counts
	Slower bool     // the handshake took longer
	Notes  []string // what limits the comparison
}

// Counts are how many messages there are of each class, and what else differs.
type Counts struct {
	Same, Changed, Reshaped, Missing, New int
	Slower                                int // answers, handshakes included
	Facts, Places                         int // differences of handshakes and ends; places whose values differ
	ConnsMissing, ConnsNew                int
}

// Different reports whether anything differs.
func (c *Counts) Different() bool {
	return c.Changed+c.Reshaped+c.Missing+c.New+c.Slower+c.Facts+c.Places+c.ConnsMissing+c.ConnsNew > 0
}

func (c *Counts) add(o *Counts) {
	c.Same += o.Same
	c.Changed += o.Changed
	c.Reshaped += o.Reshaped
	c.Missing += o.Missing
	c.New += o.New
	c.Slower += o.Slower
	c.Facts += o.Facts
	c.Places += o.Places
	c.ConnsMissing += o.ConnsMissing
	c.ConnsNew += o.ConnsNew
}

// Answers are how long answers took in both captures, of those messages that are answers in both.
type Answers struct {
	Count    int
	Old, New time.Duration // the medians
}

// Result is a comparison.
type Result struct {
	Pairs   []Pair
	Counts  Counts
	Answers Answers
	Notes   []string
}

// Compare compares two captures.
func Compare(a, b *Capture, o Options) *Result {
	c := Begin(a, b, o)
	for c.Step() {
	}
	return c.Result()
}

// Comparison compares two captures connection by connection, for callers with other things to do in between.
type Comparison struct {
	options  Options
	left     []Pair
	result   Result
	old, new []int64
}

// Begin begins a comparison.
func Begin(a, b *Capture, o Options) *Comparison {
	c := &Comparison{options: o, left: paired(a.Conns, b.Conns)}
	for i, side := range []*Capture{a, b} {
		if side.Left > 0 {
			c.result.Notes = append(c.result.Notes, "only the first messages of "+[]string{"A", "B"}[i]+" are compared: "+
				strconv.FormatUint(side.Left, 10)+" more are beyond the limits of a comparison")
		}
	}
	return c
}

// Step compares the next pair of connections, and reports whether there was one.
func (c *Comparison) Step() bool {
	if len(c.left) == 0 {
		return false
	}
	p := c.left[0]
	c.left = c.left[1:]
	c.pair(&p)
	c.result.Counts.add(&p.Counts)
	c.result.Pairs = append(c.result.Pairs, p)
	return true
}

// Result returns what was found until now.
func (c *Comparison) Result() *Result {
	c.result.Answers = Answers{len(c.old), median(c.old), median(c.new)}
	return &c.result
}

func median(list []int64) time.Duration {
	if len(list) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(list))
	return time.Duration(sorted[len(sorted)/2])
}

// pair compares two connections.
func (c *Comparison) pair(p *Pair) {
	switch {
	case p.B == nil:
		p.Counts.ConnsMissing = 1
		return
	case p.A == nil:
		p.Counts.ConnsNew = 1
		return
	}
	p.Facts = compareFacts(p.A.Facts, p.B.Facts)
	p.Counts.Facts = len(p.Facts)
	if p.Slower = c.options.slower(p.A.Handshake, p.B.Handshake); p.Slower {
		p.Counts.Slower++
	}
	p.Rows = c.rows(p)
	c.sumUp(p)
	for i := range p.Rows {
		c.count(p, &p.Rows[i])
	}
}

func (c *Comparison) count(p *Pair, r *Row) {
	n := &p.Counts
	switch r.Class {
	case Same:
		n.Same++
	case Changed:
		n.Changed++
	case Reshaped:
		n.Reshaped++
	case Missing:
		n.Missing++
	case New:
		n.New++
	}
	if r.A == nil || r.B == nil || r.A.Answer == 0 || r.B.Answer == 0 {
		return
	}
	c.old, c.new = append(c.old, r.A.Answer), append(c.new, r.B.Answer)
	if r.Slower = c.options.slower(r.A.Answer, r.B.Answer); r.Slower {
		n.Slower++
	}
}

// slower reports whether the second time is longer by more than is tolerated.
func (o *Options) slower(was, is int64) bool {
	return o.Ratio > 0 && was > 0 && is > was && is-was >= int64(o.Least) && float64(is) >= o.Ratio*float64(was)
}
