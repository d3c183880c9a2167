//go:build !js

package resumeserver

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/coder/websocket"

	"github.com/tetherscope/tetherscope/wasm/internal/session"
)

// MaxHeader is how many bytes a frame of the session protocol has at most beside the payload of a message: a server that
// limits the size of WebSocket messages leaves this much of its limit to the protocol.
const MaxHeader = session.MaxHeader

// What client and server agree on in the opening handshake. A server that accepts connections itself selects the first of
// them that a client offers, in this order.
const (
	Subprotocol          = session.Checked     // every frame is checked: what is altered or lost on the way comes again
	SubprotocolUnchecked = session.Subprotocol // version 1, for clients that are older
)

// Server keeps sessions. The zero value is ready to use; its fields must not be changed once it serves. A field that is
// zero means the default.
type Server struct {
	Lifetime    time.Duration // of a session without a connection; default 2 minutes
	Buffer      int           // bytes of pending messages for each session, beyond which Write waits; default 1 MiB
	Window      int           // bytes that a client may send ahead of Read; default 1 MiB
	MaxMessage  int64         // bytes of one message of a client, after decompression; default 1 MiB
	MaxSessions int           // at most, detached ones included; default 10,000
	MaxBytes    int64         // of messages in all sessions together; default 256 MiB
	Heartbeat   time.Duration // between protocol pings, and how long a pong may take; default 30 s; negative: none

	// Subprotocols are the application's own. The first that a client offers beside [Subprotocol] is chosen.
	Subprotocols []string
	// Accept is for [Server.Handler]. Its Subprotocols are ignored.
	Accept *websocket.AcceptOptions
	// Owner names who makes a request: a user, not a connection. A session is resumed only by its owner; to others
	// it does not exist. Without it every client that knows the ID of a session may resume it.
	Owner func(*http.Request) string

	// Store keeps sessions where other nodes find them, so that a client goes on at another node, or at this one after a restart.
	// Without it they live in this server's memory. Call Close when the server ends.
	Store Store

	once  sync.Once
	table table
}

const (
	defaultLifetime    = 2 * time.Minute
	defaultBytes       = 1 << 20
	defaultMaxSessions = 10_000
	defaultMaxBytes    = 256 << 20
	defaultHeartbeat   = 30 * time.Second
	helloTimeout       = 10 * time.Second
)

// init fills in the defaults.
func (s *Server) init() {
	s.once.Do(func() {
		orDefault(&s.Lifetime, defaultLifetime)
		orDefault(&s.Buffer, defaultBytes)
		orDefault(&s.Window, defaultBytes)
		s.Window = min(s.Window, session.MaxWindow)
		orDefault(&s.MaxMessage, defaultBytes)
		orDefault(&s.MaxSessions, defaultMaxSessions)
		orDefault(&s.MaxBytes, defaultMaxBytes)
		orDefault(&s.Heartbeat, defaultHeartbeat)
		s.table.init(s)
	})
}

func orDefault[T ~int | ~int64](field *T, value T) {
	if *field == 0 {
		*field = value
	}
}

// Handler accepts WebSocket connections and runs serve once for each session, on a goroutine of its own. When serve
// returns, the session ends as with [Session.Close] and the code 1000. ctx ends when the session does.
//
// A client that offers neither [Subprotocol] nor [SubprotocolUnchecked] is answered with HTTP 426.
func (s *Server) Handler(serve func(ctx context.Context, s *Session)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !Offered(r) {
			http.Error(w, "This endpoint speaks the WebSocket subprotocols "+Subprotocol+" and "+SubprotocolUnchecked+" alone.", http.StatusUpgradeRequired)
			return
		}
		o := websocket.AcceptOptions{}
		if s.Accept != nil {
			o = *s.Accept
		}
		o.Subprotocols = []string{Subprotocol, SubprotocolUnchecked}
		c, err := websocket.Accept(w, r, &o)
		if err != nil {
			return // Accept has answered
		}
		_ = s.Serve(c, r, serve) // how a connection ended does not matter while the session lives
	})
}

// Offered reports whether the client that made r speaks the protocol.
func Offered(r *http.Request) bool { return slices.ContainsFunc(offers(r), speaks) }

func speaks(subprotocol string) bool {
	return subprotocol == Subprotocol || subprotocol == SubprotocolUnchecked
}

// Serve is for servers that accept connections themselves, with [Subprotocol] and [SubprotocolUnchecked] among the
// options: it serves one connection
// and returns when that is over, with the reason. It closes c.
func (s *Server) Serve(c *websocket.Conn, r *http.Request, serve func(ctx context.Context, s *Session)) error {
	s.init()
	defer c.CloseNow()
	if !speaks(c.Subprotocol()) {
		_ = c.Close(websocket.StatusProtocolError, "the subprotocol "+Subprotocol+" is required")
		return ErrSubprotocol
	}
	c.SetReadLimit(s.MaxMessage + session.MaxHeader)
	line := &session.Line{Checked: c.Subprotocol() == Subprotocol}
	hello, err := readHello(c, line)
	if err != nil {
		_ = c.Close(codeOf(err), reason(err))
		return err
	}
	l := newConnection(c, line, s.Heartbeat)
	session, err := s.table.attach(hello, r, l)
	if err != nil {
		refuse(l, err)
		return err
	}
	return session.pump(l, serve)
}

// refuse answers a hello for which there is no session.
func refuse(l *connection, err error) {
	c := l.conn
	ended, ok := errors.AsType[*endedError](err)
	if !ok {
		_ = c.Close(websocket.StatusTryAgainLater, reason(err))
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), helloTimeout)
	defer cancel()
	end := session.AppendEnd(l.line.Begin(nil), ended.sent, ended.position.Taken, uint16(ended.code))
	l.line.Seal(true, end)
	_ = c.Write(ctx, websocket.MessageText, end)
	_ = c.Close(ended.code, ended.reason)
}

// readHello reads the first frame, for which a client has ten seconds.
func readHello(c *websocket.Conn, line *session.Line) (session.Hello, error) {
	ctx, cancel := context.WithTimeout(context.Background(), helloTimeout)
	defer cancel()
	kind, p, err := c.Read(ctx)
	if err != nil {
		return session.Hello{}, err
	}
	text := kind == websocket.MessageText
	if p, err = line.Open(text, p); err != nil {
		return session.Hello{}, err
	}
	return session.ParseHello(text, p)
}

// Close ends every session, closes their connections with code 1001, and takes no more. Clients try to come back; to the
// server that follows this one their sessions are gone, and they are informed.
func (s *Server) Close() {
	s.init()
	s.table.close()
}

// Stats is what a [Server] holds.
type Stats struct {
	Sessions int   // detached ones included
	Detached int   // without a connection
	Bytes    int64 // of messages, pending and unread
	Resumed  uint64
	Expired  uint64 // sessions that were given up: too long without a connection, or to make room
	Alone    bool   // the Store cannot be reached: sessions go on in memory, and would not survive this server
}

// Stats returns what the server holds now, and counts since it began.
func (s *Server) Stats() Stats {
	s.init()
	return s.table.stats()
}
