// These tests prove that one scripted conversation, with everything a connection can do in it, comes out of the model as
// the rows, the counters and the details that a person should read.
package model

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/internal/frame"
	"github.com/tetherscope/tetherscope/panel/model/rows"
)

const (
	request  = "GET /ws/demo HTTP/1.1\r\nHost: 127.0.0.1:7316\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: chat\r\nSec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n\r\n"
	response = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\nSec-WebSocket-Protocol: chat\r\nSec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover\r\n\r\n"
)

// conversation is a handshake, texts, a compressed message, a fragmented one with a ping inside, a binary one, a frame
// that breaks rules, a close with a reason and the end of TCP.
func conversation() []record.Record {
	masked := func(r record.Record) record.Record {
		r.Header.Masked, r.Header.Key = true, [4]byte{0x37, 0xfa, 0x21, 0x3d}
		r.Header.Size += 4
		return r
	}
	compressed := text(record.In, strings.Repeat("x", 500))
	compressed.Header.Rsv, compressed.Header.Length, compressed.Wire = frame.RSV1, 8, 8
	compressed.Compressed, compressed.Body = true, compressed.Payload
	compressed.Payload = []byte("\x4a\xad\x18\x05\xa3\x60\x14\x00")
	first := text(record.In, "fr1-")
	first.Header.Fin, first.Final, first.Message = false, false, 3
	last := data(record.In, frame.Continuation, []byte("fr2"))
	last.Frames, last.Wire, last.Inflated, last.Message, last.Body = 2, 7, 7, 3, []byte("fr1-fr2")
	wrong := text(record.Out, "no mask")
	wrong.Violations = frame.UnmaskedClient
	out := []record.Record{
		{Kind: record.KindRequest, Head: []byte(request), Name: "/ws/demo", Remote: "127.0.0.1:50000"},
		{Kind: record.KindResponse, Head: []byte(response)},
		masked(text(record.Out, "Hello")),
		text(record.In, `{"type":"trade","p":12.5,"tags":["a","b"]}`),
		compressed,
		first,
		control(record.In, frame.Ping, "beat"),
		masked(control(record.Out, frame.Pong, "beat")),
		last,
		data(record.In, frame.Binary, []byte{0xde, 0xad, 0xbe, 0xef}),
		wrong,
		control(record.In, frame.Close, "\x0f\xa1b\xc3\xa4"),
		{Kind: record.KindClose, By: record.SideServer, Code: 4001, Reason: "bä"},
		{Kind: record.KindEnd, By: record.SideServer, Reason: "connection reset"},
	}
	for i := range out {
		out[i].Conn = 1
		out[i].Time = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC).UnixNano() + int64(i*i)*1e6
	}
	return out
}

func rowsText(m *Model) string {
	var b strings.Builder
	for i := range m.viewport.total() {
		r := m.grid.line(i)
		fmt.Fprintln(&b, strings.Join([]string{r.Seq, r.Time, r.Delta, r.Conn, r.Dir, r.Type, r.Flags, r.Length, r.Preview, r.Note, "(" + r.Look + ")"}, " | "))
	}
	return b.String()
}

func TestAConversationAsRows(t *testing.T) {
	m := New(Options{})
	feed(m, 1, conversation()...)
	for _, v := range []rows.View{rows.Messages, rows.Frames} {
		m.Update(SetView{v})
		settle(m)
		golden(t, v.String()+".txt", rowsText(m))
	}
}

func TestAConversationInNumbers(t *testing.T) {
	m := New(Options{})
	feed(m, 1, conversation()...)
	s := m.Status().Tally
	if s.Frames != [2]uint64{3, 7} || s.Messages != [2]uint64{2, 4} {
		t.Errorf("frames %v messages %v, want [3 7] and [2 4]", s.Frames, s.Messages)
	}
	if want := uint64(42 + 500 + 7 + 4 + 4 + 5); s.Bytes[record.In] != want {
		t.Errorf("received %d bytes, want %d", s.Bytes[record.In], want)
	}
	if want := uint64(42 + 8 + 4 + 4 + 3 + 4 + 5 + 7*2); s.Wire[record.In] != want {
		t.Errorf("received %d bytes on the wire, want %d", s.Wire[record.In], want)
	}
	list, _ := m.Conns()
	k := list[0]
	if k.State != Closed || k.Code != 4001 || k.Subprotocol != "chat" || !k.Deflate || k.Name != "/ws/demo" || k.Tally.Violations != 1 {
		t.Errorf("connection is %+v", k)
	}
}

func TestEveryDetailOfAConversation(t *testing.T) {
	m := New(Options{})
	feed(m, 1, conversation()...)
	m.Update(SetView{rows.Frames})
	settle(m)
	var b strings.Builder
	for i := range m.viewport.total() {
		for tab := range NumTabs {
			m.Update(Select{m.search.found.at(i)})
			m.Update(SetTab{tab})
			d := m.Detail()
			fmt.Fprintf(&b, "== %s | %s | %s\n", d.Title, d.Sub, d.Tab)
			for _, v := range d.Violations {
				fmt.Fprintf(&b, "! %s (%s)\n", v.Name, v.Section)
			}
			switch {
			case d.Message != nil:
				fmt.Fprintf(&b, "%+v\n", *d.Message)
			case d.Frame != nil:
				fmt.Fprintf(&b, "%+v\n", *d.Frame)
			case d.Hex != nil:
				fmt.Fprintf(&b, "%+v\n", *d.Hex)
			case d.Handshake != nil && i == 1:
				fmt.Fprintf(&b, "%+v\n", *d.Handshake)
			case d.Close != nil:
				fmt.Fprintf(&b, "%+v\n", *d.Close)
			case d.Decoded != nil:
				fmt.Fprintf(&b, "%+v\n", *d.Decoded)
			case d.Diff != nil:
				fmt.Fprintf(&b, "%+v\n", *d.Diff)
			}
		}
	}
	golden(t, "details.txt", b.String())
}

func TestASelectedRowStaysReadableWhenItIsEvicted(t *testing.T) {
	m := New(Options{Rows: 3})
	feed(m, 1, text(record.In, "keep me"))
	m.Update(Select{0})
	for i := range uint64(5) {
		feed(m, 2+i, text(record.In, "later"))
	}
	d := m.Detail()
	if !d.Gone || d.Message.Text != "keep me" {
		t.Errorf("gone %v, text %q; want the copy", d.Gone, d.Message.Text)
	}
}

func TestExportIsOneJSONLineForEachShownRow(t *testing.T) {
	m := New(Options{})
	feed(m, 1, conversation()...)
	m.Update(SetFilter{rows.Filter{Conn: 1, HideTypes: 1 << rows.TypeEvent}})
	settle(m)
	effects := m.Update(Export{})
	golden(t, "export.jsonl", string(effects[0].(Download).Data))
}

// An export right after a change gets the rows of the change, not those that a scan came to meanwhile.
func TestExportWaitsForNoScan(t *testing.T) {
	m := New(Options{})
	feed(m, 1, text(record.In, "a"), text(record.Out, "b"))
	m.Update(SetView{rows.Frames})
	if got := m.Update(Export{})[0].(Download).Data; strings.Count(string(got), "\n") != 2 {
		t.Errorf("exported %q, want two lines", got)
	}
}
