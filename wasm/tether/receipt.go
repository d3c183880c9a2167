package tether

import (
	"context"
	"strconv"
	"sync"

	"github.com/tetherscope/tetherscope/wasm/internal/broadcast"
)

// Stage is how far a message has come.
type Stage uint8

// The stages, in the order in which a message can reach them. The last three end the journey.
const (
	StageUnsent       Stage = iota // not accepted by Send yet
	StageQueued                    // in the outbox
	StageHandedOver                // taken by the platform for an open connection
	StageFlushed                   // out of the platform's buffer, on its way through the network
	StageAcknowledged              // the server has said that it has it; only a resumable connection reports it
	StageUncertain                 // the connection ended while the platform had the message: it cannot be known
	StageDiscarded                 // it was not sent and will not be
)

var stageNames = [...]string{"Unsent", "Queued", "HandedOver", "Flushed", "Acknowledged", "Uncertain", "Discarded"}

// String returns the name of the constant.
func (s Stage) String() string {
	if int(s) < len(stageNames) {
		return stageNames[s]
	}
	return "Stage(" + strconv.Itoa(int(s)) + ")"
}

// Receipt follows one message; see [Track]. Its zero value is ready for use. Its methods may be called from any goroutine.
// It must not be copied after use.
type Receipt struct {
	mu      sync.Mutex
	stage   Stage
	err     error
	from    canceller
	changed broadcast.Broadcaster
}

// canceller is what can still take a message back: the outbox.
type canceller interface{ cancel(*Receipt) bool }

// Stage returns how far the message has come, and for StageDiscarded why: [ErrQueueFull], [ErrExpired], [ErrReplaced],
// [ErrNotConnected], [ErrCanceled] or [ErrClosed]; for StageUncertain [ErrUncertain].
func (r *Receipt) Stage() (Stage, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.stage, r.err
}

// Wait waits until the message has come as far as stage, and returns nil. It returns the error of [Receipt.Stage] if the
// message will never come so far, and ctx's cause if that ends first. Without a resumable connection nothing is ever
// StageAcknowledged: ask for StageFlushed.
func (r *Receipt) Wait(ctx context.Context, stage Stage) error {
	for {
		changed := r.changed.Next()
		at, err := r.Stage()
		switch {
		case err != nil:
			return err
		case at >= stage:
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// Cancel takes the message out of the outbox. It reports false if it is too late for that: the message was handed over,
// or is being handed over, or was given up already.
func (r *Receipt) Cancel() bool {
	r.mu.Lock()
	from := r.from
	r.mu.Unlock()
	if from == nil || !from.cancel(r) {
		return false
	}
	r.settle(StageDiscarded, ErrCanceled)
	return true
}

// accept begins to follow. It comes before the message can be taken by the client's goroutine.
func (r *Receipt) accept(from canceller) {
	r.mu.Lock()
	used := r.stage != StageUnsent
	r.stage, r.from = StageQueued, from
	r.mu.Unlock()
	if used {
		panic("tether: a Receipt follows one message, this one was used before")
	}
}

// settle goes on to stage, unless the journey has ended. A nil Receipt is ignored.
func (r *Receipt) settle(stage Stage, err error) {
	if r == nil {
		return
	}
	r.mu.Lock()
	if r.err == nil && r.stage != StageAcknowledged && stage > r.stage {
		r.stage, r.err = stage, err
	}
	r.mu.Unlock()
	r.changed.Broadcast()
}
