package tap

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strconv"

	"github.com/tetherscope/tetherscope/internal/frame"
	"github.com/tetherscope/tetherscope/internal/record"
)

// Limits of what waits at a wire, for each direction.
const (
	MaxWaiting      = 256     // insertions
	MaxWaitingBytes = 8 << 20 // and their bytes
)

// Why something was not put into a connection.
var (
	ErrEnded     = errors.New("the connection has ended")
	ErrHandshake = errors.New("the handshake is not complete: nothing can be put in before it")
	ErrBroken    = errors.New("this direction broke the protocol, so where its frames begin is not known")
	ErrInMessage = errors.New("a fragmented message is under way, and only control frames may stand inside it (RFC 6455 §5.4)")
	ErrNotWhole  = errors.New("the bytes are not whole frames: what follows them would be taken for the rest of the last one")
	ErrFull      = errors.New("too much waits to be put into this connection already")
	ErrWaiting   = errors.New("no place between two frames came in time: nothing was put in")
	ErrUnread    = errors.New("it is on its way, but its receiver does not read")
)

// Inside says what to do with a data frame when the message before it has not ended yet.
type Inside uint8

// The choices.
const (
	InsideRefuse Inside = iota // fail with ErrInMessage
	InsideWait                 // wait for the end of that message
	InsideForce                // put it in regardless: its receiver will close the connection
)

// Insertion is a run of whole frames to be put into one direction of a connection.
type Insertion struct {
	Frames []byte // as they shall stand on the wire, headers and masks included; not kept after Insert returns without error
	Inside Inside
	Marks  record.Marks // of their records; 0 means record.Injected
}

// Inserted says where an insertion went.
type Inserted struct {
	Offset     uint64           // of its first byte in its direction, as its receiver counts
	Violations frame.Violations // the rules that it broke at that place
}

// Place is how a direction stands at a moment.
type Place struct {
	Ready   bool        // the handshake is complete and nothing broke
	Between bool        // it stands between two frames
	State   frame.State // what the next frame will be judged by
	Waiting int         // insertions that wait
}

// Wire is an open tapped connection as somebody sees it who acts on it. All methods may be called from any goroutine.
// The direction is that of the bytes: [record.In] goes to the client, [record.Out] to the server.
type Wire struct{ c *conn }

// ID returns the number of the connection in the records.
func (w Wire) ID() uint32 { return w.c.id }

// Name returns the name of the tapped endpoint or target.
func (w Wire) Name() string { return w.c.name }

// Remote returns the client's address.
func (w Wire) Remote() string { return w.c.RemoteAddr().String() }

// Heads returns the heads of the handshake, blanked. The response is nil while there is none.
func (w Wire) Heads() (request, response []byte) {
	if r := w.c.response.Load(); r != nil {
		response = *r
	}
	return w.c.request, response
}

// Done is closed when the connection ends.
func (w Wire) Done() <-chan struct{} { return w.c.done }

// Place returns how a direction stands now.
func (w Wire) Place(dir record.Dir) Place { return w.c.way(dir).place() }

// Insert puts whole frames into a direction, together, at the next place between two frames, in the order of the calls. It
// returns when they were handed to their receiver's transport (to the client) or to the server's reader, or with why they
// were not: one of the errors of this package. When ctx ends first, [ErrWaiting] means that they never will be, and
// [ErrUnread] that they will.
func (w Wire) Insert(ctx context.Context, dir record.Dir, ins Insertion) (Inserted, error) {
	if len(ins.Frames) == 0 || !frame.Whole(ins.Frames) {
		return Inserted{}, ErrNotWhole
	}
	if ins.Marks == 0 {
		ins.Marks = record.Injected
	}
	d := w.c.way(dir)
	job := &waiting{Insertion: ins, data: hasData(ins.Frames), done: make(chan struct{})}
	if err := d.enqueue(job); err != nil {
		return Inserted{}, err
	}
	w.c.attend(dir)
	select {
	case <-job.done:
	case <-ctx.Done():
		d.withdraw(job)
	case <-w.c.done: // what was under way has come to its end, too
	}
	return job.outcome()
}

// Finish ends one direction with a FIN, as if its sender had: the client reads the end, or the server does. What was on its
// way stays so.
func (w Wire) Finish(dir record.Dir) error {
	if w.c.ended() {
		return ErrEnded
	}
	if dir == record.In {
		return w.c.finishToClient()
	}
	w.c.finishToServer()
	return nil
}

// Reset ends the connection with a TCP reset; the server's reader fails as well.
func (w Wire) Reset() error {
	if w.c.ended() {
		return ErrEnded
	}
	w.c.end.first(record.SideNone, "reset (RST) on the order of this program", record.Injected)
	return w.c.Reset()
}

// Wire returns the open connection with a number.
func (t *Tap) Wire(id uint32) (Wire, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	c, ok := t.open[id]
	return Wire{c}, ok
}

// Wires returns the open connections, oldest first.
func (t *Tap) Wires() []Wire {
	t.mu.Lock()
	defer t.mu.Unlock()
	list := make([]Wire, 0, len(t.open))
	for _, c := range t.open {
		list = append(list, Wire{c})
	}
	slices.SortFunc(list, func(a, b Wire) int { return cmp.Compare(a.c.id, b.c.id) })
	return list
}

// String names the connection for people.
func (w Wire) String() string { return "connection " + strconv.FormatUint(uint64(w.c.id), 10) }

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
