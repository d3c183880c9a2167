package jsbridge

import "time"

// watch looks from time to time how much a plain socket has buffered, until that is what is waited for. The bridge's own
// is in static/bridge.js. It has no lock: a program for js runs on one thread, and nothing here waits.
type watch struct {
	timer  *time.Timer
	mark   int
	before int           // bytes at the last look
	pause  time.Duration // until the next
}

// The bounds of the pause between two looks. The first is what a browser makes of any short timer; the second is how late
// the news may be when the network suddenly runs again.
const (
	shortestLook = 4 * time.Millisecond
	longestLook  = 64 * time.Millisecond
)

// Watch implements [Socket].
func (p *plain) Watch(mark int) {
	w := &p.watch
	if p.gone.Load() {
		return
	}
	w.mark, w.before, w.pause = mark, p.BufferedAmount(), shortestLook
	w.again(p.look)
}

// look is one look.
func (p *plain) look() {
	if p.gone.Load() {
		return
	}
	w, now := &p.watch, p.BufferedAmount()
	if now <= w.mark {
		p.handler.Drained()
		return
	}
	w.pause, w.before = nextLook(w.pause, w.before, now, w.mark), now
	w.again(p.look)
}

// nextLook is when the mark will be reached if things go on as since the last look; twice as late as that if they do not
// go on at all.
func nextLook(pause time.Duration, before, now, mark int) time.Duration {
	next := 2 * pause
	if fallen := before - now; fallen > 0 {
		next = time.Duration(float64(pause) * float64(now-mark) / float64(fallen))
	}
	return min(max(next, shortestLook), longestLook)
}

func (w *watch) again(look func()) {
	w.stop()
	w.timer = time.AfterFunc(w.pause, look)
}

func (w *watch) stop() {
	if w.timer != nil {
		w.timer.Stop()
	}
}
