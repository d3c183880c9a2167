package query

import (
	"slices"
	"strings"
)

// Query is a compiled query. It does not change and may be used by several goroutines at once.
type Query struct {
	root    node // nil shows every row
	match   test
	block   blockTest
	ctx     *contexts // nil without near, before and after
	payload bool
}

// test is a compiled part of a query.
type test func(Row) bool

// What a test costs, for the planner: reading a column, a short text, the payload once, the payload with thought.
const (
	costColumn = 0
	costLabel  = 2
	costText   = 10
	costJSON   = 20
	costRegexp = 40
)

func compile(root node) *Query {
	q := &Query{root: root, match: func(Row) bool { return true }, block: func(*run, *Bits) {}}
	if root == nil {
		return q
	}
	q.payload = costOf(root) >= costText
	if hasContext(root) {
		q.ctx = newContexts(root)
	}
	q.match, q.block = build(root), buildBlock(root)
	return q
}

// String returns the query in its canonical form, which reads to the same query.
func (q *Query) String() string {
	if q.root == nil {
		return ""
	}
	var b strings.Builder
	q.root.write(&b)
	return b.String()
}

// Empty reports whether the query shows every row.
func (q *Query) Empty() bool { return q.root == nil }

// NeedsPayload reports whether any test asks for payload or words, so that a scan of many rows takes long.
func (q *Query) NeedsPayload() bool { return q.payload }

// HasContext reports whether the query has near, before or after in it, so that only a [Scanner] can answer it.
func (q *Query) HasContext() bool { return q.ctx != nil }

// Match reports whether one row is shown, on its own: near holds where its test does, before and after never.
func (q *Query) Match(r Row) bool { return q.match(r) }

// costOf returns what a test costs when everything in it is asked.
func costOf(n node) int {
	switch n := n.(type) {
	case *allOf:
		return costOfAll(n.kids)
	case *anyOf:
		return costOfAll(n.kids)
	case *notOf:
		return costOf(n.kid)
	case *context:
		return costOf(n.kid)
	case *has:
		return n.field.cost
	case *number:
		return n.field.cost
	case *names:
		return n.field.cost
	case *label:
		return n.field.cost
	case *text, *bytesIn:
		return costText
	case *path:
		return costJSON
	case *pattern:
		return costRegexp
	}
	return costColumn
}

func costOfAll(kids []node) (sum int) {
	for _, k := range kids {
		sum += 1 + costOf(k)
	}
	return sum
}

// build compiles a node. Tests have no effects, so their order is free: the cheap ones come first.
func build(n node) test {
	switch n := n.(type) {
	case *allOf:
		return buildAll(plan(n.kids))
	case *anyOf:
		return buildAny(plan(n.kids))
	case *notOf:
		kid := build(n.kid)
		return func(r Row) bool { return !kid(r) }
	case *context:
		if n.word == "near" {
			return build(n.kid)
		}
		return func(Row) bool { return false }
	case *has:
		return buildHas(n)
	case *number:
		return buildNumber(n)
	case *names:
		return buildNames(n)
	case *label:
		return buildLabel(n)
	case *text:
		return buildText(n)
	case *bytesIn:
		return buildBytes(n)
	case *pattern:
		return buildPattern(n)
	case *path:
		return buildPath(n)
	}
	return func(Row) bool { return true }
}

func plan(kids []node) []node {
	kids = slices.Clone(kids)
	slices.SortStableFunc(kids, func(a, b node) int { return costOf(a) - costOf(b) })
	return kids
}

func buildEach(kids []node) []test {
	out := make([]test, len(kids))
	for i, k := range kids {
		out[i] = build(k)
	}
	return out
}

func buildAll(kids []node) test {
	tests := buildEach(kids)
	if len(tests) == 2 {
		a, b := tests[0], tests[1]
		return func(r Row) bool { return a(r) && b(r) }
	}
	return func(r Row) bool {
		for _, t := range tests {
			if !t(r) {
				return false
			}
		}
		return true
	}
}

func buildAny(kids []node) test {
	tests := buildEach(kids)
	return func(r Row) bool {
		for _, t := range tests {
			if t(r) {
				return true
			}
		}
		return false
	}
}
