package tap

import (
	"io"
	"net"
	"testing"

	"github.com/tetherscope/tetherscope/internal/capture/record"
)

// TestRulesSetAsReadingBegins: rules that are set, and frames that are injected, while the server's reader chooses its path take
// effect at once, not only after the next frame.
func TestRulesSetAsReadingBegins(t *testing.T) {
	for range 150 {
		p := connect(t, hows[0])
		begin := make(chan struct{})
		go func() {
			<-begin
			_, _ = io.Copy(io.Discard, p.server)
		}()
		close(begin)
		p.inject(t, record.Out, text(true, "injected"))
		p.setRules(t, "hold => intercept 10m")
		_, _ = p.client.Write(text(true, "hold"))
		p.waitIntercepted(t, record.Out, 1)
		_ = p.client.(*net.TCPConn).SetLinger(0)
		_ = p.client.Close()
		p.leave()
	}
}

// TestClearingTheRulesReleasesFrames: intercepted and delayed frames arrive, and the connection is passed through again.
func TestClearingTheRulesReleasesFrames(t *testing.T) {
	p := connect(t, hows[0])
	p.setRules(t, "=> intercept 10m")
	for _, s := range p.sides() {
		_, _ = s.sender.Write(text(s.dir == record.Out, "held"))
	}
	go func() { // the server's reader collects what the client sends
		_, _ = p.server.Read(nil)
	}()
	p.waitIntercepted(t, record.In, 1)
	p.tap.SetRules(nil)
	for _, s := range p.sides() {
		_, _ = s.sender.Write(text(s.dir == record.Out, "free"))
		for _, want := range []string{"held", "free"} {
			if got := readFrame(t, s.from); got != want {
				t.Fatalf("%v: %q comes, want %q", s.dir, got, want)
			}
		}
	}
	if p.tap.Rules() != nil || p.server.(*conn).in.shaped() || p.server.(*conn).in.acting.Load() {
		t.Error("the connection still has rules")
	}
}
