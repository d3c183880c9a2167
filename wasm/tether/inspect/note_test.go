package inspect

import (
	"errors"
	"testing"
	"time"

	"github.com/tetherscope/tetherscope/wasm/codec"
	"github.com/tetherscope/tetherscope/wasm/tether"
)

// TestNotes: each event of a client becomes the line that the panel shows, with its cause and the size of the queue.
func TestNotes(t *testing.T) {
	cause := errors.New("cannot connect")
	waiting := tether.Limits{Messages: 2, Bytes: 11}
	for _, c := range []struct {
		event        tether.Event
		word, reason string
	}{
		{tether.StateChanged{New: tether.StateConnecting}, "attempt", "as asked; 2 messages (11 bytes) queued"},
		{tether.StateChanged{New: tether.StatePaused, Cause: cause}, "paused", "cannot connect; 2 messages (11 bytes) queued"},
		{tether.StateChanged{New: tether.StateOpen}, "", ""},
		{tether.Opened{Subprotocol: "chat", Extensions: "permessage-deflate", Resumed: true}, "open", "subprotocol chat; extensions permessage-deflate; the session goes on"},
		{tether.Opened{}, "open", "no subprotocol"},
		{tether.Retrying{Attempt: 3, Delay: 1234567 * time.Microsecond, Cause: cause, Rule: "try again"}, "wait", "attempt 3 in 1.235s: cannot connect (try again); 2 messages (11 bytes) queued"},
		{tether.Lost{CloseInfo: tether.CloseInfo{Code: 1001, Reason: "restart", Clean: true}}, "lost", "1001 restart, clean; 2 messages (11 bytes) queued"},
		{tether.Dropped{Messages: 4, Bytes: 9, Cause: cause}, "drop", "4 messages, 9 bytes: cannot connect"},
		{tether.Panicked{Value: "secret"}, "error", "a listener or an option's function panicked"},
	} {
		if word, reason := note(c.event, waiting); word != c.word || reason != c.reason {
			t.Errorf("%#v: %q %q, want %q %q", c.event, word, reason, c.word, c.reason)
		}
	}
}

// TestNotesOfOne: one message and one byte are not "1 messages" and "1 bytes".
func TestNotesOfOne(t *testing.T) {
	if _, reason := note(tether.StateChanged{New: tether.StateConnecting}, tether.Limits{Messages: 1, Bytes: 1}); reason != "as asked; 1 message (1 byte) queued" {
		t.Errorf("a queue of one message: %q", reason)
	}
	if _, reason := note(tether.Dropped{Messages: 1, Bytes: 1, Cause: errors.New("full")}, tether.Limits{}); reason != "1 message, 1 byte: full" {
		t.Errorf("one dropped message: %q", reason)
	}
}

// TestPanelTakesAnyClient: Panel accepts a client of any types, and natively it does nothing.
func TestPanelTakesAnyClient(t *testing.T) {
	c, err := tether.New("ws://127.0.0.1:1/", codec.String())
	if err != nil {
		t.Fatal(err)
	}
	Panel(c, "ws://127.0.0.1:1/")()
}
