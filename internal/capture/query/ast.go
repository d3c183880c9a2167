package query

import (
	"math"
	"strconv"
	"strings"

	"github.com/tetherscope/tetherscope/internal/capture/record"
)

// node is a node of the tree that a query is read into. Its text is its canonical form.
type node interface {
	write(*strings.Builder)
}

type (
	// allOf holds when each of its two or more kids holds; none of them is an allOf.
	allOf struct{ kids []node }
	// anyOf holds when one of its two or more kids holds; none of them is an anyOf.
	anyOf struct{ kids []node }
	// notOf holds when its kid does not.
	notOf struct{ kid node }
	// context holds for rows in the neighbourhood of rows for which its kid holds. Contexts do not nest.
	context struct {
		word  string
		count int
		kid   node
	}
	// has is a field's name alone: the row has it, and it is not 0.
	has struct{ field *info }
	// number compares a field with whole numbers in its unit.
	number struct {
		field *info
		op    op
		spans []span
	}
	// names asks a field with named values for one of them.
	names struct {
		field *info
		not   bool
		texts []string
		mask  uint64
	}
	// label compares a field of text.
	label struct {
		field *info
		op    op
		texts []string
		match *pattern
	}
	// text looks into payload and words.
	text struct{ text string }
	// bytesIn looks for bytes in the payload.
	bytesIn struct{ bytes string }
	// pattern is a regular expression; as a node, it looks into payload and words.
	pattern struct {
		source string
		fold   bool
		re     matcher
	}
	// path looks into JSON.
	path struct {
		steps []step
		op    op
		value operand
	}
)

// matcher is the part of *regexp.Regexp that is used.
type matcher interface {
	Match([]byte) bool
	MatchString(string) bool
}

// span is the numbers from lo to hi; a single number is lo == hi.
type span struct{ lo, hi int64 }

// op is an operator.
type op uint8

const (
	opNone op = iota
	opIs      // :
	opEq
	opNe
	opLt
	opLe
	opGt
	opGe
	opMatch // ~
)

var opText = [...]string{opIs: ":", opEq: "=", opNe: "!=", opLt: "<", opLe: "<=", opGt: ">", opGe: ">=", opMatch: "~"}

// orders reports whether o compares by order.
func (o op) orders() bool { return o >= opLt && o <= opGe }

func (n *allOf) write(b *strings.Builder) { writeKids(b, n.kids, " ") }
func (n *anyOf) write(b *strings.Builder) { writeKids(b, n.kids, " or ") }

func writeKids(b *strings.Builder, kids []node, between string) {
	for i, k := range kids {
		if i > 0 {
			b.WriteString(between)
		}
		if _, or := k.(*anyOf); or {
			writeInside(b, k)
			continue
		}
		k.write(b)
	}
}

func writeInside(b *strings.Builder, n node) {
	b.WriteByte('(')
	n.write(b)
	b.WriteByte(')')
}

// writeUnary writes the operand of a word that binds tighter than and.
func writeUnary(b *strings.Builder, n node) {
	switch n.(type) {
	case *allOf, *anyOf:
		writeInside(b, n)
	default:
		n.write(b)
	}
}

func (n *notOf) write(b *strings.Builder) {
	b.WriteString("not ")
	writeUnary(b, n.kid)
}

func (n *context) write(b *strings.Builder) {
	b.WriteString(n.word + ":" + strconv.Itoa(n.count) + " ")
	writeUnary(b, n.kid)
}

func (n *has) write(b *strings.Builder) { b.WriteString(n.field.name) }

func (n *number) write(b *strings.Builder) {
	b.WriteString(n.field.name + opText[n.op])
	for i, s := range n.spans {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(n.field.format(s.lo))
		if s.hi != s.lo {
			b.WriteString(".." + n.field.format(s.hi))
		}
	}
}

func (f *info) format(n int64) string {
	switch f.class {
	case classSize:
		return formatSize(n)
	case classDuration:
		return formatDuration(n)
	case classRatio:
		return formatRatio(n)
	case classClock:
		return formatClock(n)
	case classNumber:
		if f.field == Conn && n <= math.MaxUint32 {
			return record.ConnName(uint32(n)) //nolint:gosec // it was checked
		}
	case classFlag, classNames, classText, classHex:
	}
	return strconv.FormatInt(n, 10)
}

func (n *names) write(b *strings.Builder) {
	o := opIs
	if n.not {
		o = opNe
	}
	b.WriteString(n.field.name + opText[o] + strings.Join(n.texts, ","))
}

func (n *label) write(b *strings.Builder) {
	b.WriteString(n.field.name + opText[n.op])
	if n.match != nil {
		n.match.write(b)
		return
	}
	for i, t := range n.texts {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(strconv.Quote(t))
	}
}

func (n *text) write(b *strings.Builder) { b.WriteString(strconv.Quote(n.text)) }

func (n *bytesIn) write(b *strings.Builder) {
	b.WriteString("hex:")
	for _, c := range []byte(n.bytes) {
		b.WriteByte("0123456789abcdef"[c>>4])
		b.WriteByte("0123456789abcdef"[c&15])
	}
}

func (n *pattern) write(b *strings.Builder) {
	b.WriteString("/" + n.source + "/")
	if n.fold {
		b.WriteByte('i')
	}
}

func (n *path) write(b *strings.Builder) {
	b.WriteByte('$')
	for _, s := range n.steps {
		s.write(b)
	}
	if n.op != opNone {
		b.WriteString(opText[n.op])
		n.value.write(b)
	}
}
