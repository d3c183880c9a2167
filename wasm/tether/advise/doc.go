// Package advise is the server's half of reconnecting: what to write into the reason of a close frame, so that clients of
// package tether come back when it suits the server.
//
//	drain := advise.Drain(30 * time.Second)
//	for conn := range connections {
//		conn.Close(1012, drain.Next()) // come back, each at a time of its own within half a minute
//	}
//
// # Words
//
// Advice is a small JSON object in the reason of a close frame (RFC 6455 §7.1.6), for example {"retry":1500}: come back
// no sooner than in that many milliseconds. {"reconnect":false} says not to come back. A client that does not know advice
// sees a reason like any other.
//
// # Never
//
// The package closes nothing and knows no connection: it imports nothing but the standard library, so that any server can
// use it. What it returns always fits into a close frame.
package advise
