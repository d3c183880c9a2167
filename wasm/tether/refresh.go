package tether

import (
	"errors"
	"time"
)

// refresh asks an [Endpoint] once more after a refusal that a fresh token may cure: HTTP 401, and the close codes 4401 and 3000. The
// second refusal in a row is final. It is guarded by shell.stepping.
type refresh struct {
	asked    bool      // since a connection that was good
	openedAt time.Time // of the last connection
}

// decide returns d, or that one more attempt follows.
func (r *refresh) decide(c CloseInfo, d Decision, minUptime time.Duration) Decision {
	if !d.Stop || !unauthorized(c) {
		return d
	}
	if _, hinted := parseRetryHint(c.Reason); hinted {
		return d // the server has said so
	}
	if c.Opened && time.Since(r.openedAt) >= minUptime {
		r.asked = false // that token was good for a while
	}
	if r.asked {
		return d
	}
	r.asked = true
	return Decision{Rule: "unauthorized: the endpoint is asked once more"}
}

// unauthorizedCode is read like HTTP 401.
const unauthorizedCode Code = 4401

func unauthorized(c CloseInfo) bool {
	if c.Code == unauthorizedCode || c.Code == CodeUnauthorized {
		return true
	}
	e, ok := errors.AsType[*HandshakeError](c.Err)
	return ok && e.Status == 401
}
