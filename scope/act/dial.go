package act

// Dial asks the server to open a WebSocket connection to any server, for a page or program that then connects to [Dialled.Path].
type Dial struct {
	URL      string   `json:"url"`                // ws:// or wss://
	Header   []string `json:"header,omitempty"`   // fields of the handshake, as "Name: value"
	Insecure bool     `json:"insecure,omitempty"` // do not verify the server's certificate
	CA       string   `json:"ca,omitempty"`       // certificates in PEM: trust only these
}

// Dialled is where a connection that was asked for is opened, once and within half a minute.
type Dialled struct {
	ID   string `json:"id"`   // of [DialState]
	Path string `json:"path"` // of this server; empty when the URL is one of the server's own, to be opened as it is
}

// DialState is what became of a connection that was asked for.
type DialState struct {
	Problem string `json:"problem"` // why the server was not reached, and what to do; "" when it was, or while that is not known
}
