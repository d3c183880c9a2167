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
