package tap

import (
	"errors"
	"maps"
	"slices"
	"sync"

	"github.com/tetherscope/tetherscope/internal/budget"
	"github.com/tetherscope/tetherscope/internal/capture/http2"
	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/internal/capture/redact"
	"github.com/tetherscope/tetherscope/internal/frame"
)

// The limits of a watched HTTP/2 connection.
const (
	maxHTTP2Sockets = 1 << 10 // WebSockets that are open at once; later ones are not recorded
	maxHTTP2Kept    = 4 << 20 // bytes of frames and header blocks that are not whole, and of tables of header fields
	freeHTTP2Kept   = 64 << 10
)

var errHTTP2Early = errors.New("the client sent more than 64 KiB before the server answered its handshake")

// HTTP2 records the WebSockets of an HTTP/2 connection that passes through this program (RFC 8441): every stream that is opened by an
// extended CONNECT is one connection of the capture, whose handshake is its pseudo-header and header fields. It reads bytes and changes
// none: nothing is injected into these connections, and fault rules do not apply to them. Its methods may be called from any goroutine;
// the bytes of one direction must come in their order, and both directions from the first byte on.
type HTTP2 struct {
	tap    *Tap
	remote string
	name   func(head []byte) string

	mu      sync.Mutex
	conn    *http2.Conn
	kept    int
	room    budget.Lease // for kept
	sockets map[uint32]*http2Socket
	err     error
}

// WatchHTTP2 returns a recorder of the HTTP/2 connection of a client with an address, host:port. name returns what a WebSocket is called,
// from the head of its request, which is [http2.Head]; nil calls it by its path. Call Close at the end.
func (t *Tap) WatchHTTP2(remote string, name func(head []byte) string) *HTTP2 {
	if name == nil {
		name = func(head []byte) string { return record.Target(redact.Head(head)) }
	}
	h := &HTTP2{tap: t, remote: remote, name: name, sockets: map[uint32]*http2Socket{}}
	h.conn = http2.New(http2Events{h}, h.reserve)
	return h
}

// reserve bounds what is kept of frames that are not whole.
func (h *HTTP2) reserve(n int) bool {
	if h.kept+n > maxHTTP2Kept || !h.room.Hold(budget.Unfinished, int64(h.kept+n-freeHTTP2Kept)) {
		return false
	}
	h.kept += n
	return true
}

// Feed takes the next bytes of a direction. Behind bytes that are not HTTP/2 it records nothing more of that direction, and says so in
// every open WebSocket; its error is the same from then on, and the caller may stop to call it.
func (h *HTTP2) Feed(dir record.Dir, p []byte) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	err := h.conn.Feed(int(dir), p)
	if err != nil && h.err == nil {
		h.err = err
		for _, s := range h.inOrder() {
			s.directions[dir].rec.Time = h.tap.log.now()
			s.directions[dir].broken(err)
		}
	}
	return err
}

// Close records the end of all WebSockets that are open. by is the end that closed the connection, how says it in words.
func (h *HTTP2) Close(by record.Side, how string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, s := range h.inOrder() {
		s.ended(by, how)
		http2Events{h}.forgetEarly(s)
	}
	clear(h.sockets)
	h.conn.End()
}

// inOrder returns the open WebSockets, oldest first.
func (h *HTTP2) inOrder() (list []*http2Socket) {
	for _, stream := range slices.Sorted(maps.Keys(h.sockets)) {
		list = append(list, h.sockets[stream])
	}
	return list
}

// http2Socket is a WebSocket over HTTP/2. The lock of its connection guards it.
type http2Socket struct {
	request    []byte
	answered   bool
	directions [2]decoding
	closed     [2]bool
	end        ending
}

// http2Events takes what passes on an HTTP/2 connection whose lock is held.
type http2Events struct{ *HTTP2 }

var _ http2.Handler = http2Events{}

// Headers implements [http2.Handler].
func (h http2Events) Headers(who int, stream uint32, fields []http2.Field, end bool) {
	s, dir := h.sockets[stream], record.Dir(who)
	switch {
	case s == nil && dir == record.Out && http2.OpensSocket(fields) && len(h.sockets) < maxHTTP2Sockets:
		h.open(stream, http2.Head(fields))
	case s != nil && dir == record.In && !s.answered:
		h.answer(stream, s, http2.Head(fields))
	}
	if end {
		h.Data(who, stream, nil, true)
	}
}

