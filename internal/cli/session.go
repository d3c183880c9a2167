package cli

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/tetherscope/tetherscope/internal/cli/replay"
	"github.com/tetherscope/tetherscope/internal/frame"
	"github.com/tetherscope/tetherscope/internal/rawws"
)

// session plays one script over one link.
type session struct {
	link     *link
	script   *replay.Script
	patience time.Duration // to wait for the peer
	linger   time.Duration // to wait for what the capture does not have

	mu       sync.Mutex // of player
	player   *replay.Player
	received chan struct{} // a frame was received
	ended    chan struct{} // the connection has
	failed   error         // of reading; read it when ended
}

func newSession(l *link, s *replay.Script, pace replay.Pace) *session {
	return &session{
		link: l, script: s, player: replay.NewPlayer(s, pace),
		received: make(chan struct{}, 1), ended: make(chan struct{}),
	}
}

// play plays to the end. What it returns is why that was not reached.
func (s *session) play(ctx context.Context) error {
	go s.receive()
	err := s.sendScript(ctx)
	if err == nil {
		err = s.awaitPeer(ctx)
	}
	s.end()
	<-s.ended
	if s.failed != nil {
		return s.failed // the root of it
	}
	return err
}

// receive reads the peer's frames until the connection ends, and sends the replies that are due at once.
func (s *session) receive() {
	defer close(s.ended)
	s.failed = s.link.read(func(f *frame.Frame) error {
		s.mu.Lock()
		reply := s.player.Receive(f)
		s.mu.Unlock()
		if reply != nil {
			if err := s.link.send(reply.Header, reply.Payload); err != nil {
				return nil //nolint:nilerr // the connection is ending: what still comes is read
			}
		}
		select {
		case s.received <- struct{}{}:
		default:
		}
		return nil
	})
}

// sendScript sends the frames of the script.
func (s *session) sendScript(ctx context.Context) error {
	begin := time.Now()
	for {
		s.mu.Lock()
		f, wait := s.player.Next(time.Since(begin))
		done, whole := s.player.Done(), s.player.Whole()
		s.mu.Unlock()
		switch {
		case f != nil:
			if err := s.link.write(wireOf(f)); err != nil {
				return fmt.Errorf("the connection ended before the script: %w", err)
			}
			continue
		case done && !whole:
			return errors.New("the other end closed before the script was at its end")
		case done:
			return nil
		}
		late := wait == replay.Forever
		if late {
			wait = s.patience
		}
		switch s.wait(ctx, wait) {
		case timeUp:
			if late {
				_, _, received, messages := s.progress()
				return fmt.Errorf("the other end said nothing for %v: %d of %d messages have come, and the next frame waits for more (-patience)",
					s.patience, received, messages)
			}
		case connectionOver:
			return errors.New("the connection ended before the script")
		case stopped:
			return errStopped
		case something:
		}
	}
}

var errStopped = errors.New("stopped before the script was at its end")

// awaitPeer waits until the peer has said as much as in the capture, and a little for more.
func (s *session) awaitPeer(ctx context.Context) error {
	for patience := s.patience; ; {
		s.mu.Lock()
		answered := s.player.Answered()
		role, peer := s.player.Closed()
		s.mu.Unlock()
		if role && peer {
			return nil
		}
		if answered && !role {
			patience = s.linger
		}
		switch s.wait(ctx, patience) {
		case stopped:
			return errStopped
		case timeUp, connectionOver:
			return nil // the comparison reports what is missing
		case something:
		}
	}
}

// end ends the connection as the capture did: without a word if it had none.
func (s *session) end() {
	s.mu.Lock()
	role, _ := s.player.Closed()
	s.player.Leave()
	s.mu.Unlock()
	if role || s.script.Ended && !s.script.Closed {
		s.link.close()
		return
	}
	s.link.closeWith(1000)
}

func (s *session) progress() (sent, frames, received, messages int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.player.Progress()
}

// What ended a wait.
type waited uint8

const (
	something waited = iota // a message or an end was received
	timeUp
	connectionOver
	stopped
)

func (s *session) wait(ctx context.Context, d time.Duration) waited {
	t := time.NewTimer(d)
	defer t.Stop()
	select { // what was received counts before the end of what says it
	case <-s.received:
		return something
	default:
	}
	select {
	case <-s.received:
		return something
	case <-t.C:
		return timeUp
	case <-s.ended:
		select {
		case <-s.received:
			return something
		default:
			return connectionOver
		}
	case <-ctx.Done():
		return stopped
	}
}

// wireOf returns a frame as it goes out, with a fresh key if it is masked.
func wireOf(f *replay.Frame) []byte {
	h := f.Header
	if h.Masked {
		h.Key = rawws.MaskingKey()
	}
	return frame.AppendFrame(nil, h, f.Payload)
}
