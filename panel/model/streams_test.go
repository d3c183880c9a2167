package model

import (
	"strings"
	"testing"

	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/internal/frame"
)

// TestPacketsOverMessageBorders proves that packets which are spread over messages are decoded, each direction for itself, in the
// grid and in the detail, and that a gap between them does not join what does not belong together.
func TestPacketsOverMessageBorders(t *testing.T) {
	const publish = "\x30\x0c\x00\x05topichello" // MQTT PUBLISH to "topic"
	m := New(Options{})
	m.Update(Resize{30})
	binary := func(dir record.Dir, s string) record.Record { return data(dir, frame.Binary, []byte(s)) }
	feed(m, 1,
		record.Record{Kind: record.KindRequest, Conn: 1, Name: "/mqtt", Head: []byte("GET /mqtt HTTP/1.1\r\nSec-WebSocket-Protocol: mqtt\r\n\r\n")},
		record.Record{Kind: record.KindResponse, Conn: 1, Head: []byte("HTTP/1.1 101 Switching Protocols\r\nSec-WebSocket-Protocol: mqtt\r\n\r\n")},
		binary(record.In, publish[:1]), binary(record.Out, "\xc0\x00"), binary(record.In, publish[1:6]), binary(record.In, publish[6:]+publish+publish[:4]),
		binary(record.In, publish[4:]),
	)
	want := []string{"PUBLISH …", "PINGREQ", "PUBLISH …", "PUBLISH topic and 1 more packet and PUBLISH …", "PUBLISH topic"}
	for i, l := range m.Window().Lines[2:] {
		if l.Decoded != want[i] {
			t.Errorf("row %d is decoded as %q, want %q", i, l.Decoded, want[i])
		}
	}
	m.Update(Select{6})
	m.Update(SetTab{TabDecoded})
	d := m.Detail().Decoded
	if d == nil || d.Error != "" || d.Summary != "PUBLISH topic" || !strings.Contains(d.Lines[0].Value, "4 bytes came before") {
		t.Fatalf("the detail says %+v", d)
	}
	for _, l := range d.Lines {
		if l.From > l.To || l.To > len(publish)-4 {
			t.Errorf("line %+v lies outside of the message", l)
		}
	}
	feed(m, 20, binary(record.In, publish[:5])) // behind a gap
	feed(m, 30, binary(record.In, publish))
	lines := m.Window().Lines
	if got := lines[len(lines)-1].Decoded; got != "PUBLISH topic" {
		t.Errorf("behind a gap: %q", got)
	}
	everything(m)
}
