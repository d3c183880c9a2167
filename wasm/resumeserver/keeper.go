//go:build !js

package resumeserver

import (
	"context"
	"errors"
	"sync"
	"time"
)

const (
	storeTimeout = 3 * time.Second        // for an answer of the store
	storeRetry   = 100 * time.Millisecond // between attempts while it cannot be reached
	storeBatch   = 256                    // sessions in one Save
	handlerGrace = time.Second            // how long what a handler writes waits for it to come back to Read
	closeGrace   = 2 * time.Second        // how long Close waits for handlers to come back
)

// keeper saves the sessions of a server in its store, many at once, on one goroutine: while it waits for an answer the next
// changes gather.
//
// While the store cannot be reached, sessions wait for the time of its grace, because a client that changes its node then would lose
// the session. After that they go on in memory, each from when its client has confirmed a token of this node: what the store
// has of it is not what the client knows from then on. When the store is back, everything is saved there again.
type keeper struct {
	table *table
	store Store
	wake  chan struct{}
	quit  chan struct{} // closed by close
	done  chan struct{}

	mu    sync.Mutex
	dirty map[*Session]struct{}
	ended []Step
	alone bool      // the store cannot be reached, and sessions go on in memory
	seen  time.Time // when the store answered last
}

func newKeeper(t *table, s Store) *keeper {
	k := &keeper{table: t, store: s, wake: make(chan struct{}, 1), quit: make(chan struct{}), done: make(chan struct{}), dirty: map[*Session]struct{}{}, seen: time.Now()}
	go k.run()
	return k
}

// mark notes that there is something to save of s.
func (k *keeper) mark(s *Session) {
	k.mu.Lock()
	k.dirty[s] = struct{}{}
	k.mu.Unlock()
	k.nudge()
}

// end notes that a session is over.
func (k *keeper) end(st Step) {
	k.mu.Lock()
	k.ended = append(k.ended, st)
	k.mu.Unlock()
	k.nudge()
}

func (k *keeper) nudge() {
	select {
	case k.wake <- struct{}{}:
	default:
	}
}

// isAlone reports whether sessions go on without the store.
func (k *keeper) isAlone() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.alone
}

func (k *keeper) run() {
	defer close(k.done)
	tick := time.NewTicker(min(k.store.Grace()/4, k.table.server.Lifetime/4))
	defer tick.Stop()
	for {
		select {
		case <-k.wake:
			k.saveAll()
		case <-tick.C:
			k.check()
		case <-k.quit:
			return
		}
	}
}

// saveAll saves what is marked, until nothing is or the store does not answer. Without the store, sessions go on alone.
func (k *keeper) saveAll() {
	for {
		if k.isAlone() {
			k.goOnAlone()
			return
		}
		sessions, steps := k.collect()
		if len(steps) == 0 {
			return
		}
		if !k.settle(sessions, steps, k.save(steps)) && !k.goesOn() {
			time.AfterFunc(storeRetry, k.nudge)
			return
		}
	}
}

// goOnAlone lets every marked session go on without the store.
func (k *keeper) goOnAlone() {
	k.mu.Lock()
	marked := k.dirty
	k.dirty = map[*Session]struct{}{}
	k.mu.Unlock()
	for s := range marked {
		s.goOnAlone()
	}
}

func (k *keeper) save(steps []Step) []error {
	ctx, cancel := context.WithTimeout(context.Background(), storeTimeout)
	defer cancel()
	return k.store.Save(ctx, steps)
}

// collect returns some steps and their sessions; nil for one that is over. Sessions of which nothing can be saved now are marked
// again when something can.
func (k *keeper) collect() (sessions []*Session, steps []Step) {
	k.mu.Lock()
	n := min(len(k.ended), storeBatch)
	steps = append(steps, k.ended[:n]...)
	k.ended = k.ended[n:]
	sessions = make([]*Session, n)
	var marked []*Session
	for s := range k.dirty {
		if len(marked) == storeBatch {
			break
		}
		marked = append(marked, s)
		delete(k.dirty, s)
	}
	k.mu.Unlock()
	for _, s := range marked {
		if st, ok := s.step(); ok {
			sessions, steps = append(sessions, s), append(steps, st)
		}
	}
	return sessions, steps
}

// settle does what follows from the store's answers, and reports whether it could be reached.
func (k *keeper) settle(sessions []*Session, steps []Step, errs []error) (reached bool) {
	reached = true
	for i, st := range steps {
		s, err := sessions[i], errs[i]
		switch {
		case s == nil && isAnswer(err):
		case s == nil:
			reached = false
			k.retryEnd(st)
		case err == nil:
			s.saved(st)
		case errors.Is(err, ErrMoved) && s.refused(st):
			k.table.remove(s, ErrMoved)
		case errors.Is(err, ErrMoved):
			k.mark(s)
		case errors.Is(err, ErrUnknown):
			s.notSaved(st, true)
			k.mark(s)
		default:
			reached = false
			s.notSaved(st, false)
			k.mark(s)
		}
	}
	if reached {
		k.answered()
	}
	return reached
}

// retryEnd keeps the end of a session for later, unless too many are kept: the store forgets it by itself in the end.
func (k *keeper) retryEnd(st Step) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if !k.alone && len(k.ended) < k.table.server.MaxSessions {
		k.ended = append(k.ended, st)
	}
}

// isAnswer reports whether the store has answered.
func isAnswer(err error) bool {
	return err == nil || errors.Is(err, ErrMoved) || errors.Is(err, ErrUnknown)
}

// goesOn reports whether sessions go on without the store, as they do when it has not answered for the time of its grace.
func (k *keeper) goesOn() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.alone = k.alone || time.Since(k.seen) > k.store.Grace()
	return k.alone
}

// answered notes that the store can be reached.
func (k *keeper) answered() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.alone, k.seen = false, time.Now()
}

// check asks whether the store can be reached, and lets it not forget sessions in which nothing happens.
func (k *keeper) check() {
	ctx, cancel := context.WithTimeout(context.Background(), storeTimeout)
	defer cancel()
	if k.store.Reach(ctx) == nil {
		k.answered()
	} else {
		k.goesOn()
	}
	k.table.markIdle()
	k.saveAll()
}

// close saves what handlers have finished.
func (k *keeper) close() {
	close(k.quit)
	<-k.done
	k.saveAll()
}
