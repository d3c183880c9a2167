package model

import (
	"strings"
	"testing"

	"github.com/tetherscope/tetherscope/internal/capture/record"
)

// TestPagesThatAreLeft proves that the sockets of a page that is gone are closed, those of others are not, that a batch which came on
// two ways counts once, and that no time since the row before is below zero.
func TestPagesThatAreLeft(t *testing.T) {
	m := New(Options{})
	m.Update(Resize{20})
	request := record.Record{Kind: record.KindRequest, Conn: 1, Name: "ws://a/", Time: 5e9}
	open := record.Record{Kind: record.KindNote, Conn: 1, Name: "open", Reason: "no subprotocol", Time: 5e9}
	late := text(record.In, "sent before")
	late.Time = 4e9
	for _, page := range []string{"a", "b"} {
		tell(m, page, batchOf(1, request, open))
		tell(m, page, batchOf(3, late))
		tell(m, page, batchOf(3, late)) // through another frame
		tell(m, page, batchOf(1, request, open))
	}
	if n := len(shown(m)); n != 6 {
		t.Errorf("%d rows of 6: %q", n, shown(m))
	}
	for _, l := range m.Window().Lines {
		if strings.ContainsAny(l.Delta, "-−") {
			t.Errorf("%s since the row before", l.Delta)
		}
	}
	m.Update(PageGone{"a"})
	m.Update(PageGone{"a"})
	m.Update(PageGone{"unknown"})
	settle(m)
	list, _ := m.Conns()
	if len(list) != 2 || list[1].State != Closed || list[0].State != Open {
		t.Errorf("%+v", list)
	}
	if got := shown(m); len(got) != 7 || got[6] != "the page was left" {
		t.Errorf("rows: %q", got)
	}
	everything(m)
}
