// Package drive lets a process measure one WebSocket client of Go: it takes jobs as lines of JSON on its standard input and
// answers each with a line. Clients of other modules (internal/bench/peers) import it too, so that every client is driven by
// the same code. It knows no library and prints no report.
package drive
