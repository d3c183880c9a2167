package model

import (
	"bytes"
	"strings"
	"testing"

	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/panel/model/rows"
	"github.com/tetherscope/tetherscope/scope/act"
)

// server answers the pages that m asks for, at most n bytes each, from what it keeps of each record, until m asks for none.
func server(t *testing.T, m *Model, n int, kept map[uint64][2][]byte) (asked int) {
	t.Helper()
	for {
		want, ok := m.NextPage()
		if !ok {
			return asked
		}
		if asked++; asked > 1000 {
			t.Fatal("it asks without end")
		}
		if _, again := m.NextPage(); again {
			t.Fatal("it asks for a second page while one is on its way")
		}
		all, there := kept[want.Seq]
		if !there {
			m.Update(Page{Seq: want.Seq, Problem: "discarded"})
			continue
		}
		whole := all[0]
		if want.Part == act.PartMessage {
			whole = all[1]
		}
		m.Update(Page{Seq: want.Seq, Page: act.Page{From: want.From, Size: len(whole), Bytes: whole[want.From:min(want.From+n, len(whole))]}})
		settle(m)
	}
}

// TestTheRestOfAPayloadIsFetched proves that the rest of a payload that the feed cut is fetched when its row is selected and when the
// filter looks into payloads, page by page, and that copy, filter and detail work on the whole then.
func TestTheRestOfAPayloadIsFetched(t *testing.T) {
	payload, body := bytes.Repeat([]byte("p"), 5000), append(bytes.Repeat([]byte("b"), 6000), "needle"...)
	kept := map[uint64][2][]byte{2: {payload, body}, 3: {body, nil}}
	both, one := text(record.In, "ppp"), text(record.In, "bbb")
	both.Body, both.Compressed, both.Header.Length, both.Wire, both.Inflated = []byte("bb"), true, 5000, 5000, 6006
	both.KeptPayload, both.KeptBody = 5000, 6006
	one.Header.Length, one.Wire, one.Inflated, one.KeptPayload = 6006, 6006, 6006, 6006
	gone := one
	m := New(Options{})
	m.Update(Resize{10})
	feed(m, 1, text(record.In, "short"), both, one, gone)
	if n := server(t, m, 1000, kept); n != 0 {
		t.Fatalf("%d pages are fetched before anything asks for them", n)
	}
	if got := m.Window().Lines[1].Note; !strings.HasPrefix(got, "loaded: 2 bytes of") {
		t.Errorf("the grid notes %q", got)
	}
	m.Update(Select{1})
	if n := server(t, m, 1000, kept); n != 5+7 {
		t.Errorf("%d pages of the selected row", n)
	}
	if got := m.Update(CopyAs{FormPlain})[0].(PutClipboard); got.Text != string(body) || got.Note != "" {
		t.Errorf("copied %d bytes, %q", len(got.Text), got.Note)
	}
	if d := m.Detail(); d.Message == nil || d.Message.Cut != "" {
		t.Errorf("the detail says %+v", d.Message)
	}
	m.Update(SetFilter{rows.Filter{Text: "needle"}})
	settle(m)
	if n := server(t, m, 1000, kept); n != 7+1 { // the last record is not kept any more
		t.Errorf("%d pages for the filter", n)
	}
	if got := m.viewport.total(); got != 2 {
		t.Errorf("the filter shows %d rows", got)
	}
	m.Update(SetFilter{rows.Filter{Text: "cut"}})
	settle(m)
	if got := m.viewport.total(); got != 1 {
		t.Errorf("%d rows are cut", got)
	}
	for id := range m.store.End() {
		m.Update(Select{id})
		everything(m)
	}
}

// TestFetchedPayloadsStayWithinTheMemory proves that fetched payloads take no more than the limit: those fetched first have only their
// beginnings again, which is said, and can be fetched again; evicted rows take theirs with them.
func TestFetchedPayloadsStayWithinTheMemory(t *testing.T) {
	big := bytes.Repeat([]byte("x"), 2<<20)
	kept := map[uint64][2][]byte{}
	m := New(Options{Rows: 1 << 15, Bytes: 4 << 20})
	m.Update(Resize{10})
	for seq := uint64(1); seq <= 5; seq++ {
		r := text(record.In, "xx")
		r.Header.Length, r.Wire, r.Inflated, r.KeptPayload = 2<<20, 2<<20, 2<<20, 2<<20
		kept[seq] = [2][]byte{big, nil}
		feed(m, seq, r)
		m.Update(Select{seq - 1})
		server(t, m, 1<<20, kept)
	}
	var whole []int
	for id := range m.store.End() {
		whole = append(whole, len(m.store.Row(id).Payload()))
	}
	if got := whole; got[0] != 2 || got[1] != 2 || got[2] != 2 || got[3] != 2<<20 || got[4] != 2<<20 {
		t.Errorf("kept %v", got)
	}
	m.Update(Select{0})
	if server(t, m, 1<<20, kept); len(m.store.Row(0).Payload()) != 2<<20 {
		t.Error("what was dropped cannot be fetched again")
	}
	for seq := uint64(6); seq < 1<<16; seq++ {
		m.intake.add(&record.Record{Seq: seq, Kind: record.KindNote, Conn: 1, Reason: "x"})
	}
	if room := m.store.WholeRoom(); room != 4<<20 {
		t.Errorf("%d bytes of room when all those rows are evicted", room)
	}
	m.forget()
	if len(m.paging.held)+len(m.paging.order) != 0 {
		t.Errorf("%d and %d are noted of evicted rows", len(m.paging.held), len(m.paging.order))
	}
}
