package auth_test

import (
	"net/http/httptest"
	"testing"

	"github.com/tetherscope/tetherscope/internal/app/auth"
)

// TestFromHandshake: where a credential may stand, and that two are never one.
func TestFromHandshake(t *testing.T) {
	for _, c := range []struct {
		query, protocols string
		want             auth.Credential
	}{
		{"", "", auth.Credential{}},
		{"", "chat", auth.Credential{}},
		{"?x=1", "", auth.Credential{}},
		{"?token=a", "", auth.Credential{Kind: auth.Query, Value: "a"}},
		{"?ticket=a", "", auth.Credential{Kind: auth.Ticket, Value: "a"}},
		{"", "chat, token.a.b.c", auth.Credential{Kind: auth.Subprotocol, Value: "a.b.c"}},
		{"?auth=message", "", auth.Credential{Kind: auth.FirstMessage}},
		{"?auth=other", "", auth.Credential{}},
		{"?token=a&token=b", "", auth.Credential{Kind: auth.Ambiguous}},
		{"?token=a&ticket=b", "", auth.Credential{Kind: auth.Ambiguous}},
		{"?token=a", "token.b", auth.Credential{Kind: auth.Ambiguous}},
		{"?auth=message&token=a", "", auth.Credential{Kind: auth.Ambiguous}},
		{"", "token.a,token.b", auth.Credential{Kind: auth.Ambiguous}},
	} {
		r := httptest.NewRequest("GET", "/ws/chat"+c.query, nil)
		if c.protocols != "" {
			r.Header.Set("Sec-WebSocket-Protocol", c.protocols)
		}
		if got := auth.FromHandshake(r, "token."); got != c.want {
			t.Errorf("%q %q: got %v, want %v", c.query, c.protocols, got, c.want)
		}
	}
}
