package frame

import (
	"bytes"
	"compress/flate"
	"errors"
	"io"
	"slices"
)

// DeflateParams are the agreed parameters of permessage-deflate (RFC 7692 §7.1).
type DeflateParams struct {
	ServerNoContextTakeover bool // each message of the server is compressed on its own
	ClientNoContextTakeover bool // each message of the client is compressed on its own
	ServerMaxWindowBits     int  // 8–15: the server's window is 1<<bits bytes. 0 means 15, as when it is not named
	ClientMaxWindowBits     int  // the same for the client
}

// direction returns what the parameters say of one direction.
func (p *DeflateParams) direction(fromClient bool) (takeover bool, window int) {
	noTakeover, bits := p.ServerNoContextTakeover, p.ServerMaxWindowBits
	if fromClient {
		noTakeover, bits = p.ClientNoContextTakeover, p.ClientMaxWindowBits
	}
	if bits < 8 || bits > 15 {
		bits = 15
	}
	return !noTakeover, 1 << bits
}

const (
	maxWindow = 32 << 10 // the largest window of DEFLATE, in bytes

	// keptInput is the largest compressed input in bytes whose buffer is kept for the next message.
	keptInput = 256 << 10

	// workFactor times the limit is how much is inflated and thrown away past the limit to keep the context right, and
	// so the most work that one message can cause.
	workFactor = 4
)

// flateTail goes behind a compressed message: the bytes that the sender left out (RFC 7692 §7.2.2), then an empty final
// block, so that the end of the message is the end of the stream.
const flateTail = "\x00\x00\xff\xff\x01\x00\x00\xff\xff"

// inflater inflates the compressed messages of one direction (RFC 7692 §7.2.2).
//
// The compressed bytes of a message are collected, up to the limit, and inflated at its end: [compress/flate] pulls, and
// this package starts no goroutine to turn that round. With context takeover the window is carried to the next message.
// A message that inflates past the limit is shown up to there; it is then inflated further, only to be thrown away, so
// that the context stays right, until about workFactor times the limit. If that is not enough, or the data is broken, the
// context is lost: the messages after it are known by their wire bytes only (InflateLost). Without takeover every
// message begins anew and nothing is lost.
//
// The whole 32 KiB window is kept whatever the parameters say: data that refers further back than was agreed is still
// shown, and not named, since compress/flate does not tell.
type inflater struct {
	takeover bool
	limit    int
	lost     bool   // the context is lost
	over     bool   // the current message is past what is collected or inflated
	in       []byte // compressed bytes of the current message; len(in) ≤ limit + len(flateTail)
	work     int    // bytes of work that the current message has caused
	source   bytes.Reader
	flate    io.ReadCloser
	history  []byte // inflated bytes; its last maxWindow bytes are the window. Capacity 2 * maxWindow
}

func newInflater(p *DeflateParams, fromClient bool, limit int) inflater {
	takeover, _ := p.direction(fromClient)
	return inflater{takeover: takeover, limit: limit}
}

// write takes compressed bytes of the current message.
func (z *inflater) write(p []byte) {
	if z.lost || z.over {
		return
	}
	if len(z.in)+len(p) > z.limit {
		z.over = true
		z.release()
		return
	}
	z.in = append(z.in, p...)
}

// abandon gives up the current message. Its bytes were part of the context.
func (z *inflater) abandon() {
	z.lost = z.takeover
	z.over = false
	z.release()
}

// release empties the input, and frees it when it has grown large.
func (z *inflater) release() {
	if cap(z.in) > keptInput {
		z.in = nil
	}
	z.in = z.in[:0]
}

// end inflates the current message into c and returns what is wrong with it.
func (z *inflater) end(c *content) (v Violations) {
	switch {
	case z.lost:
		return InflateLost
	case z.over:
		v = InflateLimit
	default:
		z.in = append(z.in, flateTail...)
		v = z.run(c)
	}
	z.lost = z.takeover && v&^(DeflateEnd|InflateLimit) != 0 || z.takeover && z.over
	z.over = false
	z.release()
	return v
}

// run inflates z.in. A stream may have final blocks before its end (RFC 7692 §7.2.3.4): another begins after each.
func (z *inflater) run(c *content) (v Violations) {
	z.source.Reset(z.in)
	if !z.takeover || z.history == nil {
		z.history = slices.Grow(z.history[:0], 2*maxWindow)
	}
	z.work = 0
	for first := true; z.source.Len() > 0; first = false {
		if !first && z.source.Len() == len(flateTail) {
			return v | DeflateEnd
		}
		z.restart()
		v |= z.runToFinalBlock(c)
		if z.over || v&DeflateData != 0 {
			return v
		}
	}
	return v
}

// runToFinalBlock inflates from where the source is until a final block, an error, or too much work, which sets over.
func (z *inflater) runToFinalBlock(c *content) (v Violations) {
	for {
		n, err := z.read()
		z.work += n
		v |= z.deliver(c, z.history[len(z.history)-n:])
		if v&InflateLimit != 0 && !z.takeover || z.work > workFactor*(z.limit+maxWindow) {
			z.over = true
			return v | InflateLimit
		}
		switch {
		case errors.Is(err, io.EOF):
			return v
		case err != nil:
			return v | DeflateData
		}
	}
}

// restart points the flate reader at the source, with the window as its dictionary.
func (z *inflater) restart() {
	z.work += maxWindow // what it costs, so that endless final blocks end too
	window := z.history[max(0, len(z.history)-maxWindow):]
	if z.flate == nil {
		z.flate = flate.NewReaderDict(&z.source, window)
		return
	}
	// flate's readers are Resetters (its documentation says so), and theirs never fails.
	_ = z.flate.(flate.Resetter).Reset(&z.source, window)
}

// read inflates the next bytes to the end of the history, after sliding the window to its front when it is full.
func (z *inflater) read() (int, error) {
	if len(z.history) == cap(z.history) {
		z.history = z.history[:copy(z.history, z.history[len(z.history)-maxWindow:])]
	}
	had := len(z.history)
	n, err := z.flate.Read(z.history[had:cap(z.history)])
	z.history = z.history[:had+n]
	return n, err
}

// deliver passes p on to c, up to the limit.
func (z *inflater) deliver(c *content, p []byte) Violations {
	room := uint64(z.limit) - c.length
	if uint64(len(p)) <= room {
		c.write(p)
		return 0
	}
	c.write(p[:room])
	return InflateLimit
}
