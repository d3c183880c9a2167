//go:build !js

// A scripted server at the other end of a pipe, in the same bubble of testing/synctest as the client: it is as slow as a
// test wants, and that takes no time.
package tether_test

import (
	"bufio"
	"context"
	"encoding/binary"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tetherscope/tetherscope/internal/frame"
	"github.com/tetherscope/tetherscope/internal/test/await"
	"github.com/tetherscope/tetherscope/wasm/codec"
	"github.com/tetherscope/tetherscope/wasm/tether"
)

// peer is the server's end of one connection.
type peer struct {
	conn    net.Conn
	br      *bufio.Reader
	request *http.Request
	number  int             // of the connection, from 1
	writing chan struct{}   // holds a token while a frame is written; a mutex would stop the clock of the bubble
	over    <-chan struct{} // closed when the test has ended
	group   *sync.WaitGroup // of everything that runs for the network
	rate    int             // bytes per second in each direction; 0: as fast as can be

	op   frame.Opcode // of the message that read assembles
	data []byte
}

// network serves each connection with a script.
type network struct {
	script func(*peer)
	answer string        // to the handshake, then the connection ends; "": it is accepted
	over   chan struct{} // closed when the test has ended
	group  sync.WaitGroup
	mu     sync.Mutex
	count  int
}

// dial implements the DialContext of http.Transport.
func (n *network) dial(context.Context, string, string) (net.Conn, error) {
	ours, theirs := net.Pipe()
	n.mu.Lock()
	n.count++
	p := &peer{conn: theirs, number: n.count, writing: make(chan struct{}, 1), over: n.over, group: &n.group}
	n.mu.Unlock()
	n.group.Go(func() {
		defer theirs.Close()
		p.br = bufio.NewReaderSize(p.slowly(), 64<<10)
		var err error
		if p.request, err = http.ReadRequest(p.br); err != nil {
			return
		}
		if n.answer != "" {
			_, _ = io.WriteString(theirs, n.answer)
			return
		}
		answer := "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: " +
			frame.AcceptKey(p.request.Header.Get("Sec-WebSocket-Key")) + "\r\n\r\n"
		if _, err := io.WriteString(theirs, answer); err == nil {
			n.script(p)
		}
	})
	return ours, nil
}

// client makes a client that connects to script.
func client(t *testing.T, script func(*peer), opts ...tether.Option) *tether.Client[codec.Message, codec.Message] {
	t.Helper()
	n := &network{script: script, over: make(chan struct{})}
	t.Cleanup(func() {
		close(n.over)
		n.group.Wait()
	})
	h := &http.Client{Transport: &http.Transport{DialContext: n.dial}}
	c, err := tether.New("ws://test/", codec.Raw(codec.WithMaxSize(64<<20)), append([]tether.Option{tether.WithHTTPClient(h)}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// slowly returns what reads from the connection at the rate of the peer.
func (p *peer) slowly() io.Reader { return slowReader{p} }

type slowReader struct{ p *peer }

// step is how often a slow peer moves bytes.
const step = 50 * time.Millisecond

// Read implements io.Reader.
func (r slowReader) Read(b []byte) (int, error) {
	if r.p.rate == 0 {
		return r.p.conn.Read(b)
	}
	time.Sleep(step)
	return r.p.conn.Read(b[:min(len(b), r.p.rate/int(time.Second/step))])
}

// write sends one frame at the rate of the peer.
func (p *peer) write(first byte, payload []byte) error {
	select {
	case p.writing <- struct{}{}:
	case <-p.over:
		return net.ErrClosed
	}
	defer func() { <-p.writing }()
	b := []byte{first}
	switch n := len(payload); {
	case n <= 125:
		b = append(b, byte(n))
	case n < 1<<16:
		b = binary.BigEndian.AppendUint16(append(b, 126), uint16(n))
	default:
		b = binary.BigEndian.AppendUint64(append(b, 127), uint64(n))
	}
	for b = append(b, payload...); len(b) > 0; {
		part := len(b)
		if p.rate > 0 {
			part = min(part, p.rate/int(time.Second/step))
			time.Sleep(step)
		}
		n, err := p.conn.Write(b[:part])
		if err != nil {
			return err
		}
		b = b[n:]
	}
	return nil
}

// frame reads one frame and unmasks it.
func (p *peer) frame() (h frame.Header, payload []byte, err error) {
	for n := 2; ; n++ {
		b, err := p.br.Peek(n)
		if err != nil {
			return h, nil, err
		}
		var size int
		if h, size = frame.ParseHeader(b); size > 0 {
			_, _ = p.br.Discard(size)
			break
		}
	}
	payload = make([]byte, h.Length)
	_, err = io.ReadFull(p.br, payload)
	frame.Unmask(payload, h.Key) // a key of zeros changes nothing
	return h, payload, err
}

// read returns the next frame that is no part of a fragmented message, or the message.
func (p *peer) read() (op frame.Opcode, payload []byte, err error) {
	for {
		h, b, err := p.frame()
		if err != nil || h.Opcode >= frame.Close {
			return h.Opcode, b, err
		}
		if h.Opcode != frame.Continuation {
			p.op, p.data = h.Opcode, nil
		}
		if p.data = append(p.data, b...); h.Fin {
			return p.op, p.data, nil
		}
	}
}

// serve answers pings of both kinds and close frames, and hands messages to got, until the connection ends. Answers wait
// behind what is being written, and do not keep it from reading.
func (p *peer) serve(got func([]byte)) {
	answers := make(chan func(), 1000)
	defer close(answers)
	p.group.Go(func() {
		for f := range answers {
			f()
		}
	})
	for {
		op, b, err := p.read()
		switch {
		case err != nil:
			return
		case op == frame.Ping:
			answers <- func() { _ = p.write(0x8A, b) }
		case op == frame.Close:
			_ = p.write(0x88, b)
			return
		case op == frame.Text && strings.HasPrefix(string(b), `{"type":"ping"`):
			answers <- func() { _ = p.write(0x81, []byte(strings.Replace(string(b), "ping", "pong", 1))) }
		case op == frame.Text || op == frame.Binary:
			got(b)
		}
	}
}

// runs runs a client until the returned function is called, which closes it.
func runs(t *testing.T, c *tether.Client[codec.Message, codec.Message]) (stop func()) {
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = c.Run(context.Background())
	}()
	return func() {
		c.Close()
		await.Closed(t, ended)
	}
}
