package devserver

import (
	"bufio"
	"context"
	"crypto/rand"
	"crypto/tls"
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"strings"
	"time"

	"github.com/tetherscope/tetherscope/internal/frame"
)

// guide leads a tour: it knows where the server is.
type guide struct {
	addr, host string
	tls        bool
}

// conversation is one connection of a tour.
type conversation struct {
	query   string // of /ws/demo
	deflate string // offer of Sec-WebSocket-Extensions, if any
	talk    func(c *rawClient)
}

// conversations are the tour: each shows an end of its own.
var conversations = []conversation{
	{"?beat=100ms&after=24&close=4001&reason=bis+sp%C3%A4ter+%E2%98%95", "permessage-deflate; client_max_window_bits", (*rawClient).everything},
	{"?beat=50ms&after=10&close=empty", "permessage-deflate; server_no_context_takeover; client_no_context_takeover", (*rawClient).compressed},
	{"?beat=200ms", "", func(c *rawClient) { c.close(1000, "that was all") }},
	{"?beat=200ms", "", (*rawClient).breakRules},
	{"?beat=200ms", "", func(c *rawClient) { c.send(frame.Header{Fin: true, Opcode: frame.Text}, []byte("caf\xe9")) }},
	{"?beat=50ms&after=4&close=fin", "", func(*rawClient) {}},
	{"?beat=200ms", "", (*rawClient).vanish},
}

// tourStep is the time between two frames of the client, so that a person can watch.
const tourStep = 60 * time.Millisecond

// run holds the conversations one after the other. A conversation that fails is there to be seen in the capture.
func (g guide) run(ctx context.Context) {
	for _, v := range conversations {
		if ctx.Err() != nil {
			return
		}
		c, err := g.connect(ctx, v)
		if err != nil {
			return
		}
		c.hold(v.talk)
	}
}

// rawClient writes frames as it likes.
type rawClient struct {
	ctx  context.Context
	conn net.Conn
	in   *bufio.Reader
	pack *frame.Deflater
}

// connect does the client's half of an opening handshake.
func (g guide) connect(ctx context.Context, v conversation) (*rawClient, error) {
	dialer := net.Dialer{Timeout: 5 * time.Second}
	conn, err := dialer.DialContext(ctx, "tcp", g.addr)
	if err != nil {
		return nil, err
	}
	if g.tls {
		conn = tls.Client(conn, &tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS12}) //nolint:gosec // it is ourselves
	}
	c := &rawClient{ctx: ctx, conn: conn, in: bufio.NewReader(conn)}
	if err := c.shake(g.host, v); err != nil {
		_ = conn.Close() // of no use
		return nil, err
	}
	return c, nil
}

func (c *rawClient) shake(host string, v conversation) error {
	if err := c.conn.SetDeadline(time.Now().Add(30 * time.Second)); err != nil {
		return err
	}
	var nonce [16]byte
	_, _ = rand.Read(nonce[:]) // never fails
	request := fmt.Sprintf("GET /ws/demo%s HTTP/1.1\r\nHost: %s\r\nUser-Agent: tetherscope-tour\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"+
		"Sec-WebSocket-Key: %s\r\nSec-WebSocket-Version: 13\r\n", v.query, host, base64.StdEncoding.EncodeToString(nonce[:]))
	if v.deflate != "" {
		request += extensionsField + ": " + v.deflate + "\r\n"
	}
	if _, err := io.WriteString(c.conn, request+"\r\n"); err != nil {
		return err
	}
	response, err := readHead(c.in)
	if err != nil {
		return err
	}
	shake := frame.ParseHandshake([]byte(request+"\r\n"), response)
	if !shake.Upgraded() {
		return fmt.Errorf("the demo refused its own client: %s", strings.Join(shake.Problems, "; "))
	}
	if shake.Deflate != nil {
		c.pack = frame.NewDeflater(*shake.Deflate, true)
	}
	return nil
}

// readHead reads an HTTP head of at most 16 KiB.
func readHead(r *bufio.Reader) ([]byte, error) {
	var head []byte
	for len(head) < 16<<10 {
		line, err := r.ReadSlice('\n')
		if err != nil {
			return nil, err
		}
		head = append(head, line...)
		if len(line) <= 2 {
			return head, nil
		}
	}
	return nil, fmt.Errorf("the head of the response is longer than 16 KiB")
}

