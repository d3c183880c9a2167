package model

import (
	"slices"
	"strings"
	"testing"

	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/internal/frame"
)

// drawn is a capture with what a ladder has to show: a handshake, two calls whose answers cross, a ping, a pause, and what a rule
// injected and dropped.
func drawn(t *testing.T) *Model {
	t.Helper()
	m := New(Options{})
	at := int64(1e9)
	next := func(ms int64, r record.Record) record.Record {
		at += ms * 1e6
		r.Time, r.Conn = at, 7
		return r
	}
	marked := func(r record.Record, marks record.Marks) record.Record {
		r.Marks = marks
		return r
	}
	feed(m, 1,
		next(0, record.Record{Kind: record.KindRequest, Head: []byte("GET /calls HTTP/1.1\r\nHost: h\r\n\r\n"), Name: "/calls", Remote: "127.0.0.1:5"}),
		next(1, record.Record{Kind: record.KindResponse, Head: []byte("HTTP/1.1 101 Switching Protocols\r\n\r\n")}),
		next(2, text(record.Out, `{"jsonrpc":"2.0","id":1,"method":"sum"}`)),
		next(3, text(record.Out, `{"jsonrpc":"2.0","id":2,"method":"list"}`)),
		next(4, control(record.In, frame.Ping, "beat")),
		next(5, text(record.In, `{"jsonrpc":"2.0","id":1,"result":3}`)),
		next(6, control(record.Out, frame.Pong, "beat")),
		next(1500, text(record.In, `{"jsonrpc":"2.0","id":2,"result":[]}`)),
		next(7, marked(text(record.Out, "lost"), record.Dropped)),
		next(8, marked(text(record.In, "made"), record.Injected)),
		next(9, data(record.Out, frame.Binary, []byte{1, 2, 3})),
		next(10, record.Record{Kind: record.KindClose, Code: 1000, By: record.SideClient, Clean: true}),
	)
	return m
}

// picture returns the window as a person sees it: pause, arrow, text and brackets.
func picture(m *Model) string {
	var out strings.Builder
	w := m.Window()
	for _, l := range w.Lines {
		var arrow, pause string
		for _, name := range strings.Fields(l.Look) {
			if rest, ok := strings.CutPrefix(name, "rung-"); ok {
				arrow = rest
			}
			if name == "pause" {
				pause = "…"
			}
		}
		out.WriteString(strings.TrimRight(strings.Join([]string{pause + l.Delta, arrow, l.Rung, l.Pairs}, " | "), " ") + "\n")
	}
	return out.String()
}

func TestTheLadder(t *testing.T) {
	m := drawn(t)
	m.Update(SetLayout{Ladder})
	golden(t, "ladder.txt", picture(m))
}

func TestTheConversation(t *testing.T) {
	m := drawn(t)
	other := text(record.In, "of another connection")
	other.Time, other.Conn = 9e9, 8
	feed(m, 13, other)
	m.Update(Select{ID: 3})
	m.Update(SetLayout{Conversation})
	settle(m)
	golden(t, "conversation.txt", picture(m))
	m.Update(SetLayout{List})
	if l := m.grid.line(0); l.Rung != "" || strings.Contains(l.Look, "rung-") {
		t.Errorf("as a list a line has %q and looks %q", l.Rung, l.Look)
	}
}

// TestBracketsStandBeside: each has a track of its own while others are open, also from above the window, and none where there is no room.
func TestBracketsStandBeside(t *testing.T) {
	list := []bracket{{0, 5}, {1, 2}, {1, 9}, {3, 4}, {3, 8}, {4, 9}, {5, 9}}
	want := []string{"│╯│", "│╮│╮", "│╯││", "╯╮││"}
	if got := tracks(list, 2, 6); !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

// TestALadderIsBounded: an answer far below its request is joined in the window of either, and a window looks at so many rows above it only.
func TestALadderIsBounded(t *testing.T) {
	m := New(Options{})
	feed(m, 1, text(record.Out, `{"jsonrpc":"2.0","id":1,"method":"sum"}`))
	for i := range uint64(2 * maxPairAbove) {
		feed(m, 2+i, text(record.In, "x"))
	}
	feed(m, 2+2*maxPairAbove, text(record.In, `{"jsonrpc":"2.0","id":1,"result":3}`))
	m.Update(SetLayout{Ladder})
	for first, want := range map[int]string{0: "╮", maxPairAbove: "│", maxPairAbove + 2: ""} {
		m.Update(Scroll{First: first})
		if got := m.Window().Lines[min(first, 1)].Pairs; first > 0 && got != want || first == 0 && m.Window().Lines[0].Pairs != want {
			t.Errorf("at row %d: %q, want %q", first, got, want)
		}
	}
}
