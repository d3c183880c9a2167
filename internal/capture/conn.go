package capture

import (
	"errors"
	"fmt"
	"strings"

	"github.com/tetherscope/tetherscope/internal/frame"
	"github.com/tetherscope/tetherscope/internal/record"
)

// maxHead bounds a head that is being gathered, and what a client sends before it is answered.
const maxHead = 64 << 10

// conn finds a WebSocket in a stream and turns its bytes into records.
type conn struct {
	stream   *stream
	now      int64
	marks    record.Marks // of the segment that is taken
	id       uint32       // 0 until the stream turns out to be a WebSocket
	client   int          // which end is the client
	known    bool         // that it is
	request  []byte       // head, once it is whole
	gathered [2][]byte
	dec      [2]*frame.Decoder
	broken   [2]bool
	over     bool
	ended    [2]bool

	closeBy   record.Side
	closeCode uint16
	closeText string
	closeMark record.Marks
	closed    bool // both close frames were seen
}

func (c *conn) clientIs(who int) { c.client, c.known = who, true }

// dir is the direction of what an end sends.
func (c *conn) dir(who int) record.Dir {
	if who == c.client {
		return record.Out
	}
	return record.In
}

func side(dir record.Dir) record.Side {
	if dir == record.In {
		return record.SideServer
	}
	return record.SideClient
}

func (c *conn) emit(r record.Record) {
	r.Time, r.Conn = c.now, c.id
	c.stream.all.emit(&r)
}

// bytes takes the next bytes that an end sent.
func (c *conn) bytes(who int, p []byte) {
	switch {
	case c.over || c.broken[who]:
	case c.dec[who] != nil:
		c.decode(who, p)
	case c.dec[1-who] != nil: // caught mid-stream: the other half is in step already
		c.joinHalf(who, p)
	case !c.gather(who, p):
		c.joinStream(who, p)
	}
}

// gather looks for the handshake. It reports whether these bytes may be part of one.
func (c *conn) gather(who int, p []byte) bool {
	first := len(c.gathered[who]) == 0
	isRequest, isResponse := begins(p, "GET ", first), begins(p, "HTTP/1.", first)
	switch {
	case isRequest:
		c.clientIs(who)
		if c.request == nil {
			c.gathered[who] = nil
		}
	case isResponse:
		c.clientIs(1 - who)
		c.gathered[who] = nil
	}
	if len(c.gathered[who]) == 0 && !isRequest && !isResponse && (c.request == nil || who != c.client) {
		return false
	}
	if len(c.gathered[who])+len(p) > maxHead {
		c.gathered[who] = nil
		return true
	}
	c.gathered[who] = append(c.gathered[who], p...)
	c.handshake()
	return true
}

// handshake goes on with it as far as the gathered heads allow.
func (c *conn) handshake() {
	out, in := c.client, 1-c.client
	if c.request == nil {
		head, rest, ok := cutHead(c.gathered[out])
		if !ok {
			return
		}
		if c.gathered[out] = rest; !asksForWebSocket(head) {
			c.gathered[out] = nil
			return
		}
		c.request = head
		c.begin(c.target(head), head)
	}
	head, rest, ok := cutHead(c.gathered[in])
	if !ok {
		return
	}
	c.emit(record.Record{Kind: record.KindResponse, Head: head})
	early := c.gathered[out]
	c.gathered = [2][]byte{}
	h := frame.ParseHandshake(c.request, head)
	if !h.Upgraded() {
		c.request, c.id = nil, 0
		return
	}
	c.decoders(h.Deflate)
	c.decode(out, early)
	c.decode(in, rest)
}

// target is the path of a request, without its query.
func (c *conn) target(head []byte) string {
	h := frame.ParseHandshake(head, nil)
	path, _, _ := strings.Cut(h.Target, "?")
	return path
}

// begin records that a connection begins.
func (c *conn) begin(name string, head []byte) {
	c.stream.all.conns++
	c.id = c.stream.all.conns
	c.emit(record.Record{Kind: record.KindRequest, Name: name, Head: head, Remote: c.stream.ends[c.client].String()})
}

func (c *conn) decoders(p *frame.DeflateParams) {
	for who := range c.dec {
		c.dec[who] = frame.NewDecoder(frame.Config{FromClient: who == c.client, Deflate: p})
	}
}

// decode feeds bytes behind the handshake.
func (c *conn) decode(who int, p []byte) {
	if c.broken[who] || len(p) == 0 {
		return
	}
	c.dec[who].Feed(p, func(f *frame.Frame) { c.frame(who, f) })
	if err := c.dec[who].Err(); err != nil {
		var at *frame.Error
		offset := uint64(0)
		if errors.As(err, &at) {
			offset = at.Offset
		}
		c.breakHalf(who, offset, err.Error())
	}
}

func (c *conn) frame(who int, f *frame.Frame) {
	r := record.Record{Dir: c.dir(who), Marks: c.marks}
	r.SetFrame(f)
	c.emit(r)
	if f.Opcode != frame.Close || f.Truncated {
		return
	}
	switch by := side(r.Dir); {
	case c.closeBy == record.SideNone:
		c.closeBy, c.closeMark = by, c.marks
		c.closeCode, c.closeText, _ = frame.ParseClose(f.Payload)
	case c.closeBy != by && !c.closed:
		c.closed = true
		c.recordClose()
	}
}

func (c *conn) recordClose() {
	c.emit(record.Record{Kind: record.KindClose, By: c.closeBy, Code: c.closeCode, Reason: c.closeText, Clean: c.closed, Marks: c.closeMark})
}

// breakHalf records that nothing behind a place can be decoded.
func (c *conn) breakHalf(who int, offset uint64, why string) {
	c.broken[who] = true
	dir := c.dir(who)
	c.emit(record.Record{Kind: record.KindBroken, Dir: dir, By: side(dir), Offset: offset, Reason: why})
}

// hole takes note that bytes of a half are missing.
func (c *conn) hole(who int, missing uint32) {
	if c.id != 0 && !c.over && !c.broken[who] {
		c.breakHalf(who, 0, fmt.Sprintf("%d bytes are missing in the capture: nothing behind them can be decoded", missing))
	}
}

// finished takes note of a FIN.
func (c *conn) finished(who int) {
	if c.ended[who] || c.over || c.id == 0 {
		return
	}
	c.ended[who] = true
	if c.ended[1-who] {
		c.end(1-who, "the "+side(c.dir(1-who)).String()+" closed the connection")
	}
}

// reset takes note of a RST.
func (c *conn) reset(who int) {
	if c.id != 0 && !c.over {
		c.end(who, "the "+side(c.dir(who)).String()+" reset the connection (RST)")
	}
}

// end records the end of the connection. by is the end that began it.
func (c *conn) end(by int, how string) {
	for who, d := range c.dec {
		if d != nil && !c.broken[who] {
			d.End(func(f *frame.Frame) { c.frame(who, f) })
		}
	}
	if (c.dec[0] != nil || c.dec[1] != nil) && !c.closed {
		if c.closeBy == record.SideNone {
			c.closeCode = frame.CodeAbnormal
		}
		c.recordClose()
	}
	c.emit(record.Record{Kind: record.KindEnd, By: side(c.dir(by)), Reason: how, Marks: c.marks})
	c.over = true
}
