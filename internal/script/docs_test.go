package script

import (
	"os"
	"strings"
	"testing"

	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/internal/rewrite"
)

// TestTheDocument proves that the scripts of docs/script.md do what stands there.
func TestTheDocument(t *testing.T) {
	page, err := os.ReadFile("../../docs/script.md")
	if err != nil {
		t.Fatal(err)
	}
	var blocks []string
	for i, part := range strings.Split(string(page), "```") {
		if source, ok := strings.CutPrefix(part, "starlark\n"); ok && i%2 == 1 {
			blocks = append(blocks, source)
		}
	}
	if len(blocks) != 2 {
		t.Fatalf("%d scripts in the document", len(blocks))
	}
	double, second := opened(t, blocks[0], nil), opened(t, blocks[1], nil)
	for _, c := range []struct {
		s        *Script
		in, want string
	}{
		{double, `{"type":"trade","price":21}`, `text {"price":42,"type":"trade"}`},
		{double, `{"type":"quote"}`, "pass"},
		{double, "no JSON", "pass"},
		{second, "ping", "answer pong"},
		{second, "debug: x", "drop"},
		{second, "x", "pass"},
	} {
		m := text(c.in)
		if c.s == second {
			m.Dir = record.Out
		}
		if got := said(c.s.Message(m)); got != c.want {
			t.Errorf("%s: %s, want %s", c.in, got, c.want)
		}
	}
	m := text("")
	m.Message = rewrite.Message{Payload: []byte("12345678")}
	if got := said(second.Message(m)); got != "binary 1234, binary 5678" {
		t.Errorf("binary: %s", got)
	}
	last, out := "", text("x")
	out.Dir = record.Out
	for range 101 {
		last = said(second.Message(out))
	}
	if last != "close too many messages" {
		t.Errorf("message 101: %s", last)
	}
}
