package capture

import "github.com/tetherscope/tetherscope/internal/frame"

// maxGuess is the longest frame in bytes that a segment may begin with to be taken for WebSocket without a handshake.
const maxGuess = 16 << 20

// joinStream takes a stream without a handshake for a WebSocket when a segment is nothing but whole frames, as one is
// that leaves in one write. Its extensions are not known; compression is assumed, since RSV1 has no other use.
func (c *conn) joinStream(who int, p []byte) {
	masked, ok := wholeFrames(p)
	if !ok || c.known && masked != (who == c.client) {
		return
	}
	c.client, c.known = who, true
	if !masked {
		c.client = 1 - who
	}
	c.begin("joined mid-stream", nil)
	c.dec[who] = c.decoder(who)
	c.decode(who, p)
}

// joinHalf is joinStream for the second half.
func (c *conn) joinHalf(who int, p []byte) {
	if masked, ok := wholeFrames(p); ok && masked == (who == c.client) {
		c.dec[who] = c.decoder(who)
		c.decode(who, p)
	}
}

func (c *conn) decoder(who int) *frame.Decoder {
	return frame.NewDecoder(frame.Config{FromClient: who == c.client, Deflate: &frame.DeflateParams{}})
}

// wholeFrames reports whether p is one or more frames that a strict receiver would take, and whether they are masked.
func wholeFrames(p []byte) (masked, ok bool) {
	for first := true; len(p) > 0; first = false {
		h, n := frame.ParseHeader(p)
		if n == 0 || h.Length > maxGuess || uint64(len(p)-n) < h.Length || !first && h.Masked != masked {
			return false, false
		}
		if v := frame.Check(h, frame.State{FromClient: h.Masked, Deflate: true}) &^ frame.ContinuationWithoutStart; v != 0 {
			return false, false
		}
		masked, ok = h.Masked, true
		p = p[n+int(h.Length):]
	}
	return masked, ok
}
