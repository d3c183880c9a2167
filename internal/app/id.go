package app

import (
	"crypto/rand"
	"strings"
)

// newID draws the id of a client, a node or a ticket: at least 128 random bits as 26 characters of a–z and 2–7, so that
// they cannot be guessed and none means anything to Redis, to a URL or to a log.
func newID() string { return strings.ToLower(rand.Text()) }
