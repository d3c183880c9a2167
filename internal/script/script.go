package script

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/internal/rewrite"
	"github.com/tetherscope/tetherscope/internal/script/wire"
	"github.com/tetherscope/tetherscope/internal/tap/fault"
)

// WorkerArg is the first argument of the program with which it is a worker.
const WorkerArg = "script-worker"

// Limits bound a script.
type Limits struct {
	Steps   uint64        // of the interpreter, for each message
	Memory  uint64        // bytes of the worker's heap
	Message time.Duration // that a message waits for its turn at most, and that the script has for it then
	Start   time.Duration // until a worker has loaded the script
	Pause   time.Duration // after the first end of a worker, before the next one
	Poll    time.Duration // between looks at the file
}

// DefaultLimits are the limits of a server.
var DefaultLimits = Limits{
	Steps: 10_000_000, Memory: 256 << 20, Message: time.Second, Start: 10 * time.Second, Pause: 100 * time.Millisecond, Poll: 300 * time.Millisecond,
}

const (
	maxWaiting = 64
	maxPause   = 10 * time.Second
)

// Options say which script is run, and how.
type Options struct {
	File   string
	Strict bool                           // a connection is closed when the script fails, rather than the message passed on as it is
	Log    func(conn uint32, line string) // is called with each line that the script prints for a message, with its errors, and with what became of the file and the worker (for no connection: 0); never two at once
	Limits Limits                         // the zero value means DefaultLimits
}

// Errors of a message, besides those of the script.
var (
	ErrBusy   = errors.New("too many messages wait for the script")
	ErrLate   = errors.New("the script did not answer in time")
	ErrDown   = errors.New("the script's worker has ended, and the next one was not started yet")
	ErrLong   = errors.New("the message has more than 8 MiB")
	ErrClosed = errors.New("the script was closed")
)

// Error is what is wrong in a script. Its text begins with the file, line and column.
type Error struct{ Text string }

// Error returns the text.
func (e *Error) Error() string { return e.Text }

// Script is a script that was loaded. Its methods may be called from any goroutine.
type Script struct {
	opts    Options
	notes   notes
	idle    chan *process // the worker, while no message is at it
	died    chan struct{}
	closed  chan struct{}
	done    chan struct{} // the goroutine has ended
	waiting atomic.Int32
	off     atomic.Bool
	stop    sync.Once

	mu      sync.Mutex
	current *process  // nil after its end
	next    time.Time // when another worker starts
	ends    int       // of workers, in a row
	source  []byte    // that the worker has
}

// Open starts a worker and loads a script. It fails with an [*Error] when the script has one.
func Open(ctx context.Context, o Options) (*Script, error) {
	if o.Limits == (Limits{}) {
		o.Limits = DefaultLimits
	}
	source, err := readFile(o.File)
	if err != nil {
		return nil, err
	}
	s := &Script{
		opts: o, idle: make(chan *process, 1), died: make(chan struct{}, 1), closed: make(chan struct{}), done: make(chan struct{}), source: source,
	}
	s.notes.log = o.Log
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	p, err := s.start(source)
	if err != nil {
		return nil, err
	}
	s.use(p, source)
	go s.keep()
	return s, nil
}

// Close ends the worker. Messages pass as they are from then on.
func (s *Script) Close() {
	s.stop.Do(func() { close(s.closed) })
	<-s.done
}

// SetActive switches the script on or off. While it is off every message passes as it is, is not counted, and waits for nothing; the worker and its
// state stay.
func (s *Script) SetActive(on bool) { s.off.Store(!on) }

// Active reports whether the script is on, as it is when it was opened.
func (s *Script) Active() bool { return !s.off.Load() }

// Message returns what the script makes of a message. It returns within twice the time of the limits, also when the script does not.
func (s *Script) Message(m *fault.ScriptMessage) (fault.ScriptResult, error) {
	if s.off.Load() {
		return fault.ScriptResult{}, nil
	}
	reply, err := s.ask(m)
	if err == nil && reply.Error != "" {
		err = &Error{reply.Error}
	}
	if err != nil {
		s.notes.failed(m.Conn, err)
		if s.opts.Strict {
			return fault.ScriptResult{Changed: true, Close: &fault.ScriptClose{Code: strictCode, Reason: "the script of the proxy failed"}}, err
		}
		return fault.ScriptResult{}, err
	}
	s.notes.decided(reply)
	return resultOf(reply), nil
}

// strictCode says that a server met an unexpected condition (RFC 6455 §7.4.1).
const strictCode = 1011

// ask gives the worker a message.
func (s *Script) ask(m *fault.ScriptMessage) (*wire.Reply, error) {
	if len(m.Payload) > wire.MaxBytes {
		return nil, ErrLong
	}
	if s.waiting.Add(1) > maxWaiting {
		s.waiting.Add(-1)
		return nil, ErrBusy
	}
	defer s.waiting.Add(-1)
	p, err := s.take(time.Now().Add(s.opts.Limits.Message))
	if err != nil {
		return nil, err
	}
	begin := time.Now()
	reply, err := p.call(messageOf(m), s.opts.Limits.Message)
	s.notes.called(time.Since(begin))
	s.put(p, err)
	if err != nil {
		return nil, err
	}
	s.notes.printed(m.Conn, reply.Prints, reply.Unshown)
	return reply, nil
}

// take waits for the worker.
func (s *Script) take(deadline time.Time) (*process, error) {
	s.mu.Lock()
	down := s.current == nil && s.next.After(deadline)
	s.mu.Unlock()
	if down {
		return nil, ErrDown
	}
	timer := time.NewTimer(time.Until(deadline))
	defer timer.Stop()
	select {
	case p := <-s.idle:
		return p, nil
	case <-s.closed:
		return nil, ErrClosed
	case <-timer.C:
		return nil, ErrLate
	}
}

// put gives the worker back, or ends it when it has failed or is no longer the one in use.
func (s *Script) put(p *process, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case p != s.current:
		p.end()
	case err != nil:
		p.end()
		s.current = nil
		s.ends++
		s.next = time.Now().Add(pause(s.opts.Limits.Pause, s.ends))
		select {
		case s.died <- struct{}{}:
		default: // an earlier end was not noticed yet
		}
	default:
		s.ends = 0
		s.idle <- p // which has room for the one that is in use
	}
}

// pause returns how long to wait after so many ends in a row.
func pause(first time.Duration, ends int) time.Duration {
	return min(first<<min(ends-1, 20), maxPause)
}

// messageOf returns a message as the worker gets it.
func messageOf(m *fault.ScriptMessage) *wire.Message {
	path, target := names(m.Called.Path)
	return &wire.Message{
		Conn: m.Conn, Out: m.Dir == record.Out, Number: m.Number, Text: m.Text, Payload: m.Payload, Path: path, Host: m.Called.Host, Target: target,
	}
}

// resultOf returns what the worker said.
func resultOf(r *wire.Reply) (out fault.ScriptResult) {
	if !r.Changed {
		return out
	}
	out.Changed, out.Answers = true, r.Answers
	for _, p := range r.Messages {
		out.Messages = append(out.Messages, rewrite.Message{Text: p.Text, Payload: p.Payload})
	}
	if r.Closes {
		out.Close = &fault.ScriptClose{Code: r.Code, Reason: r.Reason}
	}
	return out
}
