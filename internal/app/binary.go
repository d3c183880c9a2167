package app

import (
	"net/http"

	"github.com/coder/websocket"

	"github.com/tetherscope/tetherscope/wasm/chat"
)

// The subprotocols of /ws/bin. What a client sends comes back as the protocol says; without one it is a blob.
const (
	binBlob     = "tetherscope.blob"    // the same bytes
	binFloat32  = "tetherscope.float32" // little-endian float32s, each of them doubled: a Float32Array there and back
	binMsgPack  = "tetherscope.msgpack" // one MessagePack value, decoded and encoded again
	binCBOR     = "tetherscope.cbor"    // one CBOR value (RFC 8949), decoded and encoded again
	maxBinDepth = 32                    // levels of arrays and maps in a MessagePack or CBOR value
)

// transforms is what each subprotocol does with a message.
var transforms = map[string]func([]byte) ([]byte, error){
	"": blob, binBlob: blob, binFloat32: doubleFloats, binMsgPack: roundTripMsgPack, binCBOR: roundTripCBOR,
}

// Binary serves binary values. A page of an allowed origin needs no credential, since it reaches no other client here; a
// client without an origin does.
func (a *App) Binary() http.Handler {
	return a.upgrade(endpoint{
		path: "/ws/bin", maxBytes: a.cfg.Limits.BinaryBytes, tokenless: true, serve: (*App).serveBinary,
		subprotocols: []string{binBlob, binFloat32, binMsgPack, binCBOR},
	})
}

// serveBinary answers each binary message of c with its transform, and what it cannot read with an error message as
// text: a mistake in one message ends no connection.
func (a *App) serveBinary(c *client, from *address) {
	transform := transforms[c.conn.Subprotocol()]
	a.read(c, from, "/ws/bin", func(kind websocket.MessageType, b []byte) {
		if kind != websocket.MessageBinary {
			c.fail("Text messages belong to /ws/chat")
			return
		}
		out, err := transform(b)
		if err != nil {
			c.sendText(envelope(chat.TypeError, chat.Error{Message: err.Error()}))
			return
		}
		c.send(websocket.MessageBinary, out)
	})
}
