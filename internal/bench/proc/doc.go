// Package proc reads from /proc what other processes use, for benchmarks.
package proc
