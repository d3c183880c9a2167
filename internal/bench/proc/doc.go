// Package proc starts the processes that benchmarks measure, and reads from /proc what they use.
package proc
