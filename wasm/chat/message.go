package chat

//go:generate go run ../../internal/tsgen -o ../../static/chat/messages.d.ts

// The names of the messages, as they stand in "type".
const (
	TypeWelcome   = "welcome"   // server to client, first: [Welcome]
	TypeChat      = "chat"      // both ways: [Chat]
	TypeBroadcast = "broadcast" // both ways: [Broadcast]
	TypeEcho      = "echo"      // both ways: [Echo]
	TypePrivate   = "private"   // both ways: [Private]
	TypePing      = "ping"      // client to server: [Ping]
	TypePong      = "pong"      // server to client: [Pong]
	TypePresence  = "presence"  // both ways: [Presence]
	TypeHistory   = "history"   // both ways: [History]
	TypeLogout    = "logout"    // client to server: [Logout]
	TypeError     = "error"     // server to client: [Error]
	TypeGap       = "gap"       // server to client: [Gap]
	TypeAuth      = "auth"      // client to server, first, when it connected with auth=message: [Auth]
)

// Subprotocol is what a client may offer in Sec-WebSocket-Protocol, beside [TokenPrefix]: the server then selects it.
const Subprotocol = "tetherscope.chat.v1"

// TokenPrefix begins the subprotocol that carries a token: "token.<JWT>". The server reads it and never selects it, so
// the token does not come back in a response. Offer [Subprotocol] beside it, or a browser fails the connection.
const TokenPrefix = "token."

// Welcome is the first message of an accepted connection.
type Welcome struct {
	Message   string `json:"message"`
	ClientID  string `json:"clientId"`          // this connection's id: what others see as from, and use as targetId
	User      string `json:"user"`              // who the token says this is
	Server    string `json:"server"`            // the node that holds the connection
	Timestamp int64  `json:"timestamp"`         // milliseconds since 1970, like every Timestamp that is a number
	Capture   uint32 `json:"capture,omitempty"` // the connection's number in the server's capture, where there is one
}

// Chat is one line for all clients, its sender included. A client fills in Message only.
type Chat struct {
	Message   string `json:"message"`             // 1 to [MaxMessage] characters
	ID        string `json:"id,omitempty"`        // of this message alone, set by the server: in a [History] it is the same
	From      string `json:"from,omitempty"`      // id of the sending client, set by the server
	User      string `json:"user,omitempty"`      // user of the sending client, set by the server
	Timestamp int64  `json:"timestamp,omitempty"` // set by the server
}

// Broadcast is an announcement for all clients, its sender included. A client fills in Content only.
type Broadcast struct {
	Content   string `json:"content"`             // 1 to [MaxMessage] characters
	Sender    string `json:"sender,omitempty"`    // id of the sending client, set by the server
	User      string `json:"user,omitempty"`      // user of the sending client, set by the server
	Timestamp string `json:"timestamp,omitempty"` // ISO 8601 with milliseconds, UTC, set by the server
}

// Echo comes back to its sender. It has two dialects: the text stands in Message or in Content, and comes back in the
// member it came in.
type Echo struct {
	Message   string `json:"message,omitempty"`
	Content   string `json:"content,omitempty"`
	Timestamp int64  `json:"timestamp,omitempty"` // set by the server
}

// Private is for one client. Text stands in Message or in Content, as in [Echo].
type Private struct {
	TargetID  string `json:"targetId,omitempty"` // id of the client it is for; empty in what that client receives
	Message   string `json:"message,omitempty"`
	Content   string `json:"content,omitempty"`
	From      string `json:"from,omitempty"`      // id of the sending client, set by the server
	User      string `json:"user,omitempty"`      // user of the sending client, set by the server
	Timestamp int64  `json:"timestamp,omitempty"` // set by the server
}

// Ping asks for a [Pong]. It is a message, so a browser can send it; the server's own heartbeat uses ping frames.
type Ping struct{}

// Pong answers a [Ping].
type Pong struct {
	Timestamp int64 `json:"timestamp"`
}

// Presence asks, sent empty by a client, who is connected to any node. The answer lists at most
// [MaxPresence] clients, in no order, and counts all.
type Presence struct {
	Clients   []Client `json:"clients,omitempty"`
	Total     int      `json:"total,omitempty"`
	Timestamp int64    `json:"timestamp,omitempty"`
}

// History asks, sent by a client with the Epoch and Offset of the last answer, for the chat messages that were logged after it. Without
// them the answer has no message, but where the log ends now. A client that comes back asks with what it knew before, again while More is
// set, and leaves out the messages whose ID it has seen.
type History struct {
	Epoch    string `json:"epoch,omitempty"`  // of the log, at most [MaxEpoch] characters
	Offset   uint64 `json:"offset,omitempty"` // of the last message before
	Messages []Chat `json:"messages,omitempty"`
	Lost     bool   `json:"lost,omitempty"` // other messages may be missing before these: they are not kept any more
	More     bool   `json:"more,omitempty"` // there are more: ask again
}

// Logout ends every connection of the sender's user, the sender's own included, with close code 4002 and the reason "Logged
// out". The tokens that they were made with are not accepted again.
type Logout struct{}

// Client is one connected client in a [Presence].
type Client struct {
	ID   string `json:"id"`
	User string `json:"user"`
}

// Error says what was wrong with a message of the client: one Message, or the list of everything that was invalid.
type Error struct {
	Message string   `json:"message,omitempty"`
	Errors  []string `json:"errors,omitempty"`
}

// Gap says that messages from other nodes are missing, which the application cannot get back. One without Until
// begins a gap that lasts; the one with the same Since and an Until ends it. Missed counts messages where it is known.
type Gap struct {
	Message   string `json:"message"`
	Since     int64  `json:"since"`            // when the gap began, as far as the server knows
	Until     int64  `json:"until,omitempty"`  // when it ended; 0 while it lasts
	Missed    uint64 `json:"missed,omitempty"` // how many messages for all clients are missing; 0: not known
	Timestamp int64  `json:"timestamp"`
}

// Auth is the first message of a client that connected with the query auth=message, so that its token stands in no URL
// and no header.
type Auth struct {
	Token string `json:"token"`
}
