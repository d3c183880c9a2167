package pcap

import (
	"maps"
	"slices"

	"github.com/tetherscope/tetherscope/internal/capture/http2"
	"github.com/tetherscope/tetherscope/internal/frame"
)

// maxSockets is how many WebSockets of one HTTP/2 connection are followed at once.
const maxSockets = 1 << 12

// multiplex is an HTTP/2 connection, each of whose streams may be a WebSocket (RFC 8441).
type multiplex struct {
	outer   *conn
	conn    *http2.Conn
	opening [2][]byte // first bytes of a half that are too few to tell
	sockets map[uint32]*conn
	counted bool // unknown fields
	joined  bool // the connection began before the capture
}

// multiplexed takes bytes of a half, and returns them unless they are HTTP/2.
func (c *conn) multiplexed(who int, p []byte) []byte {
	m := &c.http2
	if m.conn == nil {
		if c.over || !c.between(who) {
			return p
		}
		p = append(m.opening[who], p...)
		begins, more := http2.Begins(p)
		if m.opening[who] = nil; more {
			m.opening[who] = p[:len(p):len(p)]
			return nil
		}
		joined := !begins && c.joinsHTTP2(who, p)
		if !begins && !joined {
			return p
		}
		*m = multiplex{outer: c, sockets: map[uint32]*conn{}, opening: m.opening, joined: joined}
		m.conn = http2.New(m, c.stream.all.reserve)
		if joined {
			m.conn.Join()
		}
		c.protocol = protocolHTTP2
	}
	if m.conn.Feed(who, p) != nil {
		m.each(func(s *conn) { s.undecrypted(who, "the HTTP/2 frames of this direction cannot be read") })
	}
	return nil
}

// joinsHTTP2 reports whether a stream that began before the capture is HTTP/2.
func (c *conn) joinsHTTP2(who int, p []byte) bool {
	m := &c.http1[who]
	return !c.stream.began && c.tls.conn == nil && !m.inBody && len(m.buf) == 0 && http2.Joins(p)
}

// each calls f for every WebSocket that is open, at the time of the outer connection.
func (m *multiplex) each(f func(*conn)) {
	for _, id := range sortedKeys(m.sockets) {
		if s := m.socket(id); s != nil {
			f(s)
		}
	}
}

// socket returns the WebSocket of a stream, at the time of the outer connection; nil when there is none.
func (m *multiplex) socket(stream uint32) *conn {
	s := m.sockets[stream]
	if s == nil {
		return nil
	}
	if s.over {
		m.drop(stream)
		return nil
	}
	s.now, s.marks = m.outer.now, m.outer.marks
	return s
}

// Headers implements [http2.Handler].
func (m *multiplex) Headers(who int, stream uint32, fields []http2.Field, end bool) {
	if n := m.conn.Unknown(); n > 0 && !m.counted && !m.joined {
		m.counted = true
		m.outer.stream.all.omissions.tables++
	}
	s := m.socket(stream)
	switch {
	case s != nil && s.asking && who != s.client:
		m.answer(stream, s, fields)
	case s == nil && http2.OpensSocket(fields) && m.mayFollow():
		m.open(who, stream, fields)
	}
	if end {
		m.Data(who, stream, nil, true)
	}
}

// open begins a WebSocket.
func (m *multiplex) open(who int, stream uint32, fields []http2.Field) {
	m.outer.was = true
	m.outer.clientIs(who)
	s := &conn{stream: m.outer.stream, client: who, known: true, now: m.outer.now, marks: m.outer.marks, protocol: protocolHTTP2, looked: [2]bool{true, true}}
	m.sockets[stream] = s
	head := http2.Head(fields)
	h := frame.ParseHandshake(head, nil)
	s.begin(nameOf(&h), head)
	s.asking, s.asked = true, []asked{{method: h.Method, head: head}}
	s.keepAsked(len(head))
}

// mayFollow takes memory for one WebSocket more, and reports whether it may be followed.
func (m *multiplex) mayFollow() bool {
	return len(m.sockets) < maxSockets && m.outer.stream.all.take(socketSize)
}

// drop follows a WebSocket no longer.
func (m *multiplex) drop(stream uint32) {
	m.sockets[stream].dropAsked()
	m.outer.stream.all.give(socketSize)
	delete(m.sockets, stream)
}

// suspect follows a stream whose handshake is not in the capture: it may turn out to be a WebSocket.
func (m *multiplex) suspect(stream uint32) *conn {
	s := &conn{stream: m.outer.stream, now: m.outer.now, marks: m.outer.marks, protocol: protocolHTTP2, looked: [2]bool{true, true}, holed: true}
	m.sockets[stream] = s
	return s
}

// forget drops a stream that was none.
func (m *multiplex) forget(stream uint32, s *conn) {
	s.dropGuess(0)
	s.dropGuess(1)
	m.drop(stream)
}

// answer goes on behind the response.
func (m *multiplex) answer(stream uint32, s *conn, fields []http2.Field) {
	head := http2.Head(fields)
	h := frame.ParseHandshake(nil, head)
	if h.Status >= 100 && h.Status < 200 {
		return // interim
	}
	if !h.Upgraded() {
		s.dropSent()
	}
	s.answered(s.asked[0].head, head)
	if !h.Upgraded() {
		m.drop(stream)
	}
}

// Data implements [http2.Handler].
func (m *multiplex) Data(who int, stream uint32, p []byte, end bool) {
	s := m.socket(stream)
	if s == nil && m.joined && len(p) > 0 && stream&1 == 1 && m.mayFollow() {
		s = m.suspect(stream)
	}
	if s == nil {
		return
	}
	switch {
	case s.holed && s.id == 0: // without a handshake
		s.suspect(who, p)
		m.outer.was = m.outer.was || s.was
		if end && s.id == 0 {
			m.forget(stream, s)
			return
		}
	case s.asking && who == s.client && len(p) > 0:
		s.early(p)
	case s.dec[0] != nil || s.dec[1] != nil:
		if len(p) > 0 {
			s.plain(who, p)
		}
	}
	if end {
		s.finished(who)
	}
}

// Reset implements [http2.Handler].
func (m *multiplex) Reset(who int, stream uint32, code uint32) {
	switch s := m.socket(stream); {
	case s == nil:
	case s.id == 0 && s.holed:
		m.forget(stream, s)
	default:
		s.end(who, "the "+side(s.dir(who)).String()+" reset the stream (RST_STREAM, "+http2.CodeName(code)+")")
		m.drop(stream)
	}
}

// Lost implements [http2.Handler].
func (m *multiplex) Lost(who int, stream uint32, n uint32) {
	lose := func(s *conn) {
		if s.dec[0] != nil || s.dec[1] != nil {
			s.lose(who, n)
		}
	}
	if stream == 0 {
		m.each(lose)
	} else if s := m.socket(stream); s != nil {
		lose(s)
	}
}

var _ http2.Handler = (*multiplex)(nil)

// sortedKeys returns the streams in order.
func sortedKeys(m map[uint32]*conn) []uint32 { return slices.Sorted(maps.Keys(m)) }
