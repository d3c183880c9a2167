// Package worker is the process in which the script of a user runs: a loop that reads messages from one pipe and writes what becomes of them to
// another one.
//
// # Shape
//
// [Run] reads frames of internal/script/wire. A load makes a program of the script's text, by go.starlark.net, and runs it once; each message
// calls its function message. What the script prints travels with the reply.
//
// # Limits
//
// A script has no files, no network, no environment, no clock and no other script to load: the language has none of them, and nothing is added
// but json, drop, close, answer and state. Steps of the interpreter are counted. Memory is bounded by Linux (RLIMIT_DATA), and everywhere by a look
// at the heap every few milliseconds; past either the process ends, and the program starts another one. A call of the language's own library can
// allocate 1 GiB at most before that look, where only the look is there. How long a message may take is the program's to bound: it ends this
// process.
//
// # Never
//
// The package is imported by the program's main package and by tests only: Starlark reaches neither the panel nor the client.
package worker
