package cli

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/tetherscope/tetherscope/internal/frame"
)

// closingTimeout bounds the closing handshake, and the last bytes of a message to a server that has closed its half.
const closingTimeout = 5 * time.Second

// incoming is what a server says to a command that speaks with it, and what the command must know of that.
type incoming struct {
	link  *link
	want  int           // messages to come; 0 for all
	pongs chan []byte   // payload of the newest ping, to be answered behind what is being written
	ended chan struct{} // closed when reading has ended

	// Set by the reader.
	enough      chan struct{} // closed when as many messages came as are wanted
	peerClosed  chan struct{} // closed when a close frame came
	closeCode   uint16        // of that frame
	closeReason string
	messages    int   // read it when ended
	failed      error // of reading, read it when ended

	quiet atomic.Bool // nothing more is printed
	late  atomic.Bool // the close frame was not answered in time
}

func newIncoming(l *link, want int) *incoming {
	return &incoming{
		link: l, want: want, pongs: make(chan []byte, 1), ended: make(chan struct{}),
		enough: make(chan struct{}), peerClosed: make(chan struct{}),
	}
}

// read reads until the connection ends, and calls see for each frame until nothing more is wanted; see may be nil. It goes on when
// nothing more is printed: bytes that are not read turn a close into a reset, which would cut what the server has not read yet.
func (e *incoming) read(see func(*frame.Frame) error) {
	defer close(e.ended)
	e.failed = e.link.read(func(f *frame.Frame) error {
		if see != nil && !e.quiet.Load() {
			if err := see(f); err != nil {
				return err
			}
		}
		switch {
		case f.Opcode == frame.Ping:
			e.answer(f.Payload)
		case f.Opcode == frame.Close && !closed(e.peerClosed):
			e.closeCode, e.closeReason, _ = frame.ParseClose(f.Payload)
			close(e.peerClosed)
		}
		if f.Message == nil || closed(e.enough) {
			return nil
		}
		if e.messages++; e.messages == e.want {
			e.quiet.Store(true)
			close(e.enough)
		}
		return nil
	})
}

// answer lets the newest ping be answered (RFC 6455 §5.5.3 allows to leave out earlier ones).
func (e *incoming) answer(payload []byte) {
	select {
	case <-e.pongs:
	default:
	}
	select {
	case e.pongs <- append([]byte(nil), payload...):
	default:
	}
}

// pong sends an answer to a ping.
func (e *incoming) pong(payload []byte) error {
	return e.link.send(frame.Header{Fin: true, Opcode: frame.Pong}, payload)
}

// finish closes the connection with its closing handshake: the server's answer says that it has read what came before.
func (e *incoming) finish(ctx context.Context, io *IO) {
	code := uint16(1000) // normal closure
	if closed(e.peerClosed) {
		code = e.closeCode // the answer has the code of what it answers
	}
	late := time.AfterFunc(closingTimeout, func() {
		e.late.Store(true)
		e.link.close()
	})
	defer late.Stop()
	defer context.AfterFunc(ctx, e.link.close)()
	if !e.link.closeSent.Load() {
		_ = e.link.peer.CloseWith(code, "") // the reader says how it ended
	}
	select {
	case <-e.peerClosed:
	case <-e.ended:
	}
	if e.late.Load() {
		io.notice("the server did not answer the close frame within %v\n", closingTimeout)
	}
}

// closed reports whether a channel that carries nothing was closed.
func closed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}
