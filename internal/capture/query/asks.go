package query

import "slices"

// Asks reports whether any test of the query asks a row for a field.
func (q *Query) Asks(f Field) bool { return q.root != nil && asks(q.root, f) }

func asks(n node, f Field) bool {
	switch n := n.(type) {
	case *allOf:
		return slices.ContainsFunc(n.kids, func(kid node) bool { return asks(kid, f) })
	case *anyOf:
		return slices.ContainsFunc(n.kids, func(kid node) bool { return asks(kid, f) })
	case *notOf:
		return asks(n.kid, f)
	case *context:
		return asks(n.kid, f)
	case *has:
		return n.field.field == f
	case *number:
		return n.field.field == f
	case *names:
		return n.field.field == f
	case *label:
		return n.field.field == f
	}
	return false
}

// AsksPayload reports whether a test of the query looks into payloads.
func (q *Query) AsksPayload() bool { return q.root != nil && asksPayload(q.root) }

func asksPayload(n node) bool {
	switch n := n.(type) {
	case *allOf:
		return slices.ContainsFunc(n.kids, asksPayload)
	case *anyOf:
		return slices.ContainsFunc(n.kids, asksPayload)
	case *notOf:
		return asksPayload(n.kid)
	case *context:
		return asksPayload(n.kid)
	case *text, *bytesIn, *pattern, *path:
		return true
	}
	return false
}
