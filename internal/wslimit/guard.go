package wslimit

import (
	"bufio"
	"bytes"
	"net"
	"net/http"
	"strconv"
	"strings"

	"github.com/tetherscope/tetherscope/internal/frame"
)

// Limits bounds what a client may send.
type Limits struct {
	// Message is the most payload bytes of a message. The library must count inflated bytes itself
	// (websocket.Conn.SetReadLimit): the guard sees what is on the wire.
	Message int64
	// Frames is the most frames of a message; 0 means 1024 and one more for every 16 bytes of Message, so that only
	// fragments smaller than that are ever too many.
	Frames int64
}

// Violation is why a guard tripped.
type Violation struct {
	Code   uint16 // close code that the client is owed: 1002, 1007 or 1009
	Reason string // for the close frame: at most 123 bytes
}

// Error describes what the client sent.
func (v *Violation) Error() string {
	return "the client broke the protocol: " + v.Reason + " (close code " + strconv.Itoa(int(v.Code)) + ")"
}

// Wrap returns w such that a connection hijacked from it is guarded. Hijack must come after the handshake's response
// header is set: from it the guard knows whether compression was agreed.
func Wrap(w http.ResponseWriter, l Limits) http.ResponseWriter {
	if l.Frames <= 0 {
		l.Frames = 1024 + l.Message/16
	}
	return &responseWriter{w, l}
}

type responseWriter struct {
	http.ResponseWriter
	limits Limits
}

// Unwrap lets http.ResponseController reach the writer beneath.
func (w *responseWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// Hijack hands out the guarded connection, with a small reader over it.
func (w *responseWriter) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	nc, brw, err := http.NewResponseController(w.ResponseWriter).Hijack()
	if err != nil {
		return nil, nil, err
	}
	early, err := brw.Peek(brw.Reader.Buffered())
	if err != nil {
		return nil, nil, err
	}
	deflate := strings.Contains(w.Header().Get("Sec-WebSocket-Extensions"), "permessage-deflate")
	c := &conn{Conn: nc, ahead: ahead{rest: bytes.Clone(early)}, check: checker{
		limits: w.limits, state: frame.State{FromClient: true, Deflate: deflate},
	}}
	brw.Writer.Reset(c)
	return c, bufio.NewReadWriter(bufio.NewReaderSize(c, restSize), brw.Writer), nil
}
