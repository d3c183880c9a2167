// Package circle is read by the tests of knots: a and b need each other, the method of a type stands in c, d needs nothing
// that needs it.
package circle

type thing struct{ n int }

func a() int { return b() }
