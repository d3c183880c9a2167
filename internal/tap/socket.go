package tap

import (
	"errors"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tetherscope/tetherscope/internal/capture/record"
)

// socket is what all paths of a connection share: the connection to the client, its two directions, and its end.
type socket struct {
	client  net.Conn
	relays  atomic.Bool // a proxy carries the bytes to its target and back
	out, in direction
	end     ending
	done    chan struct{} // closed at the end
	over    sync.Once
	forget  func() // called at the end

	writing    sync.Mutex    // held while bytes go to the client, so that frames stay whole
	kickWriter chan struct{} // wakes a writer that waits for room in its shaper

	reading sync.Mutex // held while bytes come from the client or from an injection
	unread  []byte     // injected or shaped bytes that the server reads next
	readErr error      // how reading from the client ended while a shaper had bytes for the server
	waker   readWaker
	kick    chan struct{} // wakes a reader that waits for its shaper without reading
}

func (s *socket) init(nc net.Conn, log recorder, forget func()) {
	s.client, s.forget = nc, forget
	s.done, s.kick, s.kickWriter = make(chan struct{}), make(chan struct{}, 1), make(chan struct{}, 1)
	s.end.rec = log
	s.out.init(log, &s.end, record.Out)
	s.in.init(log, &s.end, record.In)
	s.out.wakeReader = s.wakeReader
}

// wakeReader has the server's reader choose its path again.
func (s *socket) wakeReader() {
	select {
	case s.kick <- struct{}{}:
	default:
	}
	s.waker.wake(s.client)
}

// receive reads from the client into the first room bytes of p, and records what came.
func (s *socket) receive(p []byte, room int) (int, error) {
	n, err := s.client.Read(p[:room])
	if n == 0 && err != nil && s.waker.interrupted(s.client, err) {
		return 0, errPathChanged
	}
	if n > 0 && s.out.acting.Load() && s.out.shaped() { // rules were set while the read waited
		s.out.collect(p[:n])
		if err != nil {
			s.sourceEnded(err)
		}
		return 0, errPathChanged
	}
	if n > 0 {
		s.out.feed(p[:n])
	}
	if err != nil {
		s.readFailed(err)
	}
	return n, err
}

// readUnread reads from the bytes that were injected or shaped.
func (s *socket) readUnread(p []byte) int {
	n := copy(p, s.unread)
	if s.unread = s.unread[n:]; len(s.unread) == 0 {
		s.unread = nil
	}
	return n
}

func (s *socket) readFailed(err error) {
	s.end.failed(err, "read")
	if !errors.Is(err, os.ErrDeadlineExceeded) {
		s.out.close(ErrEnded) // nothing that is injected will be read
	}
}

// sourceEnded notes that reading from the client of a shaped direction has ended. The server sees that when the shaper has
// ended, too.
func (s *socket) sourceEnded(err error) {
	s.readFailed(err)
	s.readErr = err
	s.out.endShaper()
}

// send records p and writes it to the client.
func (s *socket) send(p []byte) (int, error) {
	s.in.feed(p)
	n, err := s.client.Write(p)
	switch {
	case err != nil:
		s.writeFailed(err, len(p)-n)
	case s.relays.Load():
		s.in.transit()
	}
	return n, err
}

func (s *socket) writeFailed(err error, unsent int) {
	s.end.failed(err, "write")
	s.end.notSent(unsent)
}

// halfClose ends the direction to the client where the transport can, and records that.
func (s *socket) halfClose(how string) error {
	half, ok := s.client.(halfCloser)
	if !ok {
		return errors.ErrUnsupported
	}
	s.end.tcpEnded(record.SideNone, how, record.Injected)
	s.in.close(ErrEnded)
	return half.CloseWrite()
}

// finishToServer ends the direction to the server on order: its reader gets io.EOF.
func (s *socket) finishToServer() {
	s.end.tcpEnded(record.SideNone, "ended towards the server (FIN) on the order of this program", record.Injected)
	s.out.close(ErrEnded)
	s.out.order()
	s.wakeReader()
}

// resetByRule resets the connection because a fault rule says so.
func (s *socket) resetByRule() {
	if tcp := tcpBeneath(s.client); tcp != nil {
		_ = tcp.SetLinger(0) // without it, the end is a FIN
	}
	s.end.tcpEnded(record.SideNone, "reset (RST) by a rule", record.Injected)
	_ = s.finish() // the connection has ended, whatever it returns
}

// finish closes the connection to the client and records the end.
func (s *socket) finish() error {
	err := s.client.Close()
	s.out.finish()
	s.in.finish()
	s.end.record()
	s.over.Do(func() {
		s.forget()
		s.out.close(ErrEnded)
		s.in.close(ErrEnded)
		close(s.done)
	})
	return err
}

func (s *socket) ended() bool {
	select {
	case <-s.done:
		return true
	default:
		return false
	}
}

// setReadDeadline sets the deadline that the server wants for its reads.
func (s *socket) setReadDeadline(t time.Time) error { return s.waker.set(s.client, t) }