// hold lets the client talk while it answers pings and the closing handshake, until the server ends the connection.
func (c *rawClient) hold(talk func(c *rawClient)) {
	stop := context.AfterFunc(c.ctx, func() { _ = c.conn.Close() })
	defer stop()
	done := make(chan struct{})
	go func() {
		defer close(done)
		c.listen()
	}()
	talk(c)
	<-done
	_ = c.conn.Close() // the server has ended it
}

// listen answers what a client must answer.
func (c *rawClient) listen() {
	dec := frame.NewDecoder(frame.Config{Snap: -1})
	buf := make([]byte, 4<<10)
	for {
		n, err := c.in.Read(buf)
		dec.Feed(buf[:n], func(f *frame.Frame) {
			switch f.Opcode {
			case frame.Ping:
				c.send(frame.Header{Fin: true, Opcode: frame.Pong}, f.Payload)
			case frame.Close:
				c.send(frame.Header{Fin: true, Opcode: frame.Close}, f.Payload)
			case frame.Continuation, frame.Text, frame.Binary, frame.Pong:
			}
		})
		if err != nil {
			return
		}
	}
}

// send sends one masked frame. Errors show in the capture, and end the listening.
func (c *rawClient) send(h frame.Header, payload []byte) {
	h.Masked = true
	h.Key = maskingKey()
	_, _ = c.conn.Write(frame.AppendFrame(nil, h, payload))
}

// sendAll sends a message in frames of at most size bytes, with a ping behind the first.
func (c *rawClient) sendAll(h frame.Header, payload []byte, size int) {
	for first := true; first || len(payload) > 0; first = false {
		n := min(size, len(payload))
		h.Fin = n == len(payload)
		c.send(h, payload[:n])
		if first && !h.Fin {
			c.send(frame.Header{Fin: true, Opcode: frame.Ping}, []byte("between fragments"))
		}
		payload = payload[n:]
		h.Opcode, h.Rsv = frame.Continuation, 0
	}
	c.pause()
}

func (c *rawClient) pause() {
	select {
	case <-time.After(tourStep):
	case <-c.ctx.Done():
	}
}

func maskingKey() (key [4]byte) {
	_, _ = rand.Read(key[:]) // never fails
	return key
}

// everything sends one of each.
func (c *rawClient) everything() {
	text := []byte(`{"type":"chat","message":"grüezi","tags":["<b>not bold</b>","☕"]}`)
	big := []byte(strings.Repeat("seventy kibibytes of text. ", 70<<10/27+1)[:70<<10])
	h := frame.Header{Opcode: frame.Text}
	c.sendAll(h, text, len(text))
	c.sendAll(h, nil, 0)
	c.sendAll(frame.Header{Opcode: frame.Binary}, []byte{0xDE, 0xAD, 0xBE, 0xEF}, 4)
	c.sendAll(h, big, len(big))
	c.sendAll(h, []byte("a message in several frames, with a ping between them"), 16)
	c.compressed()
	c.send(frame.Header{Fin: true, Opcode: frame.Ping}, []byte("are you there?"))
	c.send(frame.Header{Fin: true, Opcode: frame.Pong}, []byte("nobody asked"))
}

// compressed sends the same message twice, so that context takeover shows in the second one's size, and once in fragments.
func (c *rawClient) compressed() {
	if c.pack == nil {
		return
	}
	text := []byte(strings.Repeat("the same words over and over, ", 20))
	for _, size := range []int{1 << 20, 1 << 20, 12} {
		c.sendAll(frame.Header{Opcode: frame.Text, Rsv: frame.RSV1}, c.pack.Append(nil, text), size)
	}
}

func (c *rawClient) close(code uint16, reason string) {
	c.send(frame.Header{Fin: true, Opcode: frame.Text}, []byte("soon over"))
	c.pause()
	c.send(frame.Header{Fin: true, Opcode: frame.Close}, frame.AppendClose(nil, code, reason))
}

// breakRules sends a frame without a mask, which the server must answer with 1002.
func (c *rawClient) breakRules() {
	c.pause()
	_, _ = c.conn.Write(frame.AppendFrame(nil, textFrame, []byte("no mask")))
}

// vanish ends TCP inside a frame.
func (c *rawClient) vanish() {
	c.pause()
	b := frame.AppendFrame(nil, frame.Header{Fin: true, Masked: true, Key: maskingKey(), Opcode: frame.Text}, []byte("this frame is cut"))
	_, _ = c.conn.Write(b[:len(b)-6])
	reset(c.conn)
}
