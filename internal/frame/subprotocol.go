package frame

import "slices"

// maxSubprotocols is how many offered subprotocols are read; more are reported as a problem and not kept.
const maxSubprotocols = 256

// parseSubprotocols reads what the client offers (RFC 6455 §4.1, item 10). The list may be spread over several fields.
func (h *Handshake) parseSubprotocols(fields []Field) (offered []string) {
	for _, f := range fields {
		if !equalFold(f.Name, "Sec-WebSocket-Protocol") {
			continue
		}
		for item := range listItems(f.Value) {
			switch {
			case len(offered) == maxSubprotocols:
				h.problem("RFC 6455 §10.4", "the client offers more than %d subprotocols; the rest is not read", maxSubprotocols)
				return offered
			case !isToken(item):
				h.problem("RFC 6455 §4.1", "the offered subprotocol %s is not a token", quote(item))
			case slices.Contains(offered, item):
				h.problem("RFC 6455 §4.1", "the subprotocol %s is offered twice", quote(item))
			}
			offered = append(offered, item)
		}
	}
	return offered
}

// checkSubprotocol checks what the server chose (RFC 6455 §4.1, last list, item 6).
func (h *Handshake) checkSubprotocol() {
	chosen, n := single(h.Response, "Sec-WebSocket-Protocol")
	h.Subprotocol = chosen
	switch {
	case n == 0:
		return
	case n > 1:
		h.problem("RFC 6455 §4.2.2", "the response must have at most one Sec-WebSocket-Protocol field, not %d", n)
	}
	if !slices.Contains(h.SubprotocolsOffered, chosen) {
		h.problem("RFC 6455 §4.1", "the server chose the subprotocol %s, which the client did not offer", quote(chosen))
	}
}
