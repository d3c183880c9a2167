package feed

// Names of the server's interface. The server and all its clients take them from here; the scripts of the panel repeat
// them.
const (
	Path          = "/api/tap"            // of the feed
	CutParameter  = "cut"                 // of the feed's query: to how many bytes longer payloads are cut; their records say how long they are kept
	KeepParameter = "keep"                // of the feed's query: "1" asks the server to let connections wait a little before this client misses records
	SessionPath   = "/api/session"        // of the [Session]
	Protocol      = "tetherscope.tap.v1"  // WebSocket subprotocol: one batch of records in each binary message
	TokenHeader   = "X-Tetherscope-Token" // HTTP header field that carries the token
	KeyHeader     = "X-Tetherscope-Key"   // HTTP header field that carries the key of the user, which gets the token; see package userkey
	TokenPrefix   = "token."              // of the subprotocol that carries the token, where no header field can be set
)

// Session is what a client of the live feed needs to know about a running server: the answer to GET [SessionPath].
type Session struct {
	Token       string   `json:"token"`       // of this run; sent as X-Tetherscope-Token, and as the subprotocol "token.TOKEN" of the feed
	Version     string   `json:"version"`     // of the server
	Feed        string   `json:"feed"`        // WebSocket URL of the live feed, under the Host of the request
	Subprotocol string   `json:"subprotocol"` // of the feed: names the form of its messages
	Records     uint64   `json:"records"`     // number of the last record made so far; 0 before the first
	Names       []string `json:"names"`       // names under which connections are recorded: endpoints and targets, sorted
}

// Subprotocols returns what a client of the feed offers in its handshake.
func Subprotocols(token string) []string { return []string{Protocol, TokenPrefix + token} }
