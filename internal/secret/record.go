package secret

import (
	"strings"

	"github.com/tetherscope/tetherscope/internal/record"
)

// Record returns r, or a copy of it, without the credentials of a handshake, and of the URL that a page told.
func Record(r *record.Record) *record.Record {
	if r.Kind != record.KindRequest && r.Kind != record.KindResponse {
		return r
	}
	c := *r
	c.Head = Blank(r.Head)
	c.Name, c.Remote = URL(r.Name), URL(r.Remote)
	return &c
}

// URL hides the credentials of a URL or of a path with a query.
func URL(u string) string {
	if u == "" || strings.ContainsAny(u, " \r\n") {
		return u
	}
	return blankURL(u)
}
