package tap

import (
	"bytes"
	"errors"
	"fmt"
	"io"
)

// injecting is the path of a connection while injections wait, or when a direction was finished on order: bytes are passed on
// up to the next boundary between two frames, where what waits is injected. What waits is in the queue of each direction.
type injecting struct{ passThrough }

// read gives the server what is injected, and the end that was ordered. With neither it reads from the client, no further than
// to where the next injection can be read.
func (p injecting) read(b []byte) (int, error) {
	p.waker.stop(p.client) // before looking: what is injected from now on wakes the reader again
	if len(p.unread) == 0 {
		if job := p.out.take(); job != nil {
			p.unread = bytes.Clone(job.Frames)
			p.out.complete(job, nil)
		}
	}
	if len(p.unread) > 0 {
		return p.readUnread(b), nil
	}
	if p.out.clear() {
		return 0, io.EOF
	}
	room := p.out.room(len(b))
	if p.out.shaped() { // rules were set since the path was chosen, and the wake-up for them may have been stopped here
		return 0, errPathChanged
	}
	return p.receive(b, room)
}

// write writes b with what is due between its frames.
func (p injecting) write(b []byte) (n int, err error) {
	for n < len(b) {
		if err := p.flush(); err != nil {
			return n, err
		}
		k := len(b) - n
		if p.in.acting.Load() {
			k = p.in.next(b[n:])
		}
		m, err := p.send(b[n : n+k])
		n += m
		if err != nil {
			return n, err
		}
	}
	if err = p.flush(); errors.Is(err, errPathChanged) {
		err = nil // setting the rules has flushed the other path, or will
	}
	return n, err
}

// flush writes the injections that are due.
func (p injecting) flush() error {
	if p.in.shaped() {
		return errPathChanged
	}
	for {
		job := p.in.take()
		if job == nil {
			p.in.clear()
			return nil
		}
		n, err := p.client.Write(job.Frames)
		if err != nil {
			p.writeFailed(err, len(job.Frames)-n)
			err = fmt.Errorf("%w: %w", ErrEnded, err)
		} else if p.relays.Load() {
			p.in.transit()
		}
		p.in.complete(job, err)
		if err != nil {
			return err
		}
	}
}
