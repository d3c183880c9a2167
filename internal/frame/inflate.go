package frame

import (
	"bytes"
	"compress/flate"
	"errors"
	"io"
	"sync"

	"github.com/tetherscope/tetherscope/internal/budget"
)

// DeflateParams are the negotiated parameters of permessage-deflate (RFC 7692 §7.1).
type DeflateParams struct {
	ServerNoContextTakeover bool // each message of the server is compressed on its own
	ClientNoContextTakeover bool // each message of the client is compressed on its own
	ServerMaxWindowBits     int  // 8–15: the server's window is 1<<bits bytes. 0 means 15, as when the parameter is absent
	ClientMaxWindowBits     int  // the same for the client
}

// direction returns the parameters of one direction.
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

	// freeInput is how much input a decoder holds without asking [budget.Unfinished]: most messages are smaller. freeWindow is the
	// same of [budget.Windows].
	freeInput  = 64 << 10
	freeWindow = 4 << 10

	// inflateRatio times the compressed size of a message is inflated without asking [Config.Work].
	inflateRatio = 32

	// workFactor times the limit is how much is inflated and discarded past the limit to keep the context right, and
	// so the most work that one message can cause.
	workFactor = 4
)

// flateTail is appended to a compressed message: the bytes that the sender left out (RFC 7692 §7.2.2), then an empty final
// block, so that the end of the message is the end of the stream.
const flateTail = "\x00\x00\xff\xff\x01\x00\x00\xff\xff"

// inflater inflates the compressed messages of one direction (RFC 7692 §7.2.2).
//
// The compressed bytes of a message are collected, up to the limit, and inflated at its end: [compress/flate] reads from
// a source, and this package starts no goroutine to write to one. With context takeover the window is carried to the next message.
// A message that inflates past the limit is shown up to there; it is then inflated further and discarded, so
// that the context stays right, until about workFactor times the limit. If that is not enough, or the data is broken, the
// context is lost: the messages after it are known by their wire bytes only (InflateLost). Without takeover every
// message has a context of its own and nothing is lost.
//
// The whole 32 KiB window is kept whatever the parameters say: data that refers further back than was negotiated is
// still shown, and not reported, since compress/flate does not detect it.
type inflater struct {
	takeover bool
	limit    int
	allow    func(n int) bool // Config.Work
	lost     bool             // the context is lost
	over     bool             // the current message is past what is collected or inflated
	skipped  bool             // bytes of the current message are not known
	in       []byte           // compressed bytes of the current message; len(in) ≤ limit + len(flateTail)
	lease    budget.Lease     // for in
	kept     budget.Lease     // for window
	work     int              // bytes of work that the current message has caused
	out      int              // bytes that the current message has inflated to
	window   []byte           // the last inflated bytes, maxWindow of them or a little more; between messages with takeover only
	*workspace
}

// workspace is what inflating needs while it runs. An inflater has one only then: connections between two messages, and streams of a file that
// never end, hold no more than their window.
type workspace struct {
	source  bytes.Reader
	flate   io.ReadCloser
	history []byte // inflated bytes that are not in the window yet. Capacity maxWindow
}

var workspaces = sync.Pool{New: func() any { return &workspace{history: make([]byte, 0, maxWindow)} }}

func newInflater(p *DeflateParams, fromClient bool, limit int) inflater {
	takeover, _ := p.direction(fromClient)
	return inflater{takeover: takeover, limit: limit}
}

// write collects compressed bytes of the current message.
func (z *inflater) write(p []byte) {
	if z.lost || z.over || z.skipped {
		return
	}
	if len(z.in)+len(p) > z.limit || !z.grow(len(p)) {
		z.over = true
		z.release()
		return
	}
	z.in = append(z.in, p...)
}

