package tap

import (
	"io"
	"net"
	"testing"

	"github.com/tetherscope/tetherscope/internal/record"
)

// TestADeckThatComesAsReadingBegins: the reader looks whether anybody acts, and is woken when that changes; a deck that came
// between two of its looks was forgotten until the next frame had passed unjudged. The same holds for what is put in.
func TestADeckThatComesAsReadingBegins(t *testing.T) {
	for range 150 {
		p := connect(t, hows[0])
		begin := make(chan struct{})
		go func() {
			<-begin
			_, _ = io.Copy(io.Discard, p.server)
		}()
		close(begin)
		p.put(t, record.Out, text(true, "put in"))
		p.arm(t, "hold => hold 10m")
		_, _ = p.client.Write(text(true, "hold"))
		p.heldIn(t, record.Out, 1)
		_ = p.client.(*net.TCPConn).SetLinger(0)
		_ = p.client.Close()
		p.leave()
	}
}

// TestTakingTheDeckAwayLetsGo: what was held or delayed arrives, and the connection is as it was without.
func TestTakingTheDeckAwayLetsGo(t *testing.T) {
	p := connect(t, hows[0])
	p.arm(t, "=> hold 10m")
	for _, s := range p.sides() {
		_, _ = s.sender.Write(text(s.dir == record.Out, "held"))
	}
	go func() { // the server's reader is who collects
		_, _ = p.server.Read(nil)
	}()
	p.heldIn(t, record.In, 1)
	p.tap.Arm(nil)
	for _, s := range p.sides() {
		_, _ = s.sender.Write(text(s.dir == record.Out, "free"))
		for _, want := range []string{"held", "free"} {
			if got := readFrame(t, s.from); got != want {
				t.Fatalf("%v: %q comes, want %q", s.dir, got, want)
			}
		}
	}
	if p.tap.Deck() != nil || p.server.(*conn).in.laned() || p.server.(*conn).in.acting.Load() {
		t.Error("the connection is still under a deck")
	}
}
