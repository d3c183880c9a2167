// Package budget bounds what this process holds and does for others: peers, files, pages. Each kind of use is a [Share] of bytes with a
// limit that holds for all connections and importers together, and counts what it refuses. What is not in a share is bounded per
// connection where it is kept. Shares lists all, for /metrics and GET /api/budget.
package budget
