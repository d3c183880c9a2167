package server

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/tetherscope/tetherscope/internal/capture/feed"
	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/internal/frame"
	"github.com/tetherscope/tetherscope/scope"
	"github.com/tetherscope/tetherscope/scope/act"
)

// TestWholePayloads proves that how much of a payload is kept is changed while connections are open, that a feed that asks for it
// gets long payloads cut with their kept length, and that the control API gives the rest, page by page.
func TestWholePayloads(t *testing.T) {
	s := start(t, func(c *Config) { c.MaxMessage, c.RingSize = 8<<20, 64<<20 })
	api := scope.New("http://"+s.addr, s.Token())
	c := s.open(t, "/ws/echo")
	text := make([]byte, 3<<20)
	for i := range text {
		text[i] = 'a' + byte(rand.IntN(26))
	}
	sent := func(n int) {
		c.send(frame.Header{Fin: true, Opcode: frame.Text}, string(text[:n]))
		c.want(frame.Text, string(text[:n]))
	}
	set := func(n int) {
		if err := api.SetSnap(t.Context(), n); err != nil {
			t.Fatal(err)
		}
	}
	sent(2 << 20)
	set(4 << 20)
	sent(3 << 20)
	set(act.MinSnap)
	sent(5000)
	_ = c.Close()

	f := s.open(t, "/api/tap?cut=65536", "Sec-WebSocket-Protocol: "+feed.Protocol+", token."+s.Token(), "Origin: http://"+s.addr)
	var got []string
	var whole uint64
	f.batches(func(_ record.Batch, r *record.Record) bool {
		if r.Kind == record.KindFrame && r.Dir == record.Out && r.Header.Opcode == frame.Text {
			got = append(got, fmt.Sprint(r.Header.Length, len(r.Payload), r.KeptPayload))
			if r.KeptPayload == 3<<20 {
				whole = r.Seq
			}
		}
		return r.Kind != record.KindEnd
	})
	if want := "[2097152 65536 1048576 3145728 65536 3145728 5000 1024 0]"; fmt.Sprint(got) != want {
		t.Errorf("length, here and kept: %v, want %s", got, want)
	}
	for _, part := range []string{act.PartPayload, act.PartMessage} {
		if all, err := api.Kept(t.Context(), whole, part); err != nil || string(all) != string(text) {
			t.Errorf("the %s has %d bytes, %v", part, len(all), err)
		}
	}
	if snap, err := api.Snap(t.Context()); err != nil || snap != (act.Snap{Bytes: act.MinSnap, Max: 32 << 20}) {
		t.Errorf("%+v, %v", snap, err)
	}
}

// TestWrongSnaps proves that what cannot be kept is refused with the bounds, and that records that are not there are said to be.
func TestWrongSnaps(t *testing.T) {
	s := start(t, func(c *Config) { c.RingSize = 64 << 20 })
	api := scope.New("http://"+s.addr, s.Token())
	for _, n := range []int{-1, 0, 1023, 32<<20 + 1} {
		if err := api.SetSnap(t.Context(), n); err == nil || !strings.Contains(err.Error(), "is not between 1024 and 33554432 bytes") {
			t.Errorf("%d: %v", n, err)
		}
	}
	if _, err := api.Kept(t.Context(), 1<<60, act.PartPayload); err == nil || !strings.Contains(err.Error(), "does not hold a frame") {
		t.Error(err)
	}
	if _, err := api.Kept(t.Context(), 1, "all"); err == nil || !strings.Contains(err.Error(), "part=payload|message") {
		t.Error(err)
	}
}
