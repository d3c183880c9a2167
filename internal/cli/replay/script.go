package replay

import (
	"time"

	"github.com/tetherscope/tetherscope/internal/frame"
)

// Role is the end of a connection that is played.
type Role uint8

// The roles.
const (
	Client Role = iota
	Server
)

// String returns "client" or "server".
func (r Role) String() string {
	if r == Server {
		return "server"
	}
	return "client"
}

// Peer returns the other end.
func (r Role) Peer() Role { return 1 - r }

// Script is one end of a connection.
type Script struct {
	Conn        uint32
	Request     []byte // head of the handshake's request, if it was captured
	Path        string // of the handshake's request; or the tapped name when that was not captured
	Subprotocol string // that was agreed
	Offered     []string
	Role        Role
	Frames      []Frame   // that the role sends, in order
	Peer        []Message // that the peer sent, in order
	Closer      Role      // who began to close, if Closed
	Closed      bool      // there was a close frame
	CloseReply  []byte    // payload of the role's close frame, if the peer began to close
	PeerClose   []byte    // payload of the peer's close frame, if PeerClosed
	PeerClosed  bool
	Ended       bool // the connection ended in the capture

	Inflated  int // compressed messages, which are played plain
	Injected  int // frames of the role that this program had sent
	Late      int // frames that the role sent when the peer had begun to close: they are not played
	Cut       int // frames of the role of which the capture kept only the start
	PeerCut   int // messages of the peer of which the capture kept only the start
	FirstCut  uint64
	Malformed bool // decoding had stopped in one direction: what followed is not in the capture
}

// Frame is a frame that the role sends. Its sender chooses the masking key.
type Frame struct {
	Header  frame.Header // Length and Key have no meaning
	Payload []byte
	At      time.Duration // since the handshake, or the first record of the connection
	After   int           // how many messages of the peer had come
	Starts  bool          // not a continuation of a message before
}

// Message is a message that a peer sent, or its close frame.
type Message struct {
	Op      frame.Opcode  // Text, Binary or Close
	Payload []byte        // as the application gets it
	Length  uint64        // of all of it
	Cut     bool          // Payload is only its start
	At      time.Duration // since the handshake, or the first record of the connection
}
