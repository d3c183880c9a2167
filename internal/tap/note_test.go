package tap

import (
	"bufio"
	"io"
	"net"
	"testing"
	"time"

	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/internal/test/await"
)

// TestNotes proves that a note is an event of its connection, that one for no connection is an event of those that are open, and that neither has
// a credential.
func TestNotes(t *testing.T) {
	sink := &memory{}
	h, tapped := hows[0], New(Config{Sink: sink})
	tapped.Note(0, "script", "nothing is open")
	handler := make(chan net.Conn, 1)
	client := h.serve(t, tapped, func(c net.Conn, _ *bufio.ReadWriter) { handler <- c; <-t.Context().Done() })
	_, _ = io.WriteString(client, request)
	_ = client.SetReadDeadline(time.Now().Add(await.Limit))
	readHead(t, bufio.NewReader(client))
	await.Receive(t, handler)
	tapped.Note(0, "script", "loaded")
	tapped.Note(1, "script", "failed for /ws?token=s3cret")
	sink.mu.Lock()
	defer sink.mu.Unlock()
	var got []string
	for _, r := range sink.list {
		if r.Kind == record.KindNote && r.Conn == 1 && r.Marks == record.Injected {
			got = append(got, r.Name+" "+r.Reason)
		}
	}
	if len(got) != 2 || got[0] != "script loaded" || got[1] != "script failed for /ws?token=[hidden]" {
		t.Errorf("%q", got)
	}
}
