// Package retryhint makes retry hints: what a server writes into the reason of a close frame, so that clients of package
// tether reconnect when it suits the server.
//
//	spreader := retryhint.Spread(30 * time.Second)
//	for conn := range connections {
//		conn.Close(1012, spreader.Next()) // reconnect, each client at its own time within half a minute
//	}
//
// # Words
//
// A retry hint is a small JSON object in the reason of a close frame (RFC 6455 §7.1.6), for example {"retry":1500}:
// reconnect no sooner than in that many milliseconds. {"reconnect":false} asks a client not to reconnect. To a client that
// does not know retry hints it is a reason like any other.
//
// # Never
//
// The package closes nothing and knows no connection: it imports only the standard library, so that any server can use it.
// What it returns always fits into a close frame.
package retryhint
