package model

// listing is the rows that the grid shows, in its order: [matches], or an order while a column sorts them.
type listing interface {
	len() int
	at(i int) uint64
	has(id uint64) bool
	before(id uint64) int // the place of a row; of one that is not listed, the place that it would have, or the end
}

// Sorting is by what the grid is sorted.
type Sorting struct {
	Column     string // its name in [Columns]; "" when the grid is in the order of time
	Descending bool
	Pending    bool // the rows are still being put in order; those of before are shown
}
