package server

import (
	"context"
	"testing"
	"time"

	"github.com/tetherscope/tetherscope/internal/frame"
	"github.com/tetherscope/tetherscope/scope"
	"github.com/tetherscope/tetherscope/scope/act"
)

// TestATeamCountsPings: what the README promises of the Go client: run, then ask what was said.
func TestATeamCountsPings(t *testing.T) {
	s := start(t, nil)
	api := scope.New("http://"+s.addr, s.Token())
	if list, err := api.Captured(t.Context(), ""); err != nil || len(list) != 0 {
		t.Fatalf("before anything: %v, %v", list, err)
	}
	c := s.open(t, "/ws/echo")
	for _, text := range []string{"one", "two"} {
		c.send(frame.Header{Fin: true, Opcode: frame.Ping}, text)
		_, _, _ = c.next()
	}
	c.send(frame.Header{Fin: true, Opcode: frame.Text}, `{"price":7}`)
	_, _, _ = c.next()
	pings, err := api.Captured(t.Context(), "op:ping dir:out")
	if err != nil || len(pings) != 2 || string(pings[1].Payload) != "two" || pings[1].To != act.ToServer || pings[1].Time.Before(pings[0].Time) {
		t.Errorf("pings: %+v, %v", pings, err)
	}
	answer, err := api.Captured(t.Context(), "dir:in $.price=7")
	if err != nil || len(answer) != 1 || string(answer[0].Message) != `{"price":7}` || answer[0].Op != "text" || answer[0].Masked || !answer[0].Final {
		t.Errorf("the answer: %+v, %v", answer, err)
	}
	if hello, err := api.Captured(t.Context(), "kind:request"); err != nil || len(hello) != 1 || hello[0].Name != "/ws/echo" || len(hello[0].Head) == 0 {
		t.Errorf("the handshake: %+v, %v", hello, err)
	}
	if _, err := api.Captured(t.Context(), "op:("); err == nil {
		t.Error("a query that cannot be read is taken")
	}
	if _, err := scope.New("http://"+s.addr, "wrong").Captured(t.Context(), ""); err == nil {
		t.Error("a wrong token is taken")
	}
}

// TestWatchSeesWhatComes: first what was, then what comes, until the watcher leaves; marks and violations are printed.
func TestWatchSeesWhatComes(t *testing.T) {
	s := start(t, nil)
	api := scope.New("http://"+s.addr, s.Token())
	c := s.open(t, "/ws/echo")
	c.send(frame.Header{Fin: true, Opcode: frame.Text}, "before")
	_, _, _ = c.next()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	var seen []string
	for e, err := range api.Watch(ctx, "dir:in kind:frame") {
		if err != nil {
			t.Fatal(err)
		}
		if seen = append(seen, string(e.Message)); len(seen) == 1 {
			text := "during"
			if _, err := api.Send(ctx, e.Conn, act.Message{To: act.ToClient, Text: &text}); err != nil {
				t.Fatal(err)
			}
			continue
		}
		if len(e.Marks) != 1 || e.Marks[0] != "injected" {
			t.Errorf("marks %q", e.Marks)
		}
		break
	}
	if len(seen) != 2 || seen[0] != "before" || seen[1] != "during" {
		t.Errorf("seen: %q", seen)
	}
	cancel()
	for e, err := range api.Watch(ctx, "") {
		t.Errorf("after the end: %+v, %v", e, err)
	}
}

// TestWatchReportsGaps: a small ring has dropped what came first, and a count that does not know it would be wrong.
func TestWatchReportsGaps(t *testing.T) {
	s := start(t, func(c *Config) { c.RingSize = 64 << 10 })
	api := scope.New("http://"+s.addr, s.Token())
	c := s.open(t, "/ws/echo")
	for range 40 {
		c.send(frame.Header{Fin: true, Opcode: frame.Binary}, string(make([]byte, 4<<10)))
		_, _, _ = c.next()
	}
	list, err := api.Captured(t.Context(), "op:binary")
	if err != nil || len(list) < 2 || list[0].Kind != scope.Gap || list[0].Missed == 0 || list[0].Missed+uint64(len(list)) < 80 {
		t.Errorf("%d events, %v; the first: %+v", len(list), err, list[:min(len(list), 1)])
	}
}
