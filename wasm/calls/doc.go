// Package calls is the server's side of calls, in both directions, over one WebSocket connection: it answers those of a client with
// functions, as tether.Handle does on the client, and makes calls of its own, which tether.Handle answers.
//
//	var router calls.Router // one for the server
//	calls.Handle(&router, api.Login, func(ctx context.Context, c Credentials) (Session, error) { … })
//
//	conn, err := websocket.Accept(w, r, nil) // for each connection
//	peer := calls.NewPeer(&router, conn, message.JSON())
//	err = peer.Run(r.Context())
//
// # Words
//
// A peer is the client at the other end of one connection. A fault is the answer of a call that failed ([message.Fault]).
//
// # What it promises
//
// Each call of the peer is answered: with what its function returns, or with a fault when there is no function, when it panics,
// when it fails, or when the peer has 64 calls under way. The context of a function ends when the peer gives the call up, when
// [Router].Timeout passes, and with the connection. No function outlives [Peer.Run].
//
// # Never
//
// The package accepts no connection, closes none and sets no limit on the size of messages: that is for those who accept it.
package calls
