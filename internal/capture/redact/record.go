package redact

import (
	"github.com/tetherscope/tetherscope/internal/capture/record"
)

// Record returns r, or a copy of it, without the credentials of a handshake, of the URLs that a page reported, and of the words that
// this program or a client found for what happened. Payloads and reasons of close frames are messages: they stay.
func Record(r *record.Record) *record.Record {
	switch r.Kind {
	case record.KindRequest, record.KindResponse:
		c := *r
		c.Head = Head(r.Head)
		c.Name, c.Remote = Text(URL(r.Name)), Text(URL(r.Remote))
		c.Reached.Address = URL(r.Reached.Address)
		return &c
	case record.KindNote, record.KindEnd, record.KindBroken:
		c := *r
		c.Name, c.Reason = Text(URL(r.Name)), Text(r.Reason)
		return &c
	case record.KindFrame, record.KindClose, record.KindTransit:
	}
	return r
}

// Text hides the credentials of a text that may hold URLs.
func Text(s string) string { return text(s, 0) }
