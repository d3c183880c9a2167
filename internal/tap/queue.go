package tap

import (
	"slices"

	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/internal/frame"
)

// Limits of the injections that wait on a connection, for each direction.
const (
	MaxWaiting      = 256     // injections
	MaxWaitingBytes = 8 << 20 // and their bytes
)

// Inside says what to do with a data frame when the message before it has not ended yet.
type Inside uint8

// The choices.
const (
	InsideRefuse Inside = iota // fail with ErrInMessage
	InsideWait                 // wait for the end of that message
	InsideForce                // inject it regardless: its receiver will close the connection
)

// Injection is a run of whole frames to be injected into one direction of a connection.
type Injection struct {
	Frames []byte // as they are sent, headers and masks included; not kept after Inject returns without error
	Inside Inside
	Marks  record.Marks // of their records; 0 means record.Injected
}

// Injected says where an injection was sent.
type Injected struct {
	Offset     uint64           // of its first byte in its direction, as its receiver counts
	Violations frame.Violations // the rules that it violated at that place
}

// queue holds the injections that wait for a direction. The direction's lock guards it.
type queue struct {
	jobs   []*waiting
	bytes  int
	closed error // why nothing can be injected any more
}

// waiting is an injection in a queue. The direction's lock guards everything but done until done is closed.
type waiting struct {
	Injection
	data bool // more than control frames

	taken bool // its bytes are being sent
	where Injected
	err   error
	done  chan struct{}
}

// outcome is what Inject returns. The job is done.
func (w *waiting) outcome() (Injected, error) {
	<-w.done
	return w.where, w.err
}

// end completes the job, once.
func (w *waiting) end(err error) {
	select {
	case <-w.done:
	default:
		w.err = err
		close(w.done)
	}
}

// add appends a job unless that would exceed the limits.
func (q *queue) add(job *waiting) error {
	if len(q.jobs) >= MaxWaiting || q.bytes+len(job.Frames) > MaxWaitingBytes {
		return ErrFull
	}
	q.jobs = append(q.jobs, job)
	q.bytes += len(job.Frames)
	return nil
}

// remove takes a job out of the queue.
func (q *queue) remove(job *waiting) {
	if i := slices.Index(q.jobs, job); i >= 0 {
		q.jobs = append(q.jobs[:i], q.jobs[i+1:]...)
		q.bytes -= len(job.Frames)
	}
}

// failAll completes all jobs with an error.
func (q *queue) failAll(err error) {
	for _, job := range q.jobs {
		job.end(err)
	}
	q.jobs, q.bytes = nil, 0
}

// nextDue returns the job that can be sent where the decoder stands, or nil. One that waits for the end of a message lets
// those after it overtake.
func (q *queue) nextDue(dec *frame.Decoder) *waiting {
	if dec == nil || len(q.jobs) == 0 {
		return nil
	}
	if dec.Err() != nil {
		q.failAll(ErrBroken)
		return nil
	}
	if dec.Left() != 0 {
		return nil
	}
	inside := dec.State().InMessage
	for i := 0; i < len(q.jobs); i++ {
		job := q.jobs[i]
		switch {
		case !inside || !job.data || job.Inside == InsideForce:
			return job
		case job.Inside == InsideRefuse:
			q.remove(job)
			job.end(ErrInMessage)
			i--
		}
	}
	return nil
}
