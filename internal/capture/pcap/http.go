package pcap

import (
	"bytes"
	"strconv"
	"strings"

	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/internal/frame"
)

const (
	maxHead     = 64 << 10 // bytes of a head that is gathered, and of what a client sends before it is answered
	maxEarly    = 1 << 10  // and its segments
	maxRequests = 256      // requests of a connection that wait for an answer
	maxChunk    = 256      // bytes of the line before a chunk
)

// messages are the HTTP/1 messages of one half.
type messages struct {
	buf    []byte   // a head, or a line of a chunked body, that is not whole
	kept   int      // bytes of buf that are counted as kept
	inBody bool     // what follows is the body of a message
	kind   bodyKind // of that body
	left   uint64   // its bytes, or those of the chunk; the line end behind a chunk included
	last   bool     // its last chunk was seen: trailers follow
}

// asked is a request that waits for its answer.
type asked struct {
	method string
	head   []byte // of a handshake; else nil
}

// http takes bytes of a half before a handshake. It is false when they are no HTTP/1.
func (c *conn) http(who int, p []byte) bool {
	m := &c.http1[who]
	if c.asking && who == c.client { // frames that it sends early
		c.early(p)
		return true
	}
	if len(m.buf) == 0 && (!m.inBody || m.kind == bodyToEnd) {
		if _, ok := beginsHead(p); !ok {
			return m.inBody
		}
		m.inBody = false
	}
	for len(p) > 0 && c.dec[who] == nil && !c.over {
		switch {
		case c.asking && who == c.client:
			c.early(p)
			return true
		case m.inBody:
			p = m.body(p)
		default:
			head, rest, ok := frame.CutHead(append(m.buf, p...))
			if !ok {
				return c.gather(who, p)
			}
			if _, http := beginsHead(head); !http {
				c.dropHead(who)
				return false
			}
			p = bytes.Clone(rest)
			c.dropHead(who)
			c.head(who, head)
		}
	}
	if len(p) > 0 && !c.over {
		c.bytes(who, p)
	}
	return true
}

// gather keeps the beginning of a head. It is false when it is none, or too long.
func (c *conn) gather(who int, p []byte) bool {
	m := &c.http1[who]
	m.buf = append(m.buf, p...)
	if _, http := beginsHead(m.buf); !http || len(m.buf) > maxHead || !c.stream.all.take(len(p)) {
		c.dropHead(who)
		return false
	}
	m.kept += len(p)
	return true
}

// dropHead forgets what was gathered.
func (c *conn) dropHead(who int) {
	m := &c.http1[who]
	c.stream.all.give(m.kept)
	m.buf, m.kept = nil, 0
}

// body passes over bytes of a body and returns what follows it.
func (m *messages) body(p []byte) []byte {
	if m.kind == bodyToEnd {
		return nil
	}
	if m.kind == bodySized || m.left > 0 {
		n := min(m.left, uint64(len(p)))
		m.left -= n
		m.inBody = m.kind == bodyChunked || m.left > 0
		return p[n:]
	}
	line, rest, ok := bytes.Cut(p, []byte("\n"))
	if m.buf = append(m.buf, line...); len(m.buf) > maxChunk {
		m.kind, m.buf = bodyToEnd, nil // no chunk: a head is looked for at the beginning of a segment
		return nil
	}
	if ok {
		m.chunk(strings.TrimSpace(string(m.buf)))
		m.buf = nil
	}
	return rest
}

// chunk reads the line before a chunk, or one of the trailers.
func (m *messages) chunk(line string) {
	if m.last {
		m.inBody = line != ""
		return
	}
	if line == "" {
		return // behind the chunk before
	}
	digits, _, _ := strings.Cut(line, ";")
	n, err := strconv.ParseUint(strings.TrimSpace(digits), 16, 62)
	if err != nil {
		m.kind = bodyToEnd
		return
	}
	m.left, m.last = n, n == 0
}

// follow says what follows a head.
func (m *messages) follow(kind bodyKind, size uint64) {
	*m = messages{inBody: kind != bodySized || size > 0, kind: kind, left: size}
}

