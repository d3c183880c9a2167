package controller

import (
	"testing"

	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/panel/model"
)

// TestADialledConnectionIsChosen: the composer sends into the connection that it opened as soon as the tap reports it, which may be after
// the page knows that it is open. A choice of the user's in between holds, and so does one after a connection that failed.
func TestADialledConnectionIsChosen(t *testing.T) {
	c, _, client := newTest()
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
