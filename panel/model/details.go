package model

import "time"

// Fact is one line of a list of names and values.
type Fact struct{ Name, Value, Note string }

// details writes the detail of the selected row or connection.
type details struct {
	paging   *paging
	sel      *selection
	conns    *conns
	marks    *marks
	decoding *decoding
	zone     *time.Location
}
