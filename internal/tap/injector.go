package tap

import (
	"context"
	"strconv"

	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/internal/frame"
)

// Injector acts on an open tapped connection: it injects frames, resolves intercepted ones, and ends the connection. All methods
// may be called from any goroutine. A direction is that of the bytes: [record.In] goes to the client, [record.Out] to the server.
type Injector struct{ c *conn }

// ID returns the number of the connection in the records.
func (i Injector) ID() uint32 { return i.c.id }

// Name returns the name of the tapped endpoint or target.
func (i Injector) Name() string { return i.c.name }

// Remote returns the client's address.
func (i Injector) Remote() string { return i.c.RemoteAddr().String() }

// Heads returns the heads of the handshake, redacted. The response is nil while there is none.
func (i Injector) Heads() (request, response []byte) {
	if r := i.c.response.Load(); r != nil {
		response = *r
	}
	return i.c.request, response
}

// Done is closed when the connection ends.
func (i Injector) Done() <-chan struct{} { return i.c.done }

// Place returns the state of a direction.
func (i Injector) Place(dir record.Dir) Place { return i.c.direction(dir).place() }

// Inject sends whole frames in a direction, together, at the next boundary between two frames, in the order of the calls. It
// returns when they were written to the client or handed to the server's reader; otherwise the error is one of this package's
// and says why not. When ctx ends first, [ErrWaiting] means that they will not be sent, and [ErrUnread] that they will.
func (i Injector) Inject(ctx context.Context, dir record.Dir, ins Injection) (Injected, error) {
	if len(ins.Frames) == 0 || !frame.Whole(ins.Frames) {
		return Injected{}, ErrNotWhole
	}
	if ins.Marks == 0 {
		ins.Marks = record.Injected
	}
	d := i.c.direction(dir)
	job := &waiting{Injection: ins, data: hasData(ins.Frames), done: make(chan struct{})}
	if err := d.enqueue(job); err != nil {
		return Injected{}, err
	}
	i.c.wake(dir)
	select {
	case <-job.done:
	case <-ctx.Done():
		d.withdraw(job)
	case <-i.c.done: // the job is complete then, too
	}
	return job.outcome()
}

// Finish ends one direction with a FIN, as if its sender had: the client reads the end, or the server does. Bytes that were sent
// before still arrive.
func (i Injector) Finish(dir record.Dir) error {
	if i.c.ended() {
		return ErrEnded
	}
	if dir == record.In {
		return i.c.halfClose("ended towards the client (FIN) on the order of this program")
	}
	i.c.finishToServer()
	return nil
}

// Reset ends the connection with a TCP reset; the server's reader fails as well.
func (i Injector) Reset() error {
	if i.c.ended() {
		return ErrEnded
	}
	i.c.end.tcpEnded(record.SideNone, "reset (RST) on the order of this program", record.Injected)
	return i.c.Reset()
}

// Injector returns the open connection with a number.
func (t *Tap) Injector(id uint32) (Injector, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	c, ok := t.open[id]
	return Injector{c}, ok
}

// Injectors returns the open connections, oldest first.
func (t *Tap) Injectors() []Injector {
	t.mu.Lock()
	defer t.mu.Unlock()
	open := t.inOrder()
	list := make([]Injector, len(open))
	for i, c := range open {
		list[i] = Injector{c}
	}
	return list
}

// String names the connection for people.
func (i Injector) String() string { return "connection " + strconv.FormatUint(uint64(i.c.id), 10) }

// hasData reports whether whole frames hold more than control frames.
func hasData(frames []byte) bool {
	for len(frames) > 0 {
		h, n := frame.ParseHeader(frames)
		if !h.Opcode.IsControl() {
			return true
		}
		frames = frames[n+int(h.Length):]
	}
	return false
}
