// Package script runs a user's script beside the tap: a function of Starlark that decides about every message, for what fault rules cannot say.
//
// # Words
//
// The worker is a process of this program in which the script runs; internal/script/worker is what it does, internal/script/wire what both say.
// A script is loaded when its worker has read it.
//
// # Shape
//
// [Open] starts a worker and loads the file. [Script.Message] gives it one message at a time and waits for the reply: the message, and all
// behind it in its direction, wait as long, which [Limits] bounds. One goroutine starts a worker after the end of the one before, and reads the
// file again when it changes: with an error in it, the script before stays.
//
// # When a script fails
//
// A message whose script fails, takes too long or dies passes as it is, or with [Options.Strict] its connection is closed with code 1011. It is
// marked as exempt, and counted. A worker that does not answer in time is ended, and so is one that uses too much memory; the next one starts after
// a pause that doubles with each such end in a row, up to 10 seconds. While no worker is expected in time messages do not wait for one.
//
// # Limits
//
// A message has at most 8 MiB, and so has what is returned. One message is at the worker, and at most 64 wait for it; more are not given to the
// script. What it prints is bounded in [Options.Log] and in [Status]. The worker has no environment and no files but its two pipes and what it says
// when it dies, of which 4 KiB are kept.
//
// # Never
//
// The package does not import Starlark, and changes no connection: internal/tap/fault does.
package script
