package pcap

import (
	"errors"

	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/internal/frame"
)

// conn finds a WebSocket in a stream and turns its bytes into records.
type conn struct {
	stream   *stream
	tls      secure
	http2    multiplex
	now      int64
	marks    record.Marks // of the segment that is taken
	id       uint32       // 0 until the stream turns out to be a WebSocket
	was      bool         // it was one, or a handshake for one
	protocol protocol     // as the first bytes of the halves tell
	looked   [2]bool
	client   int  // which end is the client
	known    bool // that it is
	dec      [2]*frame.Decoder

	http1     [2]messages // before the handshake is over
	asked     []asked
	askedKept int                  // bytes of a handshake among them
	asking    bool                 // a handshake waits for its answer
	sent      []piece              // by the client meanwhile
	cutName   string               // of a handshake of which the capture has only the beginning
	holed     bool                 // bytes before the handshake are missing
	deflate   *frame.DeflateParams // of decoders of halves that begin without a handshake

	seeking [2]*seeker // while it is not known where the next frame begins
	broken  [2]bool
	over    bool
	ended   [2]bool

	guess    [2]guess // while there is no handshake
	failed   int      // segments that spoke against WebSocket
	unknown  [2]bool  // what came before the bytes of a half that are decoded
	extended bool     // an extension was negotiated that is not known here
	started  [2]bool  // of such a half: a message began in it

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
	if !c.looked[who] {
		c.look(who, p)
	}
	if p = c.secured(who, p); len(p) > 0 {
		c.plain(who, p)
	}
}

// plain takes the next bytes of a half that are not encrypted, or were decrypted.
func (c *conn) plain(who int, p []byte) {
	if p = c.multiplexed(who, p); len(p) == 0 {
		return
	}
	switch {
	case c.over || c.broken[who]:
	case c.dec[who] != nil && c.seeking[who] == nil:
		c.decode(who, p)
	case c.seeking[who] != nil, c.dec[1-who] != nil: // caught mid-stream: the other half is in step already
		c.seek(who, p)
	case !c.http(who, p):
		c.suspect(who, p)
	}
}

// begin records that a connection begins.
func (c *conn) begin(name string, head []byte) {
	c.id = c.stream.all.newConn()
	c.was = true
	c.emit(record.Record{Kind: record.KindRequest, Name: name, Head: head, Remote: c.stream.ends[c.client].String()})
}

func (c *conn) decoders(p *frame.DeflateParams) {
	for who := range c.dec {
		c.dec[who] = frame.NewDecoder(frame.Config{FromClient: who == c.client, Deflate: p, Snap: MaxPayload})
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
	switch {
	case f.Short:
		c.stream.all.omissions.short++
	case len(f.Payload) == MaxPayload && f.Length > MaxPayload:
		c.stream.all.omissions.large++
	}
	if c.extended {
		r.Violations &^= extensionMayChange
	}
	if c.unknown[who] {
		c.forgive(who, &r)
	}
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

// finished takes note of a FIN.
func (c *conn) finished(who int) {
	if c.tls.conn != nil && c.stream.halves[1-who].fin {
		c.endSecured()
	}
	if c.ended[who] || c.over {
		return
	}
	c.ended[who] = true
	c.http2.each(func(s *conn) { s.finished(who) })
	if c.id != 0 && c.ended[1-who] {
		c.end(1-who, "the "+side(c.dir(1-who)).String()+" closed the connection")
	}
}

// reset takes note of a RST.
func (c *conn) reset(who int) {
	c.endSecured()
	c.http2.each(func(s *conn) { s.reset(who) })
	if c.id != 0 && !c.over {
		c.end(who, "the "+side(c.dir(who)).String()+" reset the connection (RST)")
	}
}

// end records the end of the connection. by is the end that began it.
func (c *conn) end(by int, how string) {
	c.flush(false)
	if (c.dec[0] != nil || c.dec[1] != nil) && !c.closed && c.closeBy == record.SideNone {
		c.closeCode = frame.CodeAbnormal
		c.recordClose()
	}
	c.recordEnd(side(c.dir(by)), how)
}

// flush records what is left of the two halves: a frame that is not whole, and what is missing. Only the capture is cut,
// unless the connection has ended.
func (c *conn) flush(cut bool) {
	for who, d := range c.dec {
		switch {
		case c.seeking[who] != nil:
			s := c.seeking[who]
			c.passOver(s)
			c.report(who, 0)
		case d != nil && !c.broken[who]:
			d.End(func(f *frame.Frame) {
				if cut {
					f.Violations &^= frame.FrameCut
				}
				c.frame(who, f)
			})
		}
	}
}

// recordEnd records that nothing follows. A close frame that was not answered is recorded before it.
func (c *conn) recordEnd(by record.Side, how string) {
	if c.closeBy != record.SideNone && !c.closed {
		c.recordClose()
	}
	c.emit(record.Record{Kind: record.KindEnd, By: by, Reason: how, Marks: c.marks})
	c.over = true
}
