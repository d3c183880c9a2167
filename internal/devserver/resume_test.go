package devserver

import (
	"net/http"
	"strings"
	"testing"

	"github.com/tetherscope/tetherscope/internal/frame"
	"github.com/tetherscope/tetherscope/wasm/codec"
	"github.com/tetherscope/tetherscope/wasm/tether"
	"github.com/tetherscope/tetherscope/wasm/tether/resumeserver"
)

// TestResumeEndpointKeepsWhatIsUnderWay: a message is sent, the connection dropped, and the echo comes over the next one.
func TestResumeEndpointKeepsWhatIsUnderWay(t *testing.T) {
	s := start(t, nil)
	c, err := tether.New("ws://"+s.addr+"/ws/resume", codec.String(), tether.WithResume(tether.Resume{}))
	if err != nil {
		t.Fatal(err)
	}
	go func() { _ = c.Run(t.Context()) }()
	defer c.Close()
	for _, text := range []string{"one", "two", "three"} {
		if err := c.Send(t.Context(), text); err != nil {
			t.Fatal(err)
		}
		c.Reconnect(nil)
		for got, err := range c.Messages(t.Context()) {
			if got != text || err != nil {
				t.Fatalf("%q, %v; want %q", got, err, text)
			}
			break
		}
	}
}

func TestResumeEndpointRefusesWhoDoesNotSpeakIt(t *testing.T) {
	s := start(t, nil)
	if _, res := s.try(t, "/ws/resume", s.addr); res.StatusCode != http.StatusUpgradeRequired {
		t.Error(res.Status)
	}
	if _, res := s.try(t, "/ws/resume", s.addr, "Origin: http://evil.test", "Sec-WebSocket-Protocol: "+resumeserver.Subprotocol); res.StatusCode != http.StatusForbidden {
		t.Error("a foreign page:", res.Status)
	}
	c := s.open(t, "/ws/resume", "Sec-WebSocket-Protocol: "+resumeserver.Subprotocol)
	c.send(frame.Header{Fin: true, Opcode: frame.Text}, strings.Repeat("x", 100))
	c.closed()
}
