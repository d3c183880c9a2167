package server

import (
	"bytes"
	"net/url"
	"slices"
	"strings"

	"github.com/tetherscope/tetherscope/internal/app/auth"
	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/internal/capture/redact"
	"github.com/tetherscope/tetherscope/internal/tap"
)

// hider keeps out of the capture the token that a client of the application sends as its first message, when it
// connected with auth=message. What stands in the handshake the tap has hidden already.
type hider struct {
	conns byConn[*firstMessage] // connections that send a token. Bounded by those that are open
}

// firstMessage is the message with the token.
type firstMessage struct {
	number uint64   // as its client sent it; 0 before it
	parts  [][]byte // what its records held, at most maxParts of them: copies that fault rules or a person make of it hold it, too
}

// maxParts bounds the parts that are kept of a message with a token, in fragments of the tap's snap length at most.
const maxParts = 16

// matchLength is how many bytes in a row make a frame a copy of a part.
const matchLength = 16

// hide returns r, or a copy of it with [redact.Placeholder] for what the first message said. How long it was stays.
func (h *hider) hide(r *record.Record) *record.Record {
	switch r.Kind {
	case record.KindRequest:
		if slices.Contains(applicationSockets, r.Name) && announces(r.Head) {
			h.expect(r.Conn)
		}
	case record.KindResponse:
		if !upgraded(r) { // nothing else comes from it, not even an end
			h.forget(r.Conn)
		}
	case record.KindEnd:
		h.forget(r.Conn)
	case record.KindFrame:
		if r.Dir == record.Out && !r.Header.Opcode.IsControl() && h.holdsToken(r) {
			return blanked(r)
		}
	case record.KindClose, record.KindBroken, record.KindNote, record.KindTransit:
	}
	return r
}

// blanked returns a copy of r without what it says.
func blanked(r *record.Record) *record.Record {
	hidden := *r
	hidden.Payload, hidden.Body, hidden.LeftMasked = blank(r.Payload), blank(r.Body), false
	return &hidden
}

func (h *hider) expect(conn uint32) {
	s := h.conns.lock(conn)
	defer s.mu.Unlock()
	s.put(conn, &firstMessage{})
}

// expects reports whether a connection sends a token, or has sent it.
func (h *hider) expects(conn uint32) bool {
	s := h.conns.lock(conn)
	defer s.mu.Unlock()
	return s.of[conn] != nil
}

func (h *hider) forget(conn uint32) {
	s := h.conns.lock(conn)
	defer s.mu.Unlock()
	delete(s.of, conn)
}

// holdsToken reports whether a frame of the client is of the message with the token: its first, whatever fault rules did to it and was put in
// before, or what a rule or a person made of that.
func (h *hider) holdsToken(r *record.Record) bool {
	s := h.conns.lock(r.Conn)
	defer s.mu.Unlock()
	first := s.of[r.Conn]
	return first != nil && first.includes(r)
}

// includes reports whether r is of the first message. It is not inlined: the connections that have none would have its stack.
//
//go:noinline
func (f *firstMessage) includes(r *record.Record) bool {
	r = r.Unmasked()
	switch {
	case r.Marks&record.Injected != 0: // its number may be 0
		return f.in(r.Payload) || f.in(r.Body)
	case f.number == 0:
		f.number = r.Message
	}
	if f.number != r.Message {
		return false
	}
	f.keep(r.Payload)
	f.keep(r.Body)
	return true
}

// holds reports whether an intercepted frame is of the message with the token. Its record was hidden before it is listed.
func (h *hider) holds(f *tap.Intercepted) bool {
	s := h.conns.lock(f.Conn)
	defer s.mu.Unlock()
	first := s.of[f.Conn]
	return first != nil && f.Dir == record.Out && f.Message != 0 && f.Message == first.number
}

// keep keeps a part, to recognise copies of it.
func (f *firstMessage) keep(part []byte) {
	if len(part) > 0 && len(f.parts) < maxParts {
		f.parts = append(f.parts, bytes.Clone(part[:min(len(part), 2*auth.MaxToken)]))
	}
}

// in reports whether b has a piece of the message, or is one. A rule may have cut, split, merged or damaged it.
func (f *firstMessage) in(b []byte) bool {
	return len(b) > 0 && slices.ContainsFunc(f.parts, func(part []byte) bool {
		if len(b) < len(part) {
			b, part = part, b
		}
		if len(part) < matchLength {
			return bytes.Contains(b, part)
		}
		for i := 0; i+matchLength <= len(part); i += matchLength / 2 {
			if bytes.Contains(b, part[i:i+matchLength]) {
				return true
			}
		}
		return false
	})
}

// announces reports whether a request says that its first message will carry a token: by a parameter named auth, however it
// is written. The tap has blanked its value: that it is there is enough.
func announces(head []byte) bool {
	parts := strings.Split(firstLine(head), " ")
	if len(parts) < 2 {
		return false
	}
	_, query, _ := strings.Cut(parts[1], "?")
	values, err := url.ParseQuery(query) // as the application reads it; what cannot be read might be one
	return err != nil || values.Has("auth")
}

// blank returns what stands in place of b: no longer than b is, and nil for nil.
func blank(b []byte) []byte {
	if b == nil {
		return nil
	}
	return []byte(redact.Placeholder)[:min(len(b), len(redact.Placeholder))]
}
