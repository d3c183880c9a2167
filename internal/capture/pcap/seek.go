package pcap

import (
	"fmt"
	"unicode/utf8"

	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/internal/frame"
)

// maxSeek is the most bytes of a half that are searched for frames at a time. What no frame was found in is passed over.
const maxSeek = 256 << 10

// How many frames in a row prove that one begins at a place. A write often begins a segment, and random bytes look like a
// header once in 70 times.
const (
	wholeAtStart   = 1 // at the beginning of a segment, the last one ending where a segment ends
	headersAtStart = 3 // at the beginning of a segment
	wholeInside    = 3
	headersInside  = 5
	maxCheckedText = 4 << 10 // the longest masked text that is looked at
)

// seeker looks for the next frame of a half of a WebSocket, where it is not known where one begins: behind a hole, or when
// the capture has one half from its middle.
type seeker struct {
	masked  bool
	missing uint64 // bytes that the capture does not have
	skipped uint64 // of those, that the decoder knows of
	passed  uint64 // bytes in which no frame was found
	at      int64  // when the first byte of these was missed
	offset  uint64 // of that byte in the half
	buf     []byte
	pieces  []sought
}

// soughtSize is what a segment takes in a seeker beside its bytes.
const soughtSize = 48

// cost returns how many bytes a seeker keeps.
func (s *seeker) cost() int { return len(s.buf) + len(s.pieces)*soughtSize }

// sought is a segment in a seeker's buffer.
type sought struct {
	from  int // where it begins
	at    int64
	marks record.Marks
}

// seek takes bytes of a half where the next frame is not known.
func (c *conn) seek(who int, p []byte) {
	s := c.seeker(who)
	if response, ok := beginsHead(p); c.asking && ok && response && len(s.buf) == 0 {
		c.seeking[who] = nil // an answer after all
		c.http(who, p)
		return
	}
	if s.cost()+len(p) > maxSeek || !c.stream.all.take(len(p)+soughtSize) {
		c.passOver(s)
		if len(p) > maxSeek || !c.stream.all.take(len(p)+soughtSize) {
			s.passed += uint64(len(p))
			return
		}
	}
	s.pieces = append(s.pieces, sought{len(s.buf), c.now, c.marks})
	s.buf = append(s.buf, p...)
	if at, ok := s.find(); ok {
		c.found(who, at)
	}
}

// seeker returns that of a half, which begins here if there is none.
func (c *conn) seeker(who int) *seeker {
	if c.seeking[who] == nil {
		s := &seeker{masked: who == c.client, at: c.now}
		if c.dec[who] != nil {
			s.offset = c.dec[who].Offset()
		}
		c.seeking[who] = s
		c.unknown[who], c.started[who] = true, false
	}
	return c.seeking[who]
}

// passOver gives up what no frame was found in.
func (c *conn) passOver(s *seeker) {
	s.passed += uint64(len(s.buf))
	c.stream.all.give(s.cost())
	s.buf, s.pieces = nil, nil
}

// found goes on with the frame that begins at a place of the buffer.
func (c *conn) found(who, at int) {
	s := c.seeking[who]
	now, marks := c.now, c.marks
	if c.asking {
		c.unanswered()
	}
	c.report(who, at)
	if c.dec[who] == nil {
		c.dec[who] = c.decoder(who)
	} else {
		c.dec[who].Skip(s.missing-s.skipped+s.passed+uint64(at), func(*frame.Frame) {})
	}
	for i, one := range s.pieces {
		end := len(s.buf)
		if i+1 < len(s.pieces) {
			end = s.pieces[i+1].from
		}
		if end > at {
			c.now, c.marks = one.at, one.marks
			c.decode(who, s.buf[max(at, one.from):end])
		}
	}
	c.stream.all.give(s.cost())
	c.now, c.marks = now, marks
}

// report records what a half lacks, and ends the search. Undecoded are bytes of the buffer.
func (c *conn) report(who, undecoded int) {
	s := c.seeking[who]
	c.seeking[who] = nil
	lost := s.passed + uint64(undecoded)
	why := ""
	switch {
	case s.missing > 0 && lost > 0:
		why = fmt.Sprintf("%d bytes are missing in the capture, and no frame was found in the %d behind them", s.missing, lost)
	case s.missing > 0:
		why = fmt.Sprintf("%d bytes are missing in the capture", s.missing)
	case lost > 0:
		why = fmt.Sprintf("no frame was found in %d bytes", lost)
	default:
		return
	}
	c.missed(who, s.at, s.offset, why)
}

// missed records that the capture lacks bytes of a half, which is neither side's fault.
func (c *conn) missed(who int, at int64, offset uint64, why string) {
	now, marks := c.now, c.marks
	c.now, c.marks = at, 0
	c.emit(record.Record{Kind: record.KindBroken, Dir: c.dir(who), Offset: offset, Reason: why})
	c.now, c.marks = now, marks
}

// find returns where in the buffer frames begin.
func (s *seeker) find() (at int, ok bool) {
	next := 0 // of pieces
	for at = range s.buf {
		begins := next < len(s.pieces) && s.pieces[next].from == at
		if begins {
			next++
		}
		if run(s.buf[at:], s.masked).proves(begins) {
			return at, true
		}
	}
	return 0, false
}

// chain is what stands at the beginning of some bytes: frames one after the other, the first of which begins a message.
type chain struct {
	ok      bool // all of them are as a strict receiver wants them
	fin     bool // the first one is all of its message
	whole   int  // that are whole
	headers int
	rest    int // bytes of one that is not whole
}

// proves reports whether these are frames, and no bytes that look like them. begins says that they begin a segment.
func (f chain) proves(begins bool) bool {
	needWhole, needHeaders := wholeInside, headersInside
	switch {
	case !f.ok || f.headers == 0 || !f.fin && !begins:
		return false
	case begins && f.fin:
		needWhole, needHeaders = wholeAtStart, headersAtStart
	case begins:
		needWhole, needHeaders = 1+wholeAtStart, headersAtStart
	}
	return f.rest == 0 && f.whole >= needWhole || f.headers >= needHeaders
}

// run walks the frames from the beginning of p on.
func run(p []byte, masked bool) (f chain) {
	s := frame.State{FromClient: masked, Deflate: true}
	for len(p) > 0 {
		h, n := frame.ParseHeader(p)
		if n == 0 {
			break
		}
		if f.headers == 0 {
			f.fin = h.Fin
		}
		if h.Length > maxGuess || h.Masked != masked || f.headers == 0 && h.Opcode == frame.Continuation {
			return chain{}
		}
		if frame.Check(h, s)&^frame.RepeatedKey != 0 {
			return chain{}
		}
		f.headers++
		if uint64(len(p)-n) < h.Length {
			break
		}
		body := p[n : n+int(h.Length)]
		if h.Opcode == frame.Text && h.Fin && h.Rsv == 0 && !isText(body, h) {
			return chain{}
		}
		f.whole++
		s = s.Next(h)
		p = p[n+int(h.Length):]
	}
	f.ok, f.rest = true, len(p)
	return f
}

// isText reports whether a payload is UTF-8; one that is masked and large is not looked at.
func isText(body []byte, h frame.Header) bool {
	if !h.Masked {
		return utf8.Valid(body)
	}
	if len(body) > maxCheckedText {
		return true
	}
	plain := make([]byte, len(body))
	for i, b := range body {
		plain[i] = b ^ h.Key[i&3]
	}
	return utf8.Valid(plain)
}