// grow makes room for n more bytes of input, in steps, and reports whether the process may hold them.
func (z *inflater) grow(n int) bool {
	need := len(z.in) + n + len(flateTail)
	if need <= cap(z.in) {
		return true
	}
	size := max(need, cap(z.in)+cap(z.in)/4+512)
	if !z.lease.Resize(budget.Unfinished, int64(max(0, size-freeInput))) {
		return false
	}
	z.in = append(make([]byte, 0, size), z.in...)
	return true
}

// abandon discards the current message. Its bytes were part of the context.
func (z *inflater) abandon() {
	z.lost = z.takeover
	z.over, z.skipped = false, false
	z.release()
}

// release empties the input, and frees it when it has grown large.
func (z *inflater) release() {
	if cap(z.in) > keptInput {
		z.in = nil
		z.lease.Resize(budget.Unfinished, 0)
	}
	z.in = z.in[:0]
}

// end inflates the current message into c and returns what is wrong with it.
func (z *inflater) end(c *content) (v Violations) {
	switch {
	case z.lost:
		z.skipped = false
		return InflateLost
	case z.skipped:
		z.abandon()
		return InflateLost
	case z.over:
		v = InflateLimit
	default:
		z.in = append(z.in, flateTail...)
		v = z.run(c)
	}
	z.lost = z.takeover && v&^(DeflateEnd|InflateLimit|InflateBudget) != 0 || z.takeover && z.over
	z.over = false
	z.release()
	return v
}

// run inflates z.in. A stream may have final blocks before its end (RFC 7692 §7.2.3.4): another begins after each.
func (z *inflater) run(c *content) (v Violations) {
	z.workspace = workspaces.Get().(*workspace)
	defer z.rest()
	z.source.Reset(z.in)
	z.work, z.out = 0, 0
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

// rest returns the workspace.
func (z *inflater) rest() {
	if z.takeover {
		z.remember()
	} else {
		z.window, z.history = nil, z.history[:0]
	}
	if !z.kept.Resize(budget.Windows, int64(max(0, cap(z.window)-freeWindow))) {
		z.window, z.over = nil, true
	}
	z.source.Reset(nil)
	workspaces.Put(z.workspace)
	z.workspace = nil
}

// windowSlack is how many bytes more than maxWindow are kept of the window, so that a small message does not move all of it.
const windowSlack = 4 << 10

// remember moves the history into the window.
func (z *inflater) remember() {
	h := z.history
	if keep := maxWindow - len(h); len(z.window)+len(h) > maxWindow+windowSlack {
		z.window = z.window[:copy(z.window, z.window[max(0, len(z.window)-keep):])]
	}
	if z.window == nil {
		z.window = make([]byte, 0, len(h))
	}
	z.window = append(z.window, h...)
	z.history = h[:0]
}

// runToFinalBlock inflates from where the source is until a final block, an error, or too much work, which sets over.
func (z *inflater) runToFinalBlock(c *content) (v Violations) {
	for {
		n, err := z.read()
		z.work += n
		z.out += n
		if z.out > inflateRatio*len(z.in) && z.allow != nil && !z.allow(n) {
			z.over = true
			return v | InflateBudget
		}
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
	z.remember()
	window := z.window[max(0, len(z.window)-maxWindow):]
	if z.flate == nil {
		z.flate = flate.NewReaderDict(&z.source, window)
		return
	}
	// flate's readers are Resetters (its documentation says so), and theirs never fails.
	_ = z.flate.(flate.Resetter).Reset(&z.source, window)
}

// read inflates the next bytes to the end of the history, after moving it into the window when it is full.
func (z *inflater) read() (int, error) {
	if len(z.history) == cap(z.history) {
		z.remember()
	}
	had := len(z.history)
	n, err := z.flate.Read(z.history[had:cap(z.history)])
	z.history = z.history[:had+n]
	return n, err
}

// deliver appends p to c, up to the limit.
func (z *inflater) deliver(c *content, p []byte) Violations {
	room := uint64(z.limit) - c.length
	if uint64(len(p)) <= room {
		c.write(p)
		return 0
	}
	c.write(p[:room])
	return InflateLimit
}