// early keeps what a client sends behind its handshake before it is answered.
func (c *conn) early(p []byte) {
	next := piece{payload: bytes.Clone(p), marks: c.marks}
	size := len(p)
	for i := range c.sent {
		size += len(c.sent[i].payload)
	}
	if size > maxHead || len(c.sent) >= maxEarly || !c.stream.all.take(next.cost()) {
		c.breakHalf(c.client, 0, "the client sent more than 64 KiB or 1,024 segments before it was answered, or there is no memory for them: nothing of it is decoded")
		c.dropSent()
		return
	}
	c.sent = append(c.sent, next)
	if c.framesEarly() {
		c.unanswered()
	}
}

// keepAsked takes memory for a handshake until it is answered, and reports whether there is some.
func (c *conn) keepAsked(n int) bool {
	ok := c.stream.all.take(n)
	if ok {
		c.askedKept += n
	}
	return ok
}

// dropAsked gives back the memory of a handshake.
func (c *conn) dropAsked() {
	c.stream.all.give(c.askedKept)
	c.askedKept = 0
}

func (c *conn) dropSent() {
	for i := range c.sent {
		if c.sent[i].missing == 0 {
			c.stream.all.give(c.sent[i].cost())
		}
	}
	c.sent = nil
}

// head takes a whole head.
func (c *conn) head(who int, head []byte) {
	if response, _ := beginsHead(head); response {
		c.clientIs(1 - who)
		c.response(head)
		return
	}
	c.clientIs(who)
	h := frame.ParseHandshake(unfold(head), nil)
	ask := asked{method: h.Method}
	kind, size := bodyOf(h.Request, false)
	c.http1[who].follow(kind, size)
	if h.Method == "GET" && namesWebSocket(h.Request) && c.keepAsked(len(head)) {
		ask.head, c.asking = head, true
		c.begin(nameOf(&h), head)
	}
	if len(c.asked) < maxRequests {
		c.asked = append(c.asked, ask)
	}
}

// nameOf names a connection after the path of its handshake.
func nameOf(h *frame.Handshake) string {
	if path := h.Path(); path != "" {
		return path
	}
	return h.Target
}

// response takes the head of a response: the answer to the first request that waits, unless it is an interim one.
func (c *conn) response(head []byte) {
	h := frame.ParseHandshake(nil, unfold(head))
	server := 1 - c.client
	if h.Status >= 100 && h.Status < 200 && h.Status != 101 {
		c.http1[server].follow(bodySized, 0)
		return
	}
	var to asked
	if len(c.asked) > 0 {
		to, c.asked = c.asked[0], c.asked[1:]
	}
	switch kind, size := bodyOf(h.Response, true); {
	case to.method == "HEAD", h.Status == 204, h.Status == 304, h.Status == 101, to.method == "CONNECT" && h.Status/100 == 2:
		c.http1[server].follow(bodySized, 0)
	default:
		c.http1[server].follow(kind, size)
	}
	if to.head != nil {
		c.answered(to.head, head)
	} else if h.Upgraded() && namesWebSocket(h.Response) && len(c.asked) == 0 {
		c.answeredOnly(&h, head)
	}
}

// answered goes on behind the answer to a handshake.
func (c *conn) answered(request, head []byte) {
	c.emit(record.Record{Kind: record.KindResponse, Head: head})
	c.dropAsked()
	early := c.sent
	c.sent, c.asking = nil, false
	h := frame.ParseHandshake(unfold(request), unfold(head))
	c.unknown, c.started = [2]bool{}, [2]bool{}
	if h.Upgraded() {
		c.extends(&h)
		c.decoders(h.Deflate)
	} else {
		c.id = 0
	}
	c.replay(early) // frames, or another request
}

// answeredOnly begins a connection whose request is not in the capture. Where the client's frames begin is not known.
func (c *conn) answeredOnly(h *frame.Handshake, head []byte) {
	name := "joined mid-stream"
	if c.cutName != "" {
		name = c.cutName
	}
	c.begin(name, nil)
	c.emit(record.Record{Kind: record.KindResponse, Head: head})
	c.extends(h)
	c.unknown[c.client], c.deflate = true, h.Deflate
	c.dec[1-c.client] = c.decoder(1 - c.client)
}
