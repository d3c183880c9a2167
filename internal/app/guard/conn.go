package guard

import (
	"bufio"
	"encoding/binary"
	"net"
	"net/http"
	"sync/atomic"

	"github.com/tetherscope/tetherscope/internal/frame"
)

// Conn is a server's connection whose incoming frames obey the rules. One goroutine reads it at a time, as with any
// [net.Conn]; [Conn.Breach] may be called from any.
type Conn struct {
	net.Conn
	state   state
	in      []byte // read from the peer and not judged yet: at most a header and a control payload are kept over
	buf     []byte // what in points into
	pass    uint64 // payload bytes of the current frame still to be passed on unseen
	out     []byte // judged and not read yet, but for pass
	breach  atomic.Pointer[Breach]
	stopped bool // nothing from the peer is passed on any more
}

// bufferSize holds the longest thing that is kept over, and is what one read from the connection fetches at most.
const bufferSize = 4096

// Upgrader returns w with a Hijack whose connection is guarded. It calls got with the connection when that happens. Use
// it in place of w in a call that upgrades to WebSocket.
func Upgrader(w http.ResponseWriter, limits Limits, got func(*Conn)) http.ResponseWriter {
	return &upgrader{ResponseWriter: w, limits: limits, got: got}
}

type upgrader struct {
	http.ResponseWriter
	limits Limits
	got    func(*Conn)
}

// Unwrap lets [http.ResponseController] reach what lies below.
func (u *upgrader) Unwrap() http.ResponseWriter { return u.ResponseWriter }

// Hijack takes over the connection. What had been read from it already is judged first.
func (u *upgrader) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, brw, err := http.NewResponseController(u.ResponseWriter).Hijack()
	if err != nil {
		return nil, nil, err
	}
	early, _ := brw.Peek(brw.Reader.Buffered())
	g := newConn(conn, early, u.limits, u.Header().Get("Sec-WebSocket-Extensions") != "")
	u.got(g)
	// Only the reader is ours: the writer still goes where the layer below (a tap) wants it.
	// It is small because the guard has a buffer already; longer reads pass it by.
	return g, bufio.NewReadWriter(bufio.NewReaderSize(g, frame.MaxHeaderSize*8), brw.Writer), nil
}

// newConn guards conn, of which early has already been read.
func newConn(conn net.Conn, early []byte, limits Limits, compressed bool) *Conn {
	g := &Conn{Conn: conn, state: state{limits: limits.withDefaults(), compressed: compressed}}
	g.in = append(g.in, early...)
	return g
}

// Breach returns the rule that the peer broke, or the zero Breach.
func (g *Conn) Breach() Breach {
	if b := g.breach.Load(); b != nil {
		return *b
	}
	return Breach{}
}

// Read returns bytes that obey the rules, and after a breach the close frame that stands for it. After that frame it
// discards whatever the peer still sends until the connection ends.
func (g *Conn) Read(p []byte) (int, error) {
	for {
		if n := g.take(p); n > 0 || len(p) == 0 {
			return n, nil
		}
		if g.judge() {
			continue
		}
		if g.pass > 0 { // the rest of a payload goes straight to its reader
			n, err := g.Conn.Read(p[:min(uint64(len(p)), g.pass)])
			g.pass -= uint64(n)
			return n, err
		}
		if err := g.fill(); err != nil {
			return 0, err
		}
	}
}

// take moves judged bytes into p: headers and control frames from out, then payload that needs no look.
func (g *Conn) take(p []byte) int {
	n := copy(p, g.out)
	g.out = g.out[n:]
	if len(g.out) == 0 && g.pass > 0 {
		m := copy(p[n:], g.in[:min(uint64(len(g.in)), g.pass)])
		g.in = g.in[m:]
		g.pass -= uint64(m)
		n += m
	}
	return n
}

// judge looks at the next frame and moves it to out. It reports false when it needs more bytes for that.
func (g *Conn) judge() bool {
	if g.stopped || g.pass > 0 {
		return false
	}
	h, n := frame.ParseHeader(g.in)
	if n == 0 {
		return false
	}
	// A control payload is at most 125 bytes by the rules, so the wait below is bounded.
	held := 0
	if h.Opcode == frame.Close && h.Length <= 125 {
		held = int(h.Length)
	}
	if len(g.in) < n+held {
		return false
	}
	b := g.state.header(h)
	if b.Code == 0 && h.Opcode == frame.Close {
		b = closing(unmasked(g.in[n:n+held], h.Key))
	}
	if b.Code != 0 {
		g.stop(b)
		return true
	}
	g.out, g.in = g.in[:n+held], g.in[n+held:]
	g.pass = h.Length - uint64(held)
	return true
}

// stop ends what is passed on with a close frame that carries b, masked as a client's is.
func (g *Conn) stop(b Breach) {
	g.breach.Store(&b)
	g.stopped, g.in = true, nil
	payload := append(binary.BigEndian.AppendUint16(nil, b.Code), b.Rule...)
	// A key of zero leaves the payload as it is.
	g.out = append(frame.AppendHeader(nil, frame.Header{Fin: true, Opcode: frame.Close, Masked: true, Length: uint64(len(payload))}), payload...)
}

// fill reads once from the peer, behind what is kept over. After a breach it throws away what it read.
func (g *Conn) fill() error {
	if g.buf == nil {
		g.buf = make([]byte, bufferSize)
	}
	kept := copy(g.buf, g.in)
	n, err := g.Conn.Read(g.buf[kept:])
	g.in = g.buf[:kept+n]
	if g.stopped {
		g.in = nil
	}
	if n > 0 {
		return nil // an error that stays comes again at the next read
	}
	return err
}

// unmasked returns a copy of p without its mask (RFC 6455 §5.3).
func unmasked(p []byte, key [4]byte) []byte {
	q := make([]byte, len(p))
	for i := range p {
		q[i] = p[i] ^ key[i%4]
	}
	return q
}
