package query

import (
	"math"
	"strings"
)

func buildHas(n *has) test {
	f := n.field.field
	if n.field.class == classText {
		return func(r Row) bool { return r.Text(f) != "" }
	}
	return func(r Row) bool {
		v, ok := r.Number(f)
		return ok && v != 0
	}
}

// reader returns how to get a number that may be worked out from others.
func reader(f Field) func(Row) (int64, bool) {
	if f == Ratio {
		return ratio
	}
	return func(r Row) (int64, bool) { return r.Number(f) }
}

// ratio returns Len / Wire in units of ratioUnit. An empty message has none.
func ratio(r Row) (int64, bool) {
	length, ok := r.Number(Len)
	wire, ok2 := r.Number(Wire)
	if !ok || !ok2 || wire <= 0 {
		return 0, false
	}
	return ratioOf(length, wire), true
}

func ratioOf(length, wire int64) int64 {
	return int64(min(math.Round(float64(length)/float64(wire)*ratioUnit), 1<<62))
}

func buildNumber(n *number) test {
	spans := n.ranges()
	if f := n.field.field; len(spans) == 1 && f != Ratio && n.op != opNe {
		lo, hi := spans[0].lo, spans[0].hi
		return func(r Row) bool {
			v, ok := r.Number(f)
			return ok && v >= lo && v <= hi
		}
	}
	read, not := reader(n.field.field), n.op == opNe
	return func(r Row) bool {
		v, ok := read(r)
		if !ok {
			return false
		}
		for _, s := range spans {
			if v >= s.lo && v <= s.hi {
				return !not
			}
		}
		return not
	}
}

// ranges returns the spans in which the number must be, or must not be for !=.
func (n *number) ranges() []span {
	first := n.spans[0].lo
	switch n.op {
	case opLt:
		return []span{{math.MinInt64, first - 1}}
	case opLe:
		return []span{{math.MinInt64, first}}
	case opGt:
		return []span{{first + 1, math.MaxInt64}}
	case opGe:
		return []span{{first, math.MaxInt64}}
	case opNone, opIs, opEq, opNe, opMatch:
	}
	return n.spans
}

func buildNames(n *names) test {
	f, mask, not := n.field.field, n.mask, n.not
	if f.isSet() {
		return func(r Row) bool {
			v, ok := r.Number(f)
			return ok && (uint64(v)&mask != 0) != not
		}
	}
	return func(r Row) bool {
		v, ok := r.Number(f)
		return ok && (mask>>(uint64(v)&63)&1 == 1) != not
	}
}

func buildLabel(n *label) test {
	f := n.field.field
	if n.match != nil {
		re := n.match.re
		return func(r Row) bool { return anyLine(r.Text(f), re.MatchString) }
	}
	finders := make([]finder, len(n.texts))
	for i, t := range n.texts {
		finders[i] = newFinder(t)
	}
	exact, not, texts := n.op != opIs, n.op == opNe, n.texts
	return func(r Row) bool {
		s := r.Text(f)
		found := anyLine(s, func(line string) bool {
			for i := range finders {
				if exact && line == texts[i] || !exact && finders[i].in([]byte(line)) {
					return true
				}
			}
			return false
		})
		return found != not && s != ""
	}
}

// anyLine reports whether a line of a text passes a test. What a connection is called may have two: see record.WordsOf.
func anyLine(s string, pass func(line string) bool) bool {
	for line, more := "", s != ""; more; {
		if line, s, more = strings.Cut(s, "\n"); pass(line) {
			return true
		}
	}
	return false
}

func buildText(n *text) test {
	f := newFinder(n.text)
	return func(r Row) bool { return f.in(r.Payload()) || f.inWords(r.Text(Words)) }
}

func buildBytes(n *bytesIn) test {
	f := exactFinder(n.bytes)
	return func(r Row) bool { return f.in(r.Payload()) }
}

func buildPattern(n *pattern) test {
	re := n.re
	return func(r Row) bool {
		if re.Match(r.Payload()) {
			return true
		}
		w := r.Text(Words)
		return w != "" && re.MatchString(w)
	}
}
