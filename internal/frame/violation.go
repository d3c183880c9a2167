package frame

// Violations is a set of broken rules.
type Violations uint64
