package server

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"sync"
	"unicode/utf8"

	"github.com/coder/websocket"

	"github.com/tetherscope/tetherscope/internal/apart"
)

// keepBuffer is the largest buffer in bytes that is kept for the next message.
const keepBuffer = 64 << 10

// echo serves /ws/echo: every message goes back as it came, text or binary. Messages may be fragmented or compressed:
// without context takeover, since a window and a compressor kept for each connection cost more than a megabyte; with it
// for a client that asks for it by ?takeover, to see what it does.
func (s *Server) echo(w http.ResponseWriter, r *http.Request) {
	mode := websocket.CompressionNoContextTakeover
	if r.URL.Query().Has("takeover") {
		mode = websocket.CompressionContextTakeover
	}
	wire := &apart.ResponseWriter{ResponseWriter: s.limited(w)}
	c, release := s.acceptOn(wire, r, websocket.AcceptOptions{CompressionMode: mode})
	if c == nil {
		return
	}
	batches := wire.Conn
	apart.Serve(release, func() { answerEcho(c, batches) })
}

// echoBuffers lends the memory of messages: a socket that waits for one has none.
var echoBuffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// answerEcho sends every message of c back, until the connection ends.
func answerEcho(c *websocket.Conn, wire *apart.Conn) {
	for {
		// No deadline: keepAlive ends a connection whose peer neither sends nor reads.
		kind, from, err := c.Reader(context.Background())
		if err != nil {
			closeFor(c, err)
			return
		}
		if !echoMessage(c, wire, kind, from) {
			return
		}
	}
}

// echoMessage sends one message back. It reports whether the connection goes on.
func echoMessage(c *websocket.Conn, wire *apart.Conn, kind websocket.MessageType, from io.Reader) bool {
	buf := echoBuffers.Get().(*bytes.Buffer) // nothing else is put there
	defer func() {
		if buf.Cap() <= keepBuffer {
			buf.Reset()
			echoBuffers.Put(buf)
		}
	}()
	if _, err := buf.ReadFrom(from); err != nil {
		closeFor(c, err)
		return false
	}
	if kind == websocket.MessageText && !utf8.Valid(buf.Bytes()) {
		_ = c.Close(websocket.StatusInvalidFramePayloadData, "text that is not UTF-8 (RFC 6455 §8.1)")
		return false
	}
	wire.BeginBatch(1, buf.Len())
	err := c.Write(context.Background(), kind, buf.Bytes())
	return errors.Join(err, wire.EndBatch()) == nil
}
