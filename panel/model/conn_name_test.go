package model

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/panel/model/rows"
	"github.com/tetherscope/tetherscope/scope/act"
)

// named gives m three connections: of an endpoint of our own, through a target, and of a page.
func named(m *Model) {
	one, two, three := text(record.In, "a"), text(record.In, "b"), text(record.In, "c")
	one.Conn, two.Conn, three.Conn = 1, 2, 3
	feed(m, 1,
		record.Record{Time: 1, Conn: 1, Kind: record.KindRequest, Name: "/ws/echo", Remote: "r", Head: []byte("GET /ws/echo?room=7 HTTP/1.1\r\n\r\n")},
		record.Record{Time: 2, Conn: 2, Kind: record.KindRequest, Name: "api", Remote: "r", Head: []byte("GET /v1/prices?x=1 HTTP/1.1\r\n\r\n")},
		record.Record{Time: 3, Conn: 3, Kind: record.KindRequest, Name: "wss://a.example/v2?y", Source: record.SourcePage}, one, two, three)
}

// TestALongNameKeepsItsEnd proves that the list shows beginning and end of a name, in which the names of one server differ, and that
// characters stay whole.
func TestALongNameKeepsItsEnd(t *testing.T) {
	m := New(Options{})
	same := "/ws/demo?subscribe=" + strings.Repeat("☃", 40) + "&room="
	feed(m, 1,
		record.Record{Time: 1, Conn: 1, Kind: record.KindRequest, Head: []byte("GET " + same + "1 HTTP/1.1\r\n\r\n")},
		record.Record{Time: 2, Conn: 2, Kind: record.KindRequest, Head: []byte("GET " + same + "2 HTTP/1.1\r\n\r\n")},
		record.Record{Time: 3, Conn: 3, Kind: record.KindRequest, Head: []byte("GET /short HTTP/1.1\r\n\r\n")})
	list, _ := m.Conns()
	want := map[uint32]string{1: "/ws/demo?subscribe=☃…☃☃☃☃☃☃☃☃☃☃☃☃&room=1", 2: "/ws/demo?subscribe=☃…☃☃☃☃☃☃☃☃☃☃☃☃&room=2", 3: "/short"}
	for i := range list {
		if got := list[i].Listed(); got != want[list[i].ID] || utf8.RuneCountInString(got) > maxListed {
			t.Errorf("connection %d is listed as %q", list[i].ID, got)
		}
	}
}

// TestAConnectionIsCalledByItsURL proves that path and query name a connection in list, grid and intercept list, and that a
// filter by path finds it by them and by the other names that it has.
func TestAConnectionIsCalledByItsURL(t *testing.T) {
	m := New(Options{})
	named(m)
	want := map[uint32]string{1: "/ws/echo?room=7", 2: "/v1/prices?x=1 (api)", 3: "/v2?y (wss://a.example)"}
	list, _ := m.Conns()
	for i := range list {
		if got := list[i].FullName(); got != want[list[i].ID] {
			t.Errorf("connection %d is called %q", list[i].ID, got)
		}
	}
	m.Update(Resize{50})
	lines := m.Window().Lines
	if got := lines[len(lines)-2].Path; got != want[2] {
		t.Errorf("the grid shows %q", got)
	}
	if got := m.InterceptedRows([]act.InterceptedFrame{{Conn: 2, Bytes: []byte{0x81, 0}}}); got[0].Path != want[2] {
		t.Errorf("the intercept list shows %q", got[0].Path)
	}
	for query, n := range map[string]int{
		"path:room=7": 2, "path:api": 2, "path=api": 2, "path=/v1/prices?x=1": 2, "path~/^.v/": 4, "path:a.example": 2,
		"path=wss://a.example/v2?y": 2, "path!=api": 4, "path~/1$/": 2, "path:nowhere": 0,
	} {
		m.Update(SetFilter{rows.Filter{Text: query}})
		settle(m)
		if got := m.viewport.total(); got != n {
			t.Errorf("%s shows %d rows, want %d", query, got, n)
		}
	}
}
