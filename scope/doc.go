// Package scope is the Go client of a running Tetherscope server: it acts on the connections that the server taps, and says what
// passed there, so that a team's own tests can say what a peer never would, see how their program takes it, and count.
//
//	s, err := scope.Dial(ctx, "http://127.0.0.1:7316")
//	conns, err := s.Conns(ctx)
//	_, err = s.Send(ctx, conns[0].ID, act.Message{To: act.ToClient, Op: "close", Code: &code, Reason: "restarting"})
//
// A server that runs with -tls signs its own certificate; its -tls-ca FILE and [Roots] with [WithRoots] make it trusted.
//
// [Client.Captured] answers what was said up to now, [Client.Watch] goes on: frames, handshakes and ends that a query of the
// panel's filter language finds.
//
//	pings, err := s.Captured(ctx, "op:ping dir:out") // no more than one in 15 seconds?
//
// # Words
//
// Those of scope/act, whose values it sends and returns.
//
// # Never
//
// It talks to nothing but the server that it was given, follows no redirect, and keeps the token to itself.
package scope
