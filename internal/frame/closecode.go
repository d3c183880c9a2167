package frame

// closeCodes are the codes of the IANA "WebSocket Close Code Number Registry" (RFC 6455 §11.7), explained.
var closeCodes = map[uint16]struct{ name, explanation string }{
	1000: {"Normal Closure", "The purpose of the connection is fulfilled."},
	1001: {"Going Away", "The endpoint is leaving: the server is shutting down, or the page was closed or navigated away."},
	1002: {"Protocol Error", "The sender received a frame that violates the protocol; the violations of the frames before it show which."},
	1003: {"Unsupported Data", "The sender received a kind of data that it does not accept, such as binary where it only accepts text."},
	1004: {"Reserved", "Reserved: has no meaning yet and must not be sent."},
	1005: {"No Status Received", "The close frame carried no code. This code is never sent; it stands for the missing one."},
	1006: {"Abnormal Closure", "The connection ended without a close frame: a crash, a lost network, a proxy's timeout. This code is never sent."},
	1007: {"Invalid Frame Payload Data", "The sender received a message whose data does not match its type, most often text that is not UTF-8."},
	1008: {"Policy Violation", "A message violated a rule of the application, or access was refused; the general code when no other fits."},
	1009: {"Message Too Big", "A message was larger than the sender accepts."},
	1010: {"Mandatory Extension", "The client requires an extension that the server did not negotiate; the reason should name it."},
	1011: {"Internal Error", "The server met an unexpected condition and could not continue."},
	1012: {"Service Restart", "The service is restarting. Reconnect after a random delay, so that not all clients reconnect at once."},
	1013: {"Try Again Later", "The service is overloaded or not ready. Reconnect, but wait longer than usual."},
	1014: {"Bad Gateway", "A gateway or proxy received an invalid response from the server behind it, as with HTTP 502."},
	1015: {"TLS Handshake", "The TLS handshake failed, for instance on a wrong certificate. This code is never sent."},
	3000: {"Unauthorized", "The client must authenticate first, as with HTTP 401."},
	3003: {"Forbidden", "The client is known but not allowed, as with HTTP 403."},
	3008: {"Timeout", "The peer took too long to do something, as with HTTP 408."},
}

// CloseCodeText returns the registered name of a close code and a sentence that says what it means to a person. Codes
// that have no name of their own get that of their range (RFC 6455 §7.4.2).
func CloseCodeText(code uint16) (name, explanation string) {
	if c, ok := closeCodes[code]; ok {
		return c.name, c.explanation
	}
	switch {
	case code < 1000:
		return "Unused", "Codes below 1000 are not used and must not be sent."
	case code < 3000:
		return "Unassigned", "Codes 1016–2999 are reserved for later revisions of the protocol and for extensions; this one is not defined."
	case code < 4000:
		return "Registered Range", "Codes 3000–3999 are registered by libraries and frameworks; this one is not in the registry."
	case code < 5000:
		return "Private Use", "Codes 4000–4999 are private: only the application knows what this one means."
	}
	return "Out of Range", "Codes above 4999 have no meaning and must not be sent."
}
