// Package tethertest is the other end of a client under test: a WebSocket server in memory, which a test plays. It needs no port, and
// lives in a bubble of testing/synctest, where backoff, heartbeats and timeouts take no time.
//
//	synctest.Test(t, func(t *testing.T) {
//		server := tethertest.New() // inside the bubble
//		t.Cleanup(server.Close)
//		client, _ := tether.New(tethertest.URL, codec.String(), server.Option())
//		go client.Run(t.Context())
//
//		attempt, _ := server.Next(t.Context()) // the first attempt
//		attempt.Refuse(http.StatusServiceUnavailable, nil)
//		conn, _ := server.Accept(t.Context()) // the second, after the backoff
//		conn.Send(t.Context(), "hello")
//		conn.Close(t.Context(), 4001, "bye")
//	})
//
// # Shape
//
// [Server.Next] waits for an attempt of the client, [Attempt.Accept] and [Attempt.Refuse] answer it, and [Attempt.Serve] leaves it to an
// http.Handler: that of the program, of package resumeserver, or one that runs package calls. A [Conn] sends and receives, closes
// with a code, is cut off without one, or is frozen: from then on nothing arrives, as with a network that swallows everything.
//
// What is between client and server is net.Pipe and net/http: handshake, frames and close frames are real. There is no TLS (wss:// is
// spoken without), no latency, and no kernel that takes bytes before they are read.
//
// # Waiting
//
// Each method that waits takes a context. It ends with it, with [Server.Close], and, if the context has no deadline, after [Patience] of
// the clock, which inside of a bubble is the bubble's. Its error says what was awaited. All methods may be called from any goroutine.
//
// # Never
//
// It is for tests of programs that compile natively; for js it has no contents. A connection keeps at most 1,024 messages and 16 MiB
// that were not read; beyond, the client's messages wait. A message may have 16 MiB.
package tethertest
