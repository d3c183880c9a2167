//go:build !js

package tether

import (
	"net/url"
	"strconv"
)

// platformProblem says why a URL can never work, whatever the network does. The parser's own words may hold parts of it.
func platformProblem(text string) string {
	u, err := url.Parse(text)
	if err != nil {
		return "cannot be parsed as a URL"
	}
	if u.Hostname() == "" {
		return "has no host"
	}
	if port := u.Port(); port != "" {
		if n, err := strconv.Atoi(port); err != nil || n < 1 || n > 65535 {
			return "has a port that is not between 1 and 65535"
		}
	}
	return ""
}
