package app

import (
	"bytes"
	"context"

	"github.com/coder/websocket"
)

// keepInbound is the largest buffer in bytes that a connection holds on to between its messages.
const keepInbound = 64 << 10

// inbound reads the messages of one connection through a buffer that it keeps. A message costs one allocation of its own
// length: Conn.Read, which knows no length, doubles its way up and leaves five times the message as garbage, and that is
// what a flood of messages would make the server grow by.
type inbound struct {
	conn *websocket.Conn
	buf  bytes.Buffer
}

// next returns the next message. Its bytes belong to the caller.
func (in *inbound) next(ctx context.Context) (websocket.MessageType, []byte, error) {
	kind, r, err := in.conn.Reader(ctx)
	if err != nil {
		return 0, nil, err
	}
	in.buf.Reset()
	if _, err := in.buf.ReadFrom(r); err != nil {
		return 0, nil, err
	}
	message := bytes.Clone(in.buf.Bytes())
	if in.buf.Cap() > keepInbound+bytes.MinRead {
		in.buf = bytes.Buffer{}
	}
	return kind, message, nil
}
