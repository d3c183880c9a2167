package devserver

import (
	"context"
	"encoding/binary"
	"fmt"
	"math"
	"net"
	"strings"
	"time"

	"github.com/tetherscope/tetherscope/internal/frame"
)

// step is one kind of traffic: it happens in every beat whose number leaves phase when divided by every.
type step struct {
	every, phase int
	do           func(p *demoPeer, beat int) error
}

// script is the demo's traffic. Everything in it follows from the number of the beat.
var script = []step{
	{1, 0, (*demoPeer).tick},
	{4, 2, (*demoPeer).ping},
	{10, 5, (*demoPeer).fragmented},
	{6, 3, (*demoPeer).report},
	{8, 7, (*demoPeer).samples},
	{14, 9, (*demoPeer).unsolicitedPong},
	{18, 11, (*demoPeer).empty},
}

// play runs the script until its plan ends it or ctx does.
func (p *demoPeer) play(ctx context.Context, plan plan) {
	tick := time.NewTicker(plan.beat)
	defer tick.Stop()
	for beat := 0; plan.beats == 0 || beat < plan.beats; beat++ {
		for _, s := range script {
			if beat%s.every == s.phase && s.do(p, beat) != nil {
				return
			}
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
	p.end(plan)
}

// end ends the connection as planned.
func (p *demoPeer) end(plan plan) {
	switch plan.ending {
	case endNever:
	case endCode:
		p.closeWith(plan.code, plan.reason)
	case endEmpty:
		p.closeWith(frame.CodeNoStatus, "")
	case endFIN:
		_ = closeWrite(p.conn) // a failure ends it too
	case endReset:
		reset(p.conn)
	}
}

// reset ends a connection with a TCP reset.
func reset(c net.Conn) {
	outer := c
	for {
		if tcp, ok := c.(*net.TCPConn); ok {
			_ = tcp.SetLinger(0) // where this is not possible a FIN goes out
		}
		beneath, ok := c.(interface{ NetConn() net.Conn })
		if !ok {
			break
		}
		c = beneath.NetConn()
	}
	if guarded, ok := outer.(interface{ NetConn() net.Conn }); ok {
		outer = guarded.NetConn() // the guard would give the client a moment, which is what a reset does not
	}
	_ = outer.Close()
}

// The headers of unfragmented frames.
var (
	textFrame   = frame.Header{Fin: true, Opcode: frame.Text}
	binaryFrame = frame.Header{Fin: true, Opcode: frame.Binary}
	pingFrame   = frame.Header{Fin: true, Opcode: frame.Ping}
	pongFrame   = frame.Header{Fin: true, Opcode: frame.Pong}
)

func (p *demoPeer) tick(beat int) error {
	return p.frame(textFrame, fmt.Appendf(nil, `{"type":"tick","n":%d,"load":%.2f,"city":"Zürich"}`, beat, math.Abs(math.Sin(float64(beat)/9))))
}

func (p *demoPeer) ping(beat int) error {
	return p.frame(pingFrame, fmt.Appendf(nil, "are you there? %d", beat))
}

func (p *demoPeer) unsolicitedPong(int) error {
	return p.frame(pongFrame, []byte("nobody asked"))
}

func (p *demoPeer) empty(int) error { return p.frame(textFrame, nil) }

// fragmented sends a text message in four frames, with a ping between them and a character cut in two.
func (p *demoPeer) fragmented(beat int) error {
	text := fmt.Sprintf("message %d came in four frames, with a ping inside: naïve café ☕", beat)
	cut := []int{len(text) / 3, len(text) * 2 / 3, len(text) - 1} // the last one divides the cup
	return p.send(func(dst []byte) []byte {
		dst = frame.AppendFrame(dst, frame.Header{Opcode: frame.Text}, []byte(text[:cut[0]]))
		dst = frame.AppendFrame(dst, frame.Header{Opcode: frame.Continuation}, []byte(text[cut[0]:cut[1]]))
		dst = frame.AppendFrame(dst, pingFrame, []byte("between fragments"))
		dst = frame.AppendFrame(dst, frame.Header{Opcode: frame.Continuation}, []byte(text[cut[1]:cut[2]]))
		return frame.AppendFrame(dst, frame.Header{Fin: true, Opcode: frame.Continuation}, []byte(text[cut[2]:]))
	})
}

// samples sends a Float32Array: a wave, as its bytes.
func (p *demoPeer) samples(beat int) error {
	var b []byte
	for i := range 64 {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(float32(math.Sin(float64(beat+i)/8))))
	}
	return p.frame(binaryFrame, b)
}

// report sends a large JSON message, compressed if that was agreed, every other time in two frames.
func (p *demoPeer) report(beat int) error {
	var rows []string
	for i := range 60 {
		rows = append(rows, fmt.Sprintf(`{"id":%d,"sensor":"temperature","unit":"°C","value":%.1f}`, beat*60+i, 20+5*math.Sin(float64(beat+i)/10)))
	}
	text := fmt.Appendf(nil, `{"type":"report","n":%d,"rows":[%s]}`, beat, strings.Join(rows, ","))
	h := frame.Header{Opcode: frame.Text}
	return p.send(func(dst []byte) []byte {
		if p.deflate != nil {
			if p.pack == nil {
				p.pack = frame.NewDeflater(*p.deflate, false)
			}
			text = p.pack.Append(nil, text)
			h.Rsv = frame.RSV1
		}
		size := len(text)
		if beat%12 == 3 {
			size = len(text)/2 + 1
		}
		return frame.AppendFragments(dst, h, text, size, nil)
	})
}

// read answers what the client sends, until its close frame or the end.
func (p *demoPeer) read() {
	dec := frame.NewDecoder(frame.Config{FromClient: true, Deflate: p.deflate})
	over := false
	buf := make([]byte, 4<<10)
	for !over {
		n, err := p.conn.Read(buf)
		dec.Feed(buf[:n], func(f *frame.Frame) { over = over || p.receive(f) })
		if err != nil {
			p.fail(err)
			return
		}
	}
}

// receive answers one frame of the client and reports whether it is the last.
func (p *demoPeer) receive(f *frame.Frame) bool {
	switch f.Opcode {
	case frame.Ping:
		return p.frame(frame.Header{Fin: true, Opcode: frame.Pong}, f.Payload) != nil
	case frame.Close:
		code, _, _ := frame.ParseClose(f.Payload)
		p.closeWith(code, "")
		return true
	case frame.Text, frame.Binary, frame.Continuation:
		return p.receiveData(f)
	case frame.Pong:
	}
	return false
}

// receiveData answers the frame that ends a message with how long the message was.
func (p *demoPeer) receiveData(f *frame.Frame) bool {
	const wrongData = frame.TextNotUTF8 | frame.DeflateData | frame.DeflateEnd | frame.InflateLost
	switch {
	case f.Violations&frame.InflateLimit != 0:
		p.closeWith(1009, "a message inflates to more than this server takes")
		return true
	case f.Violations&wrongData != 0:
		p.closeWith(1007, (f.Violations & wrongData).String())
		return true
	case f.Message == nil:
		return false
	}
	m := f.Message
	return p.frame(textFrame, fmt.Appendf(nil, `{"type":"received","opcode":%q,"bytes":%d,"wire":%d,"frames":%d}`,
		m.Opcode, m.Length, m.Wire, m.Frames)) != nil
}
