package demo

import (
	"context"
	"encoding/binary"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/tetherscope/tetherscope/internal/frame"
	"github.com/tetherscope/tetherscope/internal/tcpend"
)

// traffic is one kind of traffic: it is sent in every step whose number leaves phase when divided by every.
type traffic struct {
	every, phase int
	send         func(p *peer, step int) error
}

// script is the demo's traffic. Everything in it follows from the number of the step.
var script = []traffic{
	{1, 0, (*peer).tick},
	{4, 2, (*peer).ping},
	{10, 5, (*peer).fragmented},
	{6, 3, (*peer).report},
	{8, 7, (*peer).samples},
	{14, 9, (*peer).unsolicitedPong},
	{18, 11, (*peer).empty},
}

// play runs the script until its plan ends it or ctx does.
func (p *peer) play(ctx context.Context, plan Plan) {
	tick := time.NewTicker(plan.interval)
	defer tick.Stop()
	for step := 0; plan.steps == 0 || step < plan.steps; step++ {
		for _, kind := range script {
			if step%kind.every == kind.phase && kind.send(p, step) != nil {
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
func (p *peer) end(plan Plan) {
	switch plan.ending {
	case endNever:
	case endCode:
		p.closeWith(plan.code, plan.reason)
	case endEmpty:
		p.closeWith(frame.CodeNoStatus, "")
	case endFIN:
		_ = tcpend.CloseWrite(p.NetConn()) // a failure ends it too
	case endReset:
		_ = p.Reset() // it may be gone already
	}
}

// The headers of unfragmented frames.
var (
	textFrame   = frame.Header{Fin: true, Opcode: frame.Text}
	binaryFrame = frame.Header{Fin: true, Opcode: frame.Binary}
	pingFrame   = frame.Header{Fin: true, Opcode: frame.Ping}
	pongFrame   = frame.Header{Fin: true, Opcode: frame.Pong}
	closeFrame  = frame.Header{Fin: true, Opcode: frame.Close}
)

func (p *peer) tick(step int) error {
	return p.WriteFrame(textFrame, fmt.Appendf(nil, `{"type":"tick","n":%d,"load":%.2f,"city":"Zürich"}`, step, math.Abs(math.Sin(float64(step)/9))))
}

func (p *peer) ping(step int) error {
	return p.WriteFrame(pingFrame, fmt.Appendf(nil, "are you there? %d", step))
}

func (p *peer) unsolicitedPong(int) error {
	return p.WriteFrame(pongFrame, []byte("unasked pong"))
}

func (p *peer) empty(int) error { return p.WriteFrame(textFrame, nil) }

// fragmented sends a text message in four frames, with a ping between them and a character cut in two.
func (p *peer) fragmented(step int) error {
	text := fmt.Sprintf("message %d came in four frames, with a ping inside: naïve café ☕", step)
	cut := []int{len(text) / 3, len(text) * 2 / 3, len(text) - 1} // the last one divides the cup
	return p.WriteFrames(func(dst []byte) []byte {
		dst = frame.AppendFrame(dst, frame.Header{Opcode: frame.Text}, []byte(text[:cut[0]]))
		dst = frame.AppendFrame(dst, frame.Header{Opcode: frame.Continuation}, []byte(text[cut[0]:cut[1]]))
		dst = frame.AppendFrame(dst, pingFrame, []byte("between fragments"))
		dst = frame.AppendFrame(dst, frame.Header{Opcode: frame.Continuation}, []byte(text[cut[1]:cut[2]]))
		return frame.AppendFrame(dst, frame.Header{Fin: true, Opcode: frame.Continuation}, []byte(text[cut[2]:]))
	})
}

// samples sends a Float32Array: a wave, as its bytes.
func (p *peer) samples(step int) error {
	var b []byte
	for i := range 64 {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(float32(math.Sin(float64(step+i)/8))))
	}
	return p.WriteFrame(binaryFrame, b)
}

// report sends a large JSON message, compressed if that was agreed, every other time in two frames.
func (p *peer) report(step int) error {
	var rows []string
	for i := range 60 {
		rows = append(rows, fmt.Sprintf(`{"id":%d,"sensor":"temperature","unit":"°C","value":%.1f}`, step*60+i, 20+5*math.Sin(float64(step+i)/10)))
	}
	text := fmt.Appendf(nil, `{"type":"report","n":%d,"rows":[%s]}`, step, strings.Join(rows, ","))
	h := frame.Header{Opcode: frame.Text}
	text, compressed := p.Compress(text)
	if compressed {
		h.Rsv = frame.RSV1
	}
	size := len(text)
	if step%12 == 3 {
		size = len(text)/2 + 1
	}
	return p.WriteFrames(func(dst []byte) []byte { return frame.AppendFragments(dst, h, text, size, nil) })
}

// received is the answer to a message of the client.
func received(m *frame.Message) []byte {
	return fmt.Appendf(nil, `{"type":"received","opcode":%q,"bytes":%d,"wire":%d,"frames":%d}`, m.Opcode, m.Length, m.Wire, m.Frames)
}
