// Package pipe reads inputs that are still being written: a pipe of tcpdump, a file that grows. Reading stops with a context, and
// the caller is called before each wait, to show what has come so far.
//
// # Never
//
// The package interprets nothing of what it reads.
package pipe
