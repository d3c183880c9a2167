// Package rows keeps what the panel shows a line of: records and gaps, as a ring of rows.
//
// A row has an ID, its place in the run of everything that was ever added. IDs never change and never return. The columns
// of 16,384 rows form a chunk, a struct of arrays: about 100 bytes a row, nothing in it for the garbage collector to
// follow, and a filter that asks one question touches one column. Payloads are kept in an arena beside them. Both have a
// limit; the oldest rows are evicted to stay within it.
//
// [Store] adds and evicts rows, [Row] is one of them as a small value whose methods say what the columns mean for its kind,
// [Block] is a run of rows as package query asks about them, and [Tally] counts rows as they come.
//
// Nothing here knows connections: what a query asks of a row and the row does not know comes through [Lookup].
package rows
