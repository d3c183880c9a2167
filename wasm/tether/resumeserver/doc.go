//go:build !js

// Package resumeserver is the server's half of resumable sessions: a handler that reads and writes messages as if there
// were one connection that never breaks. The client's half is tether.WithResume, whose package documentation has the
// protocol. It works on connections of github.com/coder/websocket, in any Go server.
//
//	rs := &resumeserver.Server{}
//	http.Handle("/ws", rs.Handler(func(ctx context.Context, s *resumeserver.Session) {
//		for {
//			kind, p, err := s.Read(ctx)
//			if err != nil {
//				return
//			}
//			_ = s.Write(ctx, kind, p)
//		}
//	}))
//
// # Words
//
// A session is one run of the handler's function. A connection is one WebSocket: a session has one or none at a time, and
// any number in its life. A session without a connection is detached; it is kept for its lifetime and then expires. Read
// takes a message: only then the client hears that it arrived, so an acknowledged message was in the hands of the program.
// Messages that Write accepted and the client has not taken are pending.
//
// # What it promises
//
//   - Whatever happens to connections, Read returns each message of the client once and in order, and the client gets
//     each message of Write once and in order, for as long as the session lives.
//   - A frame that is altered, lost, repeated or moved on its way is noticed by its checksum; the connection is then closed with
//     1011, the client comes back, and what was not received is sent again. Clients of version 1 have no checksums.
//   - When it does not live on, both sides are told: the client by an event with the number of messages lost, the handler
//     by an [EndError] with the number of messages that were still pending.
//   - Memory is bounded: per session by Buffer, Window and twice MaxMessage, over all sessions by MaxBytes and
//     MaxSessions. Sessions without a connection give way first. A client that does not acknowledge makes Write wait.
//   - A session is found by a name of 128 random bits alone, and only for the same owner if Owner is set. A client that
//     breaks the protocol loses its connection, and nobody else anything.
//
// A restart of the server loses its sessions; clients are told when they come back.
//
// # Never
//
// A session in a URL or a log. A message acknowledged that Read did not return. A wait for a peer without a bound.
package resumeserver
