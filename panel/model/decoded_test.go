// These tests prove that answers find their requests with the time between, that decoders are guessed, shown as guesses
// and switched for a connection, and that what is counted of messages is right and bounded.
package model

import (
	"fmt"
	"slices"
	"testing"

	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/panel/model/rows"
)

func later(r record.Record, ms int64) record.Record { r.Time += ms * 1e6; return r }

func rpc() *Model {
	m := New(Options{})
	feed(m, 1,
		text(record.Out, `{"jsonrpc":"2.0","id":1,"method":"add"}`),
		later(text(record.Out, `{"jsonrpc":"2.0","id":2,"method":"add"}`), 1),
		later(text(record.In, `{"jsonrpc":"2.0","id":2,"result":4}`), 5),
		later(text(record.In, `{"jsonrpc":"2.0","id":9,"result":4}`), 6),
		later(text(record.In, `{"jsonrpc":"2.0","id":1,"error":{"code":-1,"message":"no"}}`), 9))
	return m
}

func TestAnswersFindTheirRequests(t *testing.T) {
	m := rpc()
	var got []int64
	for id := range uint64(5) {
		got = append(got, m.store.Row(id).ResponseTime())
	}
	if want := []int64{0, 0, 4e6, 0, 9e6}; !slices.Equal(got, want) {
		t.Errorf("response times %v, want %v", got, want)
	}
	m.Update(Select{0})
	if d := m.Detail(); d.Pair == nil || d.Pair.Label != "answered by #5 after 9.00 ms" {
		t.Errorf("pair %+v", d.Pair)
	}
	m.Update(GoPair{})
	if m.Selected() != 4 || m.Detail().Pair.Label != "answers #1 after 9.00 ms" {
		t.Errorf("row %d, %+v", m.Selected(), m.Detail().Pair)
	}
	m.Update(SetFilter{rows.Filter{Text: "latency>5ms"}})
	settle(m)
	if got := seqs(m, &m.search.found); !slices.Equal(got, []uint64{5}) {
		t.Errorf("latency>5ms shows %v", got)
	}
}

func TestADecoderIsAGuessUntilItIsChosen(t *testing.T) {
	m := rpc()
	m.Update(Select{0})
	m.Update(SetTab{TabDecoded})
	d := m.Detail().Decoded
	if d.Decoder != "JSON-RPC" || d.Sure != "sure" || d.Summary != "call add id=1" || d.Options[0] != "JSON-RPC" || len(d.Lines) == 0 {
		t.Errorf("%+v", d)
	}
	m.Update(SetDecoder{"JSON"})
	if d := m.Detail().Decoded; d.Decoder != "JSON" || d.Sure != "chosen" || d.Chosen != "JSON" {
		t.Errorf("chosen: %+v", d)
	}
	settle(m)
	if got := m.grid.line(1).Decoded; got == "call add id=2" || got == "" {
		t.Errorf("the grid still says %q", got)
	}
	m.Update(SetDecoder{"no such decoder"})
	m.Update(SetDecoder{""})
	if d := m.Detail().Decoded; d.Chosen != "" || d.Decoder != "JSON-RPC" {
		t.Errorf("guessed again: %+v", d)
	}
}

func TestKindsAreCountedByShape(t *testing.T) {
	m := rpc()
	var got []string
	for _, k := range m.counts.stats.top() {
		got = append(got, fmt.Sprintf("%d %s %s %s", k.Count, k.Dir, k.Decoder, k.Shape))
	}
	want := []string{
		"2 out JSON-RPC call add id=#", "2 in JSON-RPC result id=#", "1 in JSON-RPC error id=# -# message=no",
	}
	if !slices.Equal(got, want) {
		t.Errorf("kinds %q, want %q", got, want)
	}
	for seq := uint64(6); seq < 6+2*maxKinds; seq++ {
		feed(m, seq, text(record.In, fmt.Sprintf(`{"type":"%c%c"}`, 'a'+seq%26, 'a'+seq/26)))
	}
	if len(m.counts.stats.kinds) > maxKinds || m.counts.stats.other == 0 {
		t.Errorf("%d kinds, %d others", len(m.counts.stats.kinds), m.counts.stats.other)
	}
}

func TestOpenRequestsAreBounded(t *testing.T) {
	m := New(Options{})
	for seq := uint64(1); seq <= 3*maxPending; seq++ {
		feed(m, seq, text(record.Out, fmt.Sprintf(`{"jsonrpc":"2.0","id":%d,"method":"add"}`, seq)))
	}
	if a := m.conns.byID[1].pending[0][record.Out]; len(a.of) > maxPending || len(a.order) > maxPending {
		t.Errorf("%d open requests", len(a.of))
	}
}
