package redact

import (
	"errors"
	"testing"
)

// TestNamesOfAProjectAreHidden: in every place where a known name is, under every spelling, and no longer than asked for. Names
// that handshakes need stay readable.
func TestNamesOfAProjectAreHidden(t *testing.T) {
	t.Cleanup(func() {
		if err := AlsoHide(); err != nil {
			t.Error(err)
		}
	})
	const head = "GET /ws?X_Tenant=acme&x-tenant-id=7 HTTP/1.1\r\nX-Tenant: acme\r\nX-Tenant-Id: 7\r\nIdempotency-Key: 8\r\nSec-WebSocket-Key: AAAA\r\n\r\n"
	const hidden = "GET /ws?X_Tenant=[hidden]&x-tenant-id=7 HTTP/1.1\r\nX-Tenant: [hidden]\r\nX-Tenant-Id: 7\r\nIdempotency-Key: [hidden]\r\nSec-WebSocket-Key: AAAA\r\n\r\n"
	if got := string(Head([]byte(head))); got != head {
		t.Fatalf("without names of its own:\n%s", got)
	}
	if err := AlsoHide("x-tenant", "Idempotency Key", "sec-websocket-key"); err != nil {
		t.Fatal(err)
	}
	if got := string(Head([]byte(head))); got != hidden {
		t.Errorf("with names:\n%swant\n%s", got, hidden)
	}
	var bad *NameError
	if err := AlsoHide("ok", " -_"); !errors.As(err, &bad) || bad.Name != " -_" {
		t.Errorf("a name without letters: %v", err)
	}
	if got := string(Head([]byte(head))); got != hidden {
		t.Errorf("after an error the names are others:\n%s", got)
	}
}
