package devserver

import (
	"net/url"
	"slices"
	"strings"
	"sync"

	"github.com/tetherscope/tetherscope/internal/record"
	"github.com/tetherscope/tetherscope/internal/secret"
)

// hider keeps out of the capture the token that a client of the application sends as its first message, when it
// connected with auth=message. What stands in the handshake the tap has hidden already.
type hider struct {
	mu    sync.Mutex
	conns map[uint32]uint64 // connections that send a token, and the number of its message; 0 before it. Bounded by those that are open
}

// hide returns r, or a copy of it with [secret.Hidden] for what the first message said. How long it was stays.
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
		if r.Dir == record.Out && r.Message > 0 && r.Marks == 0 && h.expects(r.Conn, r.Message) {
			hidden := *r
			hidden.Payload, hidden.Body = blank(r.Payload), blank(r.Body)
			return &hidden
		}
	case record.KindClose, record.KindBroken, record.KindNote, record.KindPassed:
	}
	return r
}

func (h *hider) expect(conn uint32) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.conns == nil {
		h.conns = map[uint32]uint64{}
	}
	h.conns[conn] = 0
}

func (h *hider) forget(conn uint32) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.conns, conn)
}

// expects reports whether a message of the client is the one with the token: its first, whatever was put in before.
func (h *hider) expects(conn uint32, message uint64) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	first, ok := h.conns[conn]
	if ok && first == 0 {
		first = message
		h.conns[conn] = message
	}
	return ok && first == message
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
	return []byte(secret.Hidden)[:min(len(b), len(secret.Hidden))]
}
