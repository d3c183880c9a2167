// Package recordfilter lets the filter language of the panel be asked of records outside the panel: by commands that print a
// capture, and by rules that act on frames as they pass.
//
// # Shape
//
// A [Row] is moved from record to record, and answers what a query asks of each.
//
// # Never
//
// The package keeps no record, and of a connection only what its next record needs.
package recordfilter
