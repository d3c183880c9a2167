package cli

import (
	"bufio"
	"crypto/rand"
	"io"
	"net"
	"sync"
	"time"

	"github.com/tetherscope/tetherscope/internal/frame"
	"github.com/tetherscope/tetherscope/internal/record"
)

// maxHeard is how many bytes of a message from a peer are kept.
const maxHeard = 4 << 20

// handshakeTime bounds an opening handshake.
const handshakeTime = 10 * time.Second

// link is a WebSocket connection on which every frame is ours to make: libraries refuse to send wrong ones, and join the
// fragments of those that come.
type link struct {
	rw      io.ReadWriteCloser
	r       io.Reader
	client  bool // we are the client
	conn    uint32
	out, in *frame.Decoder // what the client says, what the server says
	see     func(*record.Record) error

	writing sync.Mutex // frames of two writers do not mix
	seeing  sync.Mutex // one record is seen at a time
	failed  error      // of see
}

func newLink(rw io.ReadWriteCloser, r io.Reader, client bool, conn uint32, see func(*record.Record) error) *link {
	return &link{
		rw: rw, r: bufio.NewReader(r), client: client, conn: conn, see: see,
		out: frame.NewDecoder(frame.Config{FromClient: true, Snap: maxHeard}),
		in:  frame.NewDecoder(frame.Config{Snap: maxHeard}),
	}
}

// opened tells of the handshake.
func (l *link) opened(name, remote string, request, response []byte) error {
	if err := l.tell(&record.Record{Kind: record.KindRequest, Name: name, Remote: remote, Head: request}); err != nil {
		return err
	}
	return l.tell(&record.Record{Kind: record.KindResponse, Dir: record.In, Head: response})
}

// tell passes on what happened, and returns what went wrong with that, now or before.
func (l *link) tell(r *record.Record) error {
	l.seeing.Lock()
	defer l.seeing.Unlock()
	if l.see != nil && l.failed == nil {
		r.Time, r.Conn = time.Now().UnixNano(), l.conn
		l.failed = l.see(r)
	}
	return l.failed
}

// follow decodes bytes of one direction and tells of their frames.
func (l *link) follow(fromClient bool, b []byte, each func(*frame.Frame) error) (err error) {
	d, dir := l.in, record.In
	if fromClient {
		d, dir = l.out, record.Out
	}
	d.Feed(b, func(f *frame.Frame) {
		r := record.Record{Dir: dir}
		r.SetFrame(f)
		if err == nil {
			err = l.tell(&r)
		}
		if err == nil && each != nil {
			err = each(f)
		}
	})
	if err == nil {
		err = d.Err()
	}
	return err
}

// write sends whole frames, masks and all. They are told of first: their answer may come before Write returns.
func (l *link) write(frames []byte) error {
	l.writing.Lock()
	defer l.writing.Unlock()
	if nc, ok := l.rw.(net.Conn); ok {
		_ = nc.SetWriteDeadline(time.Now().Add(30 * time.Second)) // a peer that reads nothing is not waited for
	}
	if err := l.follow(l.client, frames, nil); err != nil {
		return err
	}
	_, err := l.rw.Write(frames)
	return err
}

// send sends one frame, with a fresh masking key if we are the client.
func (l *link) send(h frame.Header, payload []byte) error {
	if h.Masked = l.client; h.Masked {
		h.Key = randomKey()
	}
	return l.write(frame.AppendFrame(nil, h, payload))
}

// read calls each for every frame that comes, until the connection ends, which is no error, or each returns one. A frame is
// valid only during the call.
func (l *link) read(each func(*frame.Frame) error) error {
	buf := make([]byte, 32<<10)
	for {
		n, err := l.r.Read(buf)
		if e := l.follow(!l.client, buf[:n], each); e != nil {
			return e
		}
		if err != nil { // however it ended, it ended: what was said before tells the rest
			return l.tell(&record.Record{Kind: record.KindEnd, Reason: "the connection ended"})
		}
	}
}

// bye sends a close frame, unless one was sent, and ends the connection. Nobody waits for the answer.
func (l *link) bye(code uint16) {
	late := time.AfterFunc(2*time.Second, l.close) // when the peer reads nothing
	defer late.Stop()
	l.writing.Lock()
	said := l.out.State().Closed
	if !l.client {
		said = l.in.State().Closed
	}
	l.writing.Unlock()
	if !said {
		_ = l.send(frame.Header{Fin: true, Opcode: frame.Close}, frame.AppendClose(nil, code, "")) // it ends either way
	}
	l.close()
}

// close ends the connection.
func (l *link) close() { _ = l.rw.Close() }

// randomKey returns a masking key.
func randomKey() (key [4]byte) {
	_, _ = rand.Read(key[:]) // it never fails: crypto/rand ends the program instead
	return key
}
