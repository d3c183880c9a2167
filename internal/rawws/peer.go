package rawws

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"time"

	"github.com/tetherscope/tetherscope/internal/frame"
	"github.com/tetherscope/tetherscope/internal/tcpend"
)

const (
	// defaultWriteTimeout is how long a write waits for a peer that does not read, unless WriteTimeout says otherwise.
	defaultWriteTimeout = 30 * time.Second
	// writeStep is how many bytes must pass within that time: a long message to a slow peer is no fault.
	writeStep = 256 << 10
)

// ErrEnded is wrapped by the error of [Peer.ReadFrames] when the connection ended, however it did.
var ErrEnded = errors.New("the connection ended")

// Peer is one end of a WebSocket connection. One goroutine reads; any goroutine writes and closes. The exported fields
// are set before the first read or write and not changed afterwards.
type Peer struct {
	Request, Response []byte                    // HTTP heads of the opening handshake
	Deflate           *frame.DeflateParams      // the agreed permessage-deflate; nil without compression
	WriteTimeout      time.Duration             // limit for each 256 KiB of a write; 0 means 30 s
	BeforeWrite       func(frames []byte) error // called with the bytes of every write, in their order; may be nil

	conn   io.ReadWriteCloser
	in     io.Reader
	net    net.Conn // the network connection, for deadlines and resets
	client bool

	mu         sync.Mutex // of writing
	buf        []byte
	compressor *frame.Deflater
	closeSent  bool // by Close
}

// MaskingKey returns an unpredictable masking key (RFC 6455 §5.3).
func MaskingKey() (key [4]byte) {
	_, _ = rand.Read(key[:]) // it never fails: crypto/rand ends the program instead
	return key
}

// Write sends whole frames, or parts of frames, as they are. After [Peer.CloseWith] it returns [net.ErrClosed].
func (p *Peer) Write(frames []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.write(frames)
}

// WriteFrame sends one frame, with a fresh masking key if the peer is a client. h.Length is set to the payload's length.
func (p *Peer) WriteFrame(h frame.Header, payload []byte) error {
	if h.Masked = p.client; h.Masked {
		h.Key = MaskingKey()
	}
	return p.WriteFrames(func(dst []byte) []byte { return frame.AppendFrame(dst, h, payload) })
}

// WriteFrames sends the bytes that build appends to dst in one write, so that no other frame comes between them.
func (p *Peer) WriteFrames(build func(dst []byte) []byte) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.buf = build(p.buf[:0])
	_, err := p.write(p.buf)
	return err
}

// CloseWith sends a close frame with a code and a reason, unless it was called before (RFC 6455 §5.5.1). No other frame is
// sent after it. The code [frame.CodeNoStatus] gives an empty close frame.
func (p *Peer) CloseWith(code uint16, reason string) error {
	h := frame.Header{Fin: true, Opcode: frame.Close, Masked: p.client}
	if h.Masked {
		h.Key = MaskingKey()
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closeSent {
		return nil
	}
	p.buf = frame.AppendFrame(p.buf[:0], h, frame.AppendClose(nil, code, reason))
	_, err := p.write(p.buf)
	p.closeSent = true
	return err
}

// write sends b. The caller holds mu.
func (p *Peer) write(b []byte) (int, error) {
	if p.closeSent {
		return 0, net.ErrClosed
	}
	limit := p.WriteTimeout
	if limit == 0 {
		limit = defaultWriteTimeout
	}
	if p.BeforeWrite != nil {
		if err := p.BeforeWrite(b); err != nil {
			return 0, err
		}
	}
	for sent := 0; ; {
		if err := p.net.SetWriteDeadline(time.Now().Add(limit)); err != nil {
			return sent, err
		}
		n, err := p.conn.Write(b[sent:min(sent+writeStep, len(b))])
		if sent += n; err != nil || sent == len(b) {
			return sent, err
		}
	}
}

// Compress returns a message compressed with the agreed parameters and reports true, or returns it unchanged. The first
// frame of a compressed message needs [frame.RSV1]. Messages are compressed in the order in which they are sent (RFC 7692
// §7.2.3.2): one goroutine at a time.
func (p *Peer) Compress(message []byte) ([]byte, bool) {
	if p.Deflate == nil {
		return message, false
	}
	if p.compressor == nil {
		p.compressor = frame.NewDeflater(*p.Deflate, p.client)
	}
	return p.compressor.Append(nil, message), true
}

// ReadFrames decodes what arrives with dec and calls each for every frame, which is valid only during the call. It returns
// the first error of each, the [frame.Error] at which decoding stops, or an error that wraps [ErrEnded] and its cause.
func (p *Peer) ReadFrames(dec *frame.Decoder, each func(*frame.Frame) error) error {
	buf := make([]byte, 32<<10)
	for dec.Err() == nil {
		n, end := p.in.Read(buf)
		var err error
		dec.Feed(buf[:n], func(f *frame.Frame) {
			if err == nil {
				err = each(f)
			}
		})
		switch {
		case err != nil:
			return err
		case end != nil && dec.Err() == nil:
			return fmt.Errorf("%w: %w", ErrEnded, end)
		}
	}
	return dec.Err()
}

// SetReadDeadline bounds the reads that follow.
func (p *Peer) SetReadDeadline(t time.Time) error { return p.net.SetReadDeadline(t) }

// Close closes the connection without a close frame.
func (p *Peer) Close() error { return p.conn.Close() }

// Reset closes the connection with a TCP reset, or with a FIN where the transport cannot reset.
func (p *Peer) Reset() error { return tcpend.Reset(p.net) }

// NetConn returns the network connection, for ends that only it knows, such as a half-close.
func (p *Peer) NetConn() net.Conn { return p.net }
