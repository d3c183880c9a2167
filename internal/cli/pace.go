package cli

import (
	"sync"
	"time"

	"github.com/tetherscope/tetherscope/internal/replay"
)

// maxPaced is how many answers wait for their time; with more, the client is not read.
const maxPaced = 256

// pacer says answers at the pace of the capture, or so many times as fast: each frame as long after the message that it
// answers as it was. Answers keep their order, so one may wait for the one before.
type pacer struct {
	link  *link
	speed float64
	queue chan paced
	gone  chan struct{} // closed when the client is, or the link is broken
	once  sync.Once
}

type paced struct {
	at     time.Time // of the message
	frames []replay.Frame
}

// newPacer returns a pacer, or nil for everything at once.
func newPacer(l *link, speed float64) *pacer {
	if speed == 0 {
		return nil
	}
	p := &pacer{link: l, speed: speed, queue: make(chan paced, maxPaced), gone: make(chan struct{})}
	go p.run()
	return p
}

// say says frames: at once without a pacer.
func (p *pacer) say(l *link, frames []replay.Frame) error {
	if p == nil {
		return say(l, frames)
	}
	if len(frames) == 0 {
		return nil
	}
	select {
	case p.queue <- paced{time.Now(), frames}:
	case <-p.gone:
	}
	return nil
}

func (p *pacer) run() {
	defer p.end()
	late := time.NewTimer(0)
	defer late.Stop()
	for {
		select {
		case one := <-p.queue:
			for i := range one.frames {
				late.Reset(time.Until(one.at.Add(time.Duration(float64(one.frames[i].At) / p.speed))))
				select {
				case <-late.C:
				case <-p.gone:
					return
				}
				if say(p.link, one.frames[i:i+1]) != nil {
					return // the reader sees it, too
				}
			}
		case <-p.gone:
			return
		}
	}
}

// end lets go of what waits.
func (p *pacer) end() {
	if p != nil {
		p.once.Do(func() { close(p.gone) })
	}
}
