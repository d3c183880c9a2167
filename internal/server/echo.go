package server

import (
	"bytes"
	"context"
	"net/http"
	"unicode/utf8"

	"github.com/coder/websocket"

	"github.com/tetherscope/tetherscope/internal/apart"
)

// keepBuffer is the largest read buffer in bytes that an idle echo socket holds on to.
const keepBuffer = 64 << 10

// echo serves /ws/echo: every message goes back as it came, text or binary. Messages may be fragmented or compressed:
// without context takeover, since a window and a compressor kept for each connection cost more than a megabyte; with it
// for a client that asks for it by ?takeover, to see what it does.
func (s *Server) echo(w http.ResponseWriter, r *http.Request) {
	mode := websocket.CompressionNoContextTakeover
	if r.URL.Query().Has("takeover") {
		mode = websocket.CompressionContextTakeover
	}
	c, release := s.accept(w, r, websocket.AcceptOptions{CompressionMode: mode})
	if c == nil {
		return
	}
	apart.Serve(release, func() { answerEcho(c) })
}

// answerEcho sends every message of c back, until the connection ends.
func answerEcho(c *websocket.Conn) {
	var buf bytes.Buffer
	for {
		// No deadline: keepAlive ends a connection whose peer neither sends nor reads.
		kind, err := readMessage(context.Background(), c, &buf)
		if err != nil {
			closeFor(c, err)
			return
		}
		if kind == websocket.MessageText && !utf8.Valid(buf.Bytes()) {
			_ = c.Close(websocket.StatusInvalidFramePayloadData, "text that is not UTF-8 (RFC 6455 §8.1)")
			return
		}
		if err := c.Write(context.Background(), kind, buf.Bytes()); err != nil {
			return
		}
		if buf.Cap() > keepBuffer {
			buf = bytes.Buffer{}
		}
	}
}

// readMessage reads one message into buf.
func readMessage(ctx context.Context, c *websocket.Conn, buf *bytes.Buffer) (websocket.MessageType, error) {
	kind, reader, err := c.Reader(ctx)
	if err != nil {
		return 0, err
	}
	buf.Reset()
	_, err = buf.ReadFrom(reader)
	return kind, err
}
