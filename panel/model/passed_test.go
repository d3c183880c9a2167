package model

import (
	"strings"
	"testing"
	"time"

	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/internal/frame"
	"github.com/tetherscope/tetherscope/panel/model/rows"
)

// These tests prove that what a proxy reports of its two legs is shown where one looks for it, that a filter finds frames by it
// although it comes after them, and that it stands in a file of the panel.

// proxied is a connection through a proxy: a ping and its pong, a text that stood for 20 ms and one of which nothing was reported.
func proxied() []record.Record {
	at := func(r record.Record, offset uint64, ms int64) record.Record {
		r.Offset, r.Time = offset, 1e9+ms*1e6
		return r
	}
	return []record.Record{
		{Time: 1e9, Conn: 1, Kind: record.KindRequest, Name: "api", Head: []byte("GET / HTTP/1.1\r\n\r\n"), Waited: 2 * time.Millisecond},
		{
			Time: 1e9 + 9e6, Conn: 1, Kind: record.KindResponse, Dir: record.In, Head: []byte("HTTP/1.1 101 Switching Protocols\r\n\r\n"),
			Reached: record.Reached{Address: "192.0.2.1:443", Lookup: time.Millisecond, Connect: 2 * time.Millisecond, TLS: 3 * time.Millisecond, Response: 4 * time.Millisecond},
		},
		at(control(record.Out, frame.Ping, "x"), 0, 10), // 3 bytes
		at(control(record.In, frame.Pong, "x"), 0, 15),
		at(text(record.In, "slow"), 3, 16), // 6 bytes
		at(text(record.In, "last"), 9, 17),
	}
}

func transits(passages ...record.Transit) record.Record {
	return record.Record{Time: 2e9, Conn: 1, Kind: record.KindTransit, Dir: record.In, Transits: passages}
}

func TestTheLegsOfAProxy(t *testing.T) {
	m := New(Options{})
	feed(m, 1, proxied()...)
	m.Update(Inspect{Conn: 1})
	got := ""
	for _, f := range m.Detail().Handshake.Legs {
		got += f.Name + ": " + f.Value + "\n"
	}
	want := "Client leg: 2.00 ms\nResponse time: 9.00 ms\nUpstream leg: 192.0.2.1:443\nName lookup: 1.00 ms\nTCP connect: 2.00 ms\nTLS handshake: 3.00 ms\nTarget response time: 4.00 ms\n"
	if got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
	m.Update(Select{ID: 3})
	if got := m.Detail().Pair.Label; got != "answers #3 after 5.00 ms on the upstream leg" {
		t.Error(got)
	}
	m.Update(SetFilter{rows.Filter{Conn: 1}})
	if got := m.Statistics().RTTs; len(got) != 1 || got[0].Label != "pings sent on the upstream leg" {
		t.Error(got)
	}
	m.Update(SetFilter{rows.Filter{Text: "answer>3ms"}})
	settle(m)
	if got := m.Window().Total; got != 1 {
		t.Error(got, "answers of the target took more than 3 ms")
	}
}

// TestAFilterFindsWhatStoodLong: also when it is reported after the rows were asked, in one view and the other, with context or
// without; and a record of it is no row and no gap.
func TestAFilterFindsWhatStoodLong(t *testing.T) {
	for query, want := range map[string]string{"stood>10ms": "slow", "stood": "slow", "stood>1s": "", "near:1 stood>10ms": "x slow last"} {
		m := New(Options{})
		m.Update(SetFilter{rows.Filter{Text: query}})
		feed(m, 1, proxied()...)
		feed(m, 7, transits(record.Transit{From: 0, To: 3, Delay: 0}, record.Transit{From: 3, To: 9, Delay: 20 * time.Millisecond}))
		feed(m, 8, text(record.In, "behind"))
		got := strings.Join(shown(m), " ")
		if query == "stood" {
			got = strings.TrimPrefix(got, "x ") // the pong stood, however shortly
		}
		if got != want {
			t.Errorf("%s shows %q", query, got)
		}
	}
}

func TestWhatADetailSaysOfTheProxy(t *testing.T) {
	m := New(Options{})
	feed(m, 1, proxied()...)
	feed(m, 7, transits(record.Transit{From: 0, To: 9, Delay: 20 * time.Millisecond}))
	m.Update(SetTab{TabFrame})
	fact := func(id uint64) string {
		m.Update(Select{ID: id})
		facts := m.Detail().Frame.Facts
		return facts[len(facts)-1].Name + ": " + facts[len(facts)-1].Value
	}
	if got := fact(4); got != "Proxy delay: 20.0 ms" {
		t.Error(got)
	}
	if got := fact(5); got != "Proxy delay: not known" {
		t.Error(got)
	}
	m.Update(Resize{Rows: 10})
	if note := m.Window().Lines[4].Note; note != "proxy delay 20.0 ms" {
		t.Error(note)
	}
}

// TestAFileKeepsTheTimesOfTheLegs: what the panel writes is read to the same times.
func TestAFileKeepsTheTimesOfTheLegs(t *testing.T) {
	m := New(Options{})
	feed(m, 1, proxied()...)
	feed(m, 7, transits(record.Transit{From: 3, To: 9, Delay: 20 * time.Millisecond}))
	again := New(Options{})
	var kept []record.Record
	if err := m.Records(func(r *record.Record) error { kept = append(kept, r.Clone()); return nil }); err != nil {
		t.Fatal(err)
	}
	feed(again, 1, kept...)
	row := again.store.Row(4)
	if row.ProxyDelay() != 20e6 || again.conns.byID[1].reached != proxied()[1].Reached || again.conns.byID[1].waited != 2*time.Millisecond {
		t.Errorf("stood %d, reached %+v", row.ProxyDelay(), again.conns.byID[1].reached)
	}
}