// open begins a WebSocket.
func (h http2Events) open(stream uint32, head []byte) {
	t := h.tap
	log := recorder{&t.log, t.NewConn()}
	s := &http2Socket{request: redact.Head(head)}
	s.end.rec = log
	for dir := range s.directions {
		s.directions[dir].init(log, &s.end, record.Dir(dir))
	}
	h.sockets[stream] = s
	log.append(&record.Record{Time: log.now(), Conn: log.conn, Kind: record.KindRequest, Head: s.request, Name: h.name(head), Remote: h.remote})
}

// answer takes a response.
func (h http2Events) answer(stream uint32, s *http2Socket, head []byte) {
	hs := frame.ParseHandshake(s.request, head)
	if hs.Status >= 100 && hs.Status < 200 {
		return // interim
	}
	s.answered = true
	log := &s.end.rec
	log.response(log.conn, redact.Head(head), record.Reached{}, 0)
	if !hs.Upgraded() {
		h.remove(stream)
		return
	}
	cfg := frame.Config{Snap: log.snapLength(), MaxInflate: log.cfg.MaxInflate, Deflate: hs.Deflate}
	s.directions[record.In].dec = frame.NewDecoder(cfg)
	cfg.FromClient = true
	out := &s.directions[record.Out]
	out.dec = frame.NewDecoder(cfg)
	early := out.early
	h.forgetEarly(s)
	out.decode(early)
}

// Data implements [http2.Handler].
func (h http2Events) Data(who int, stream uint32, p []byte, end bool) {
	s := h.sockets[stream]
	if s == nil {
		return
	}
	switch d := &s.directions[who]; {
	case d.dec != nil:
		d.decode(p)
	case who == int(record.Out):
		h.early(s, p)
	}
	if end && s.finished(record.Dir(who)) {
		h.remove(stream)
	}
}

// early keeps what a client sends before it is answered.
func (h http2Events) early(s *http2Socket, p []byte) {
	d := &s.directions[record.Out]
	if d.over || len(p) == 0 {
		return
	}
	if len(d.early)+len(p) <= maxHead && h.reserve(len(p)) {
		d.early = append(d.early, p...)
		return
	}
	h.forgetEarly(s)
	d.rec.Time = d.log.now()
	d.broken(errHTTP2Early)
}

// forgetEarly frees what was kept of a client.
func (h http2Events) forgetEarly(s *http2Socket) {
	d := &s.directions[record.Out]
	h.kept -= len(d.early)
	d.early = nil
}

// remove forgets a WebSocket that is over.
func (h http2Events) remove(stream uint32) {
	h.forgetEarly(h.sockets[stream])
	delete(h.sockets, stream)
}

// finished takes the end of a direction, and reports whether it was the last one. The end that came first ended the connection.
func (s *http2Socket) finished(dir record.Dir) bool {
	if s.closed[dir] = true; !s.closed[1-dir] {
		side := s.directions[dir].side()
		s.end.tcpEnded(side, "the "+side.String()+" ended the stream (END_STREAM)", 0)
		return false
	}
	s.ended(record.SideNone, "")
	return true
}

// Reset implements [http2.Handler].
func (h http2Events) Reset(who int, stream, code uint32) {
	if s := h.sockets[stream]; s != nil {
		side := s.directions[who].side()
		s.ended(side, "the "+side.String()+" reset the stream (RST_STREAM, "+http2.CodeName(code)+")")
		h.remove(stream)
	}
}

// Lost implements [http2.Handler]: nothing is lost of what passes through this program.
func (h http2Events) Lost(int, uint32, uint32) {}

// ended records the end of a WebSocket. Unless an end was noted before, it is this one.
func (s *http2Socket) ended(by record.Side, how string) {
	s.end.tcpEnded(by, how, 0)
	for dir := range s.directions {
		s.directions[dir].finish()
	}
	s.end.record()
}
