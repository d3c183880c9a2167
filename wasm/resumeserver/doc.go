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
// takes a message: only then the message is acknowledged, so an acknowledged message has reached the program.
// Messages that Write accepted and the client has not taken are pending.
//
// # What it promises
//
//   - Whatever happens to connections, Read returns each message of the client once and in order, and the client gets
//     each message of Write once and in order, for as long as the session lives.
//   - A frame that is altered, lost, repeated or moved on its way is noticed by its checksum; the connection is then closed with
//     1011, the client comes back, and what was not received is sent again. Clients of version 1 have no checksums.
//   - When it does not live on, both sides are informed: the client by an event with the number of messages lost, the handler
//     by an [EndError] with the number of messages that were still pending.
//   - Memory is bounded: per session by Buffer, Window and twice MaxMessage, over all sessions by MaxBytes and
//     MaxSessions. Sessions without a connection give way first. A client that does not acknowledge makes Write wait.
//   - A session is found by a name of 128 random bits alone, and only for the same owner if Owner is set. A client that
//     breaks the protocol loses its connection; no other client is affected.
//
// A restart of the server loses its sessions, unless it has a Store; clients are informed when they reconnect.
//
// # With a Store
//
// [Server.Store] keeps sessions where other nodes find them: a client goes on at whichever node it reaches. There the handler's
// function runs again ([Session.Moved]), from the first message that the last one had not finished. A message is finished when
// the handler comes back to Read, and only then acknowledged; what it wrote meanwhile is saved in the same step, and only then
// sent. So if a node dies the client gets each answer once; what a handler did elsewhere for a message that it had not finished
// may happen twice. A handler that works for longer than a second after a Write has that saved by itself.
//
//   - Of all nodes one owns a session: the last one that its client came to. What others still do with it changes nothing and
//     reaches no client; their handlers get [ErrMoved].
//   - While the store cannot be reached, sessions wait for the time of [Store.Grace]. Then each goes on in memory ([Stats].Alone,
//     [Session.Stored]) from when its client has confirmed a token of this node, which needs a connection. A client that reaches
//     another node then is asked to try again (1013), and if its node ended meanwhile it is informed of a gap. The same
//     is done for a session that the store has lost.
//   - What a node has saved is good for as long as the store keeps it, however the node ended.
//   - Server.Close waits two seconds for handlers to come back to Read, and leaves the sessions to other nodes.
//   - Memory: a session has at most Buffer bytes in the store, a node's sessions at most MaxBytes. Those of a dead node go with
//     Lifetime.
//   - A session that ended in good order is remembered by its own node alone: a client that learns of it elsewhere gets a gap.
//
// # Never
//
// A session in a URL or a log. An answer sent that another node could give again. A message acknowledged that Read did not return. A wait for a peer without a bound.
package resumeserver
