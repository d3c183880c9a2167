package model

import (
	"fmt"
	"testing"

	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/panel/model/rows"
)

// crowd gives m n connections of two programs to two hosts, and one of which neither is known.
func crowd(m *Model, n uint32) {
	var list []record.Record
	for i := range n {
		list = append(list, record.Record{
			Time: int64(i + 1), Conn: i + 1, Kind: record.KindRequest, Name: "x", Remote: "r",
			Head:    fmt.Appendf(nil, "GET /v%d HTTP/1.1\r\nHost: h%d.example\r\n\r\n", i, i/2%2),
			Program: record.Program{PID: 10 + i%2, Name: []string{"curl", "node"}[i%2]},
		})
	}
	list = append(list, record.Record{Time: int64(n + 1), Conn: n + 1, Kind: record.KindRequest, Name: "odd", Remote: "r"})
	feed(m, 1, list...)
}

// TestConnectionsAreGrouped: by program and host, the newest first, with a query that finds a group's rows, and a search.
func TestConnectionsAreGrouped(t *testing.T) {
	m := New(Options{})
	crowd(m, 16)
	groups, all := m.ConnGroups("")
	if all != 17 || len(groups) != 5 {
		t.Fatalf("%d connections in %d groups", all, len(groups))
	}
	want := []string{"unknown program → unknown host", "node (11) → h1.example", "curl (10) → h1.example", "node (11) → h0.example", "curl (10) → h0.example"}
	for i, g := range groups {
		if g.Title() != want[i] || (g.Query == "") != (i == 0) || i > 0 && len(g.Conns) != 4 {
			t.Errorf("group %d is %s with %d connections and %q, want %s", i, g.Title(), len(g.Conns), g.Query, want[i])
		}
	}
	if q := groups[1].Query; q != `app=11 host="h1.example"` {
		t.Errorf("its rows are found by %s", q)
	}
	m.Update(SetFilter{Filter: rows.Filter{Text: groups[1].Hidden()}})
	settle(m)
	if got := m.viewport.total(); got != 17-4 {
		t.Errorf("hidden, %d rows are left, want %d", got, 17-4)
	}
	for search, want := range map[string]int{"curl": 8, "h1.exa": 8, "/v3": 1, "nothing": 0} {
		found := 0
		groups, _ := m.ConnGroups(search)
		for _, g := range groups {
			found += len(g.Conns) + g.More
		}
		if found != want {
			t.Errorf("%q finds %d connections, want %d", search, found, want)
		}
	}
}

// TestAGroupListsSomeOfItsConnections: the rest is counted.
func TestAGroupListsSomeOfItsConnections(t *testing.T) {
	m := New(Options{})
	crowd(m, 900)
	groups, all := m.ConnGroups("")
	listed, more := 0, 0
	for _, g := range groups {
		listed, more = listed+len(g.Conns), more+g.More
	}
	if all != 901 || listed+more != all || listed > MaxListed {
		t.Errorf("%d listed and %d more of %d", listed, more, all)
	}
}
