// Package await is how tests wait: for a value on a channel, for a channel to be closed, for a condition to hold. Every
// wait has a deadline. When it passes, the test fails with what was awaited, the line of the test, and the stacks of all
// goroutines, so that a test that would have hung says where.
//
// A deadline here is a bound on the damage, not a measurement: Limit is generous enough for a machine ten times slower than
// a quiet one, and a test that passes never waits for it. Inside a bubble of testing/synctest the clock is the bubble's,
// and the deadline an hour of it, which costs nothing.
//
// The functions work natively and under js/wasm. Call them from the test's own goroutine: from another one, as with
// testing.T.FailNow, a failure is recorded but does not end the test.
package await
