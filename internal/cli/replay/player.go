package replay

import (
	"time"

	"github.com/tetherscope/tetherscope/internal/frame"
)

// Pace says when the frames of a script go.
type Pace struct {
	Wait  bool    // each when as many messages of the peer have come as had in the capture
	Speed float64 // else: at their times, so many times as fast; 0 for at once
}

// Player plays a script to one peer.
type Player struct {
	script   *Script
	pace     Pace
	next     int
	received int // messages of the peer
	extra    int // of them that are not kept
	said     []Digest
	closed   bool     // the peer has sent a close frame
	bye      bool     // the role has
	left     bool     // without it being in the script
	last     *Message // the peer's close frame
	op       frame.Opcode
}

// maxExtra is how many messages more than the capture has are kept for the report.
const maxExtra = 10_000

// Forever is a wait that only the peer can end.
const Forever time.Duration = -1

// NewPlayer returns a player at the start of a script.
func NewPlayer(s *Script, pace Pace) *Player { return &Player{script: s, pace: pace} }

// Next returns the frame to send now, the time being counted since the handshake. Without one, it returns how long to wait:
// [Forever] when the peer has to say something first, or when nothing is left to send.
func (p *Player) Next(now time.Duration) (f *Frame, wait time.Duration) {
	if p.Done() {
		return nil, Forever
	}
	f = &p.script.Frames[p.next]
	switch {
	case p.pace.Wait:
		if p.received < f.After {
			return nil, Forever
		}
	case p.pace.Speed > 0:
		if due := time.Duration(float64(f.At) / p.pace.Speed); due > now {
			return nil, due - now
		}
	}
	p.next++
	if f.Header.Opcode == frame.Close {
		p.bye = true
	}
	return f, 0
}

// Receive takes a frame of the peer, and returns the frame that answers it at once, or nil. It keeps nothing of f.
func (p *Player) Receive(f *frame.Frame) *Frame {
	if !f.Opcode.IsControl() && f.Opcode != frame.Continuation {
		p.op = f.Opcode
	}
	switch {
	case f.Opcode == frame.Ping && !p.bye:
		return &Frame{Header: frame.Header{Fin: true, Opcode: frame.Pong}, Payload: append([]byte(nil), f.Payload...)}
	case f.Opcode == frame.Close && !p.closed:
		p.closed = true
		if !p.left {
			p.last = closeMessage(f.Payload)
		}
		if p.bye {
			return nil
		}
		p.bye = true
		payload := p.script.CloseReply
		if payload == nil {
			payload = append([]byte(nil), f.Payload[:min(len(f.Payload), 2)]...)
		}
		return &Frame{Header: frame.Header{Fin: true, Opcode: frame.Close}, Payload: payload}
	case f.Message != nil:
		p.message(f.Message)
	}
	return nil
}

func (p *Player) message(m *frame.Message) {
	p.received++
	if len(p.said) >= len(p.script.Peer)+maxExtra {
		p.extra++
		return
	}
	p.said = append(p.said, DigestOf(&Message{Op: p.op, Payload: m.Body, Length: m.Length, Cut: uint64(len(m.Body)) < m.Length}))
}

// closeMessage is a close frame as it is compared: by its code.
func closeMessage(payload []byte) *Message {
	code := append([]byte(nil), payload[:min(len(payload), 2)]...)
	return &Message{Op: frame.Close, Payload: code, Length: uint64(len(code))}
}

// Leave says that the role begins to close although the script does not: the answer to that is not compared.
func (p *Player) Leave() { p.bye, p.left = true, true }

// Done reports whether nothing is left to send: the script is at its end, or the peer's close frame ended it before.
func (p *Player) Done() bool { return p.closed || p.next == len(p.script.Frames) }

// Whole reports whether the script has been played, to its end or to the role's close frame.
func (p *Player) Whole() bool {
	return p.next == len(p.script.Frames) || p.bye && !p.left && p.script.Closed && p.script.Closer == p.script.Role
}

// Answered reports whether the peer has said as much as in the capture.
func (p *Player) Answered() bool {
	return p.closed || p.received >= len(p.script.Peer) && !p.script.PeerClosed
}

// Closed reports which ends have sent a close frame.
func (p *Player) Closed() (role, peer bool) { return p.bye, p.closed }

// Progress returns how many frames have been sent and how many messages of the peer have come, and of how many.
func (p *Player) Progress() (sent, frames, received, messages int) {
	return p.next, len(p.script.Frames), p.received, len(p.script.Peer)
}

// Compare compares what the peer has said with what the capture has, and returns how many messages more came than were kept.
func (p *Player) Compare() (list []Difference, more int) {
	want := make([]Digest, len(p.script.Peer))
	for i := range want {
		want[i] = DigestOf(&p.script.Peer[i])
	}
	got := p.said
	if p.script.PeerClosed {
		want = append(want, DigestOf(closeMessage(p.script.PeerClose)))
	}
	if p.last != nil {
		got = append(got[:len(got):len(got)], DigestOf(p.last))
	}
	return Compare(want, got), p.extra
}
