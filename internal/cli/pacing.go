package cli

import (
	"sync"
	"time"

	"github.com/tetherscope/tetherscope/internal/cli/replay"
)

// maxPaced is how many answers wait for their time; with more, the client is not read.
const maxPaced = 256

// pacing sends answers at the pace of the capture, or so many times as fast: each frame as long after the message that it
// answers as it was. Answers keep their order, so one may wait for the one before.
type pacing struct {
	link  *link
	speed float64
	queue chan paced
	gone  chan struct{} // closed when the client is gone, or the link is broken
	once  sync.Once
}

type paced struct {
	at     time.Time // of the message
	frames []replay.Frame
}

// newPacing returns a pacing, or nil for everything at once.
func newPacing(l *link, speed float64) *pacing {
	if speed == 0 {
		return nil
	}
	p := &pacing{link: l, speed: speed, queue: make(chan paced, maxPaced), gone: make(chan struct{})}
	go p.run()
	return p
}

// send sends frames: at once without a pacing.
func (p *pacing) send(l *link, frames []replay.Frame) error {
	if p == nil {
		return sendFrames(l, frames)
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

func (p *pacing) run() {
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
				if sendFrames(p.link, one.frames[i:i+1]) != nil {
					return // the reader sees it, too
				}
			}
		case <-p.gone:
			return
		}
	}
}

// end drops the answers that wait.
func (p *pacing) end() {
	if p != nil {
		p.once.Do(func() { close(p.gone) })
	}
}
