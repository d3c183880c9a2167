package cli

import (
	"strings"

	"github.com/tetherscope/tetherscope/internal/record"
	"github.com/tetherscope/tetherscope/internal/tap"
)

// hideSecrets returns r, or a copy of it, without the credentials of a handshake: those that the tap hides live, for
// captures that did not come through our tap. What stands in messages is left as it is.
func hideSecrets(r *record.Record) *record.Record {
	if r.Kind != record.KindRequest && r.Kind != record.KindResponse {
		return r
	}
	c := *r
	c.Head = tap.Blank(r.Head)
	c.Name = hideInURL(r.Name)
	return &c
}

// hideInURL hides the credentials of a URL. It stands in a request line, which is what [tap.Blank] knows.
func hideInURL(u string) string {
	if u == "" || strings.ContainsAny(u, " \r\n") {
		return u
	}
	line := strings.Split(string(tap.Blank([]byte("GET "+u+" HTTP/1.1"))), " ")
	return line[1]
}
