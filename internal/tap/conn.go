package tap

import (
	"errors"
	"net"
	"sync/atomic"
	"time"

	"github.com/tetherscope/tetherscope/internal/budget"
	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/internal/capture/redact"
	"github.com/tetherscope/tetherscope/internal/frame"
	"github.com/tetherscope/tetherscope/internal/tap/fault"
)

// conn is a tapped connection. Reads and writes take one of three paths; all of them feed the decoder of their direction.
type conn struct {
	net.Conn // to the client
	socket
	id       uint32
	name     string
	request  []byte                 // head of the handshake's request, redacted
	response atomic.Pointer[[]byte] // head of its response, redacted; nil before it
	reached  record.Reached         // of a proxy: its target

	rewritten record.Marks // of the response

	passThrough passThrough
	injecting   injecting
	shaping     shaping
}

func newConn(nc net.Conn, log recorder, of *responseWriter, forget func(*conn)) *conn {
	c := &conn{Conn: nc, id: log.conn, name: of.name, request: of.request}
	c.init(nc, log, func() { forget(c) })
	c.in.opened = c.opened
	c.in.called, c.out.called = of.words, of.words
	c.passThrough = passThrough{&c.socket}
	c.injecting = injecting{c.passThrough}
	c.shaping.socket = &c.socket
	return c
}

// pathOf returns the path that a direction takes now.
func (c *conn) pathOf(d *direction) path {
	switch {
	case !d.acting.Load():
		return c.passThrough
	case d.shaped():
		return &c.shaping
	default:
		return c.injecting
	}
}

// opened records the response of the handshake, begins to decode the client's direction with what was negotiated, and returns
// the decoder for the server's, whose lock the caller may hold.
func (c *conn) opened(head []byte) *frame.Decoder {
	head = answerHead(c.request, head)
	redacted := redact.Head(head)
	log := &c.end.rec
	c.response.Store(&redacted)
	log.response(c.id, redacted, c.reached, c.rewritten)
	cfg := c.decoderConfig(frame.ParseHandshake(c.request, head).Deflate)
	c.out.begin(frame.NewDecoder(cfg))
	cfg.FromClient = false
	return frame.NewDecoder(cfg)
}

// decoderConfig is how the client's direction is decoded with what was negotiated.
func (c *conn) decoderConfig(deflate *frame.DeflateParams) frame.Config {
	log := &c.end.rec
	return frame.Config{
		FromClient: true, LeaveMasked: log.cfg.LeaveMasked, Snap: log.snapLength(), MaxInflate: log.cfg.MaxInflate, Deflate: deflate,
		Work: func(n int) bool { return budget.Inflating.Spend(time.Now(), int64(n)) },
	}
}

// Relay says that the owner of this connection writes what it reads to another one before it reads again, and writes what it
// reads there to this one: a proxy, whose connection has two legs. It must be called before the first Read and Write.
func (c *conn) Relay() { c.relays.Store(true) }

// EndsBecause says that the owner of this connection is about to end it on the order of a person: the record of the end says how, and is
// marked. It has no effect on a connection that has ended.
func (c *conn) EndsBecause(how string) { c.end.tcpEnded(record.SideNone, how, record.Injected) }

// NetConn returns the connection beneath, for what only a *net.TCPConn can do. What is written there is not recorded.
func (c *conn) NetConn() net.Conn { return c.Conn }

// Read reads from the client and records what came, or reads what was injected.
func (c *conn) Read(p []byte) (int, error) {
	c.reading.Lock()
	defer c.reading.Unlock()
	if c.relays.Load() {
		c.out.transit()
	}
	for {
		n, err := c.pathOf(&c.out).read(p)
		if err != errPathChanged { //nolint:errorlint // it is never wrapped
			return n, err
		}
	}
}

// Write records p and writes it to the client. When the write falls short, the end of the connection says so.
func (c *conn) Write(p []byte) (n int, err error) {
	c.writing.Lock()
	for {
		var m int
		m, err = c.pathOf(&c.in).write(p[n:])
		n += m
		if err != errPathChanged { //nolint:errorlint // it is never wrapped
			break
		}
	}
	c.writing.Unlock()
	c.flush() // injections that came while the lock was held
	return n, err
}

// flush writes to the client what is due, unless another goroutine is writing, which does it then.
func (c *conn) flush() {
	for c.in.hasDue() && c.writing.TryLock() {
		err := c.pathOf(&c.in).flush()
		c.writing.Unlock()
		if err != nil && !errors.Is(err, errPathChanged) {
			return
		}
	}
}

// wake sends the injections of a direction that are due. Those to the client are written now, or by the goroutine that is
// writing; those to the server are read by its reader, which is woken.
func (c *conn) wake(dir record.Dir) {
	switch {
	case dir == record.Out:
		c.wakeReader()
	case c.in.hasDue():
		go c.flush() // the client may not read
	}
}

// wakeShaped performs the steps of a direction's shaper that are due.
func (c *conn) wakeShaped(dir record.Dir) {
	if dir == record.Out {
		c.wakeReader()
		return
	}
	go c.shaping.flushAlone()
}

// setRules sets the fault rules of an open connection; the number is that of the connection under these rules.
func (c *conn) setRules(rules *fault.Ruleset, number uint64) {
	c.in.setRules(rules, number)
	c.out.setRules(rules, number)
	c.wakeShaped(record.Out)
	c.wakeShaped(record.In)
}

// direction returns the direction of the bytes that dir names.
func (c *conn) direction(dir record.Dir) *direction {
	if dir == record.In {
		return &c.in
	}
	return &c.out
}

// SetDeadline sets both deadlines.
func (c *conn) SetDeadline(t time.Time) error {
	return errors.Join(c.SetWriteDeadline(t), c.SetReadDeadline(t))
}

// SetReadDeadline sets the deadline of reads.
func (c *conn) SetReadDeadline(t time.Time) error { return c.setReadDeadline(t) }

// CloseWrite ends the server's half of the connection where the transport can.
func (c *conn) CloseWrite() error {
	if _, ok := c.Conn.(halfCloser); !ok {
		return errors.ErrUnsupported
	}
	c.end.tcpEnded(record.SideServer, "the server ended its half of the connection", 0)
	return c.pathOf(&c.in).closeWrite()
}

// Close closes the connection and records how it ended.
func (c *conn) Close() error {
	c.end.tcpEnded(record.SideServer, "the server closed the connection", 0)
	return c.pathOf(&c.in).close()
}

// Reset closes the connection with a TCP reset where the transport can, and records that. Bytes not sent yet are lost.
func (c *conn) Reset() error {
	if tcp := tcpBeneath(c.Conn); tcp != nil && tcp.SetLinger(0) == nil {
		c.end.tcpEnded(record.SideServer, "the server reset the connection (RST)", 0)
	}
	return c.Close()
}
