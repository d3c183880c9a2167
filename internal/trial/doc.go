// Package trial reports what rules would do to the records of a capture, for the command line and the control API. The rules are tried by
// package internal/tap/fault; this package counts, chooses examples and cuts them to what a person reads.
//
// # Words
//
// An excerpt is the part of a text around its first difference from another one.
//
// # Limits
//
// A report has a few examples of each rule, each of a few hundred bytes: it does not grow with the capture.
//
// # Never
//
// It does no I/O, and keeps no record.
package trial
