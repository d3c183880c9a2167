package app

import (
	"bytes"
	"context"
	"sync"

	"github.com/coder/websocket"
)

// keepInbound is the largest buffer in bytes that is kept for the next message.
const keepInbound = 64 << 10

// inboundBuffers lends the memory into which messages are read: a client that sends none has none.
var inboundBuffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// nextMessage returns the next message of c. Its bytes belong to the caller. A message costs one allocation of its own length: Conn.Read, which
// knows no length, doubles its way up and leaves five times the message as garbage, and that is what a flood of messages would make the server
// grow by.
func nextMessage(ctx context.Context, c *websocket.Conn) (websocket.MessageType, []byte, error) {
	kind, r, err := c.Reader(ctx)
	if err != nil {
		return 0, nil, err
	}
	buf := inboundBuffers.Get().(*bytes.Buffer) // nothing else is put there
	defer func() {
		if buf.Cap() <= keepInbound+bytes.MinRead {
			buf.Reset()
			inboundBuffers.Put(buf)
		}
	}()
	if _, err := buf.ReadFrom(r); err != nil {
		return 0, nil, err
	}
	return kind, bytes.Clone(buf.Bytes()), nil
}
