package controller

import (
	"strings"
	"testing"

	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/panel/model"
)

// TestADialledConnectionIsChosen: the composer sends into the connection that it opened as soon as the tap reports it, which may be after
// the page knows that it is open. A choice of the user's in between holds, and so does one after a connection that failed.
func TestADialledConnectionIsChosen(t *testing.T) {
	c, _, client := newTest()
	client.answers["POST /api/dial"] = `{"id":"","path":""}` // it is this server's
	c.SetControl(client)
	opened := func(conn uint32) {
		seq := uint64(2*conn - 1)
		b := record.AppendBatch(nil, record.Batch{First: seq, Count: 2})
		for _, r := range []record.Record{
			{Kind: record.KindRequest, Conn: conn, Name: "/ws/echo", Head: []byte("GET /ws/echo HTTP/1.1\r\n\r\n")},
			{Kind: record.KindResponse, Conn: conn, Dir: record.In, Head: []byte("HTTP/1.1 101 Switching Protocols\r\n\r\n")},
		} {
			b = record.AppendRecord(b, &r)
		}
		c.Send(model.Batch{Bytes: b})
	}
	chosen := func(want uint32, when string) {
		t.Helper()
		if s := c.Snapshot().Composer; s.Form.Conn != want {
			t.Errorf("%s: connection %d is chosen, want %d", when, s.Form.Conn, want)
		}
	}
	c.Do(ToggleComposer{})
	opened(1)
	chosen(1, "the only one")
	c.Do(SetComposer{"url", "ws://h/ws/echo"})
	c.Do(DialConn{})
	chosen(1, "while it is being opened")
	client.dialled("open", false)
	chosen(1, "open, and not reported yet")
	opened(2)
	chosen(2, "reported")
	opened(3)
	chosen(2, "another one comes")
	c.Do(DialConn{})
	c.Do(ChooseTarget{1})
	client.dialled("open", false)
	opened(4)
	chosen(1, "chosen in between")
	c.Do(DialConn{})
	client.dialled("refused", true)
	opened(5)
	chosen(1, "after one that failed")
}

// TestTheServerDials: a URL is asked for at the server with what was written, opened where the server says, and a failure is explained by the server;
// a path is opened by the page. What is remembered fills the boxes again.
func TestTheServerDials(t *testing.T) {
	c, page, client := newTest()
	client.answers["POST /api/dial"] = `{"id":"I","path":"/ws/dial/I/wss/h/x"}`
	client.answers["GET /api/dial/I"] = `{"problem":"no certificate: give CA"}`
	c.SetControl(client)
	c.Do(ToggleComposer{})
	last := func(want string) {
		t.Helper()
		if got := client.calls[len(client.calls)-1]; got != want {
			t.Errorf("the last call is %q, want %q", got, want)
		}
	}
	for field, text := range map[string]string{"url": " wss://h/x ", "protocols": "a, b", "header": "X: 1\n\n Y: 2 \n", "ca": " PEM "} {
		c.Do(SetComposer{field, text})
	}
	c.Do(SaveDial{})
	c.Do(ToggleInsecure{})
	c.Do(DialConn{})
	last("dial /ws/dial/I/wss/h/x a,b")
	if got, want := client.calls[len(client.calls)-2], `POST /api/dial {"url":"wss://h/x","header":["X: 1","Y: 2"],"insecure":true,"ca":"PEM"}`; got != want {
		t.Errorf("asked %s, want %s", got, want)
	}
	client.dialled("open", false)
	if s := c.Snapshot().Composer; len(s.Dialled) != 1 || s.Dialled[0].State != "open" {
		t.Errorf("open: %+v", s.Dialled)
	}
	client.dialled("cannot connect", true)
	if s := c.Snapshot().Composer; !s.Failed || s.Result != "Connection to wss://h/x: not connected: no certificate: give CA" || len(s.Dialled) != 0 {
		t.Errorf("failed: %q %+v", s.Result, s.Dialled)
	}
	c.Do(SetComposer{"url", "/ws/echo"})
	c.Do(DialConn{})
	last("GET /api/dial/I")
	if s := c.Snapshot().Composer; !strings.Contains(s.Result, "fields and certificates are for URLs") {
		t.Errorf("a path with fields: %q", s.Result)
	}
	c.Do(ToggleInsecure{})
	for _, field := range []string{"header", "ca"} {
		c.Do(SetComposer{field, ""})
	}
	c.Do(DialConn{})
	last("dial /ws/echo a,b")
	c.Do(LoadDial{0})
	if client.values["compose-url"] != "wss://h/x" || client.values["compose-ca"] != " PEM " || c.Snapshot().Composer.To.Insecure {
		t.Errorf("remembered: %v", client.values)
	}
	c.Do(DeleteDial{0})
	if kept := page.asked[len(page.asked)-1]; kept != "remember dials []" || len(c.Snapshot().Composer.Dials) != 0 {
		t.Errorf("after it was removed: %q", kept)
	}
	c.Do(SetComposer{"url", ""})
	c.Do(SaveDial{})
	if s := c.Snapshot().Composer; s.Result != "write a URL to remember" {
		t.Errorf("without a URL: %q", s.Result)
	}
}
