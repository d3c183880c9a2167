package tether

// Code is a WebSocket close code (RFC 6455 §7.4).
type Code uint16

// Target is where one attempt connects to.
type Target struct {
	URL          string   // ws, wss, http or https; in a browser also relative to the page
	Subprotocols []string // offered in this order
}

// CloseInfo is how a connection, or an attempt, ended.
type CloseInfo struct {
	Code   Code   // 1005: close frame without code. 1006: no close frame, or the attempt failed
	Reason string // as the peer gave it, at most 123 bytes
	Clean  bool   // the closing handshake was completed
	Opened bool   // the connection had been open
	Err    error  // what the platform tells beyond that; browsers tell nothing
}
