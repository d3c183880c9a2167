// Waits lists the waits of tests that have no deadline: a receive from a channel, a send to one, a select whose clauses
// may all stay blocked, a Wait without arguments; and time.Sleep, with which a test trusts to luck. A test waits with
// package internal/test/await, or in a bubble of testing/synctest, which fails a test that can never go on.
//
//	go run ./ci/waits      exits with 1 when there is one that allow.go does not explain
//
// It reads the test files of a folder together and does not know types. What cannot hang a test is left out:
//   - a bubble: a function literal that is given to synctest.Test, and functions that are called from bubbles only;
//   - other goroutines: a function literal or function that is started by go, or given to sync.WaitGroup.Go,
//     time.AfterFunc, or as an HTTP handler. If a test waits for them, that wait is looked at.
package main
