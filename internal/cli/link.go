package cli

import (
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/internal/frame"
	"github.com/tetherscope/tetherscope/internal/rawws"
)

// maxBody is how many bytes of a message from a peer are kept.
const maxBody = 4 << 20

// handshakeTimeout bounds an opening handshake.
const handshakeTimeout = 10 * time.Second

// link is a WebSocket connection of a command: a [rawws.Peer] whose frames of both directions become records.
type link struct {
	peer    *rawws.Peer
	client  bool // we are the client
	conn    uint32
	out, in *frame.Decoder // what the client sends, what the server sends
	see     func(*record.Record) error

	closeSent atomic.Bool // a close frame of ours went out
	seeing    sync.Mutex  // one record is seen at a time
	failed    error       // of see
	ended     error       // why reading ended; set when read returns
}

// newLink makes a link of a peer and passes on the records of its handshake.
func newLink(p *rawws.Peer, client bool, conn uint32, name, remote string, see func(*record.Record) error) (*link, error) {
	l := &link{
		peer: p, client: client, conn: conn, see: see,
		out: frame.NewDecoder(frame.Config{FromClient: true, Snap: maxBody, Deflate: p.Deflate}),
		in:  frame.NewDecoder(frame.Config{Snap: maxBody, Deflate: p.Deflate}),
	}
	p.BeforeWrite = l.follow // its answer may come before the write returns
	err := l.record(&record.Record{Kind: record.KindRequest, Name: name, Remote: remote, Head: p.Request})
	if err == nil {
		err = l.record(&record.Record{Kind: record.KindResponse, Dir: record.In, Head: p.Response})
	}
	if err != nil {
		l.close()
		return nil, err
	}
	return l, nil
}

// record passes on what happened, and returns what went wrong with that, now or before.
func (l *link) record(r *record.Record) error {
	l.seeing.Lock()
	defer l.seeing.Unlock()
	if l.see != nil && l.failed == nil {
		r.Time, r.Conn = time.Now().UnixNano(), l.conn
		l.failed = l.see(r)
	}
	return l.failed
}

// recordFrame passes on a frame of the client or of the server.
func (l *link) recordFrame(fromClient bool, f *frame.Frame) error {
	r := record.Record{Dir: record.In}
	if fromClient {
		r.Dir = record.Out
	}
	r.SetFrame(f)
	return l.record(&r)
}

// follow makes records of the frames that are about to be written. One write is followed at a time.
func (l *link) follow(frames []byte) (err error) {
	dec := l.decoder(l.client)
	dec.Feed(frames, func(f *frame.Frame) {
		if f.Opcode == frame.Close {
			l.closeSent.Store(true)
		}
		if err == nil {
			err = l.recordFrame(l.client, f)
		}
	})
	if err == nil {
		err = dec.Err()
	}
	return err
}

func (l *link) decoder(fromClient bool) *frame.Decoder {
	if fromClient {
		return l.out
	}
	return l.in
}

// write sends whole frames, masks and all.
func (l *link) write(frames []byte) error {
	_, err := l.peer.Write(frames)
	return err
}

// send sends one frame.
func (l *link) send(h frame.Header, payload []byte) error { return l.peer.WriteFrame(h, payload) }

// read calls each for every frame that comes, until the connection ends, which is no error, or each returns one. A frame is
// valid only during the call.
func (l *link) read(each func(*frame.Frame) error) error {
	err := l.peer.ReadFrames(l.decoder(!l.client), func(f *frame.Frame) error {
		if err := l.recordFrame(!l.client, f); err != nil {
			return err
		}
		return each(f)
	})
	l.ended = err
	if errors.Is(err, rawws.ErrEnded) { // the frames before it say how
		return l.record(&record.Record{Kind: record.KindEnd, Reason: "the connection ended"})
	}
	return err
}

// closeWith sends a close frame, unless one was sent, and ends the connection without waiting for the answer.
func (l *link) closeWith(code uint16) {
	late := time.AfterFunc(2*time.Second, l.close) // when the peer reads nothing
	defer late.Stop()
	if !l.closeSent.Load() {
		_ = l.peer.CloseWith(code, "") // it ends either way
	}
	l.close()
}

// close ends the connection.
func (l *link) close() { _ = l.peer.Close() }
