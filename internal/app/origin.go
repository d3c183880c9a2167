package app

import (
	"fmt"
	"net/url"
	"strings"
)

// checkOrigin refuses what no browser would write as an origin (RFC 6454 §6.2): it could never match, or was meant as a
// pattern.
func checkOrigin(s string) error {
	u, err := url.Parse(s)
	if err != nil || u.Scheme == "" || u.Host == "" || u.Scheme+"://"+u.Host != s || s != strings.ToLower(s) || strings.Contains(s, "*") {
		return fmt.Errorf("app: origin %q: write it as browsers do, in lower case, scheme and host and only a port that is not the scheme's own: https://chat.example", s)
	}
	return nil
}

// origins is an exact allow-list.
type origins map[string]bool

// allows decides about the Origin headers of a handshake. A client without one is no browser page, so no page can use
// it to act for a user; it is let through here, and needs a credential everywhere.
func (o origins) allows(headers []string) bool {
	switch len(headers) {
	case 0:
		return true
	case 1:
		return o[headers[0]]
	}
	return false
}
