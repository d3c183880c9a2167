// Package player runs requests on connections: it does what a [requests.Run] says, and says to it what happened.
//
// # Shape
//
// [Play] is the loop: it owns the run. A goroutine for each connection reads its frames, answers pings and hands over messages and close frames.
//
// # Never
//
// The package decides nothing about requests, and follows no redirect. Messages that no step has looked at are bounded: beyond 1,024 the reader waits, and
// so does the server.
package player
