package main

import (
	"bufio"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"net/http"

	"github.com/tetherscope/tetherscope/internal/frame"
)

// client is a WebSocket client of as little work as can be: it reads frame headers, and skips what is behind them.
type client struct {
	net.Conn
	buf  []byte
	have int // bytes in buf that are not looked at yet
	skip int // payload bytes of the frame before that are still to come
	want byte
	size int // payload bytes that each frame must have; 0: any
}

// errFrame: a server sent what it was not asked for.
var errFrame = errors.New("not the frame that was expected")

// place is a server's WebSocket, and the way to it.
type place struct {
	Addr, Path string
	Secure     bool   // by TLS, whose certificate is not looked at
	Tunnel     string // host:port of the server, when Addr is an HTTP proxy's
	from       int    // more than 0: the client's address is 127.0.0.1 plus as many
}

// connect opens the connection on which HTTP is spoken.
func (p place) connect() (net.Conn, error) {
	var from net.Dialer
	if p.from > 0 {
		from.LocalAddr = &net.TCPAddr{IP: net.IPv4(127, 0, 0, byte(1+p.from))}
	}
	c, err := from.Dial("tcp", p.Addr)
	if err != nil {
		return nil, err
	}
	if p.Tunnel != "" {
		if err := tunnel(c, p.Tunnel); err != nil {
			return nil, errors.Join(err, c.Close())
		}
	}
	if p.Secure {
		return tls.Client(c, &tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS13}), nil //nolint:gosec // the benchmark's own server
	}
	return c, nil
}

// tunnel asks the proxy that c leads to for a tunnel to a server. Nothing comes behind its answer before the client speaks.
func tunnel(c net.Conn, to string) error {
	if _, err := fmt.Fprintf(c, "CONNECT %s HTTP/1.1\r\nHost: %s\r\n\r\n", to, to); err != nil {
		return err
	}
	res, err := http.ReadResponse(bufio.NewReader(c), &http.Request{Method: http.MethodConnect})
	if err == nil && res.StatusCode != http.StatusOK {
		err = fmt.Errorf("CONNECT %s was answered with %s", to, res.Status)
	}
	return err
}

// dial opens a connection and does the handshake.
func dial(p place) (*client, error) {
	c, err := p.connect()
	if err != nil {
		return nil, err
	}
	host := p.Addr
	if p.Tunnel != "" {
		host = p.Tunnel
	}
	_, err = fmt.Fprintf(c, "GET %s HTTP/1.1\r\nHost: %s\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"+
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n", p.Path, host)
	if err != nil {
		return nil, err
	}
	r := bufio.NewReader(c)
	res, err := http.ReadResponse(r, nil)
	if err != nil {
		return nil, err
	}
	if res.StatusCode != http.StatusSwitchingProtocols {
		_ = res.Body.Close() // the status says it all
		return nil, fmt.Errorf("%s%s answered %s", host, p.Path, res.Status)
	}
	cl := &client{Conn: c, buf: make([]byte, 32<<10)}
	early, _ := r.Peek(r.Buffered())
	cl.have = copy(cl.buf, early)
	return cl, nil
}

// expect says what frames come from now on: whole messages of one kind, and of size bytes unless it is 0.
func (c *client) expect(op frame.Opcode, size int) {
	c.want, c.size = 0x80|byte(op), size
}

// read waits until a frame has ended, and returns how many have.
func (c *client) read() (frames int, err error) {
	for {
		if frames, err = c.scan(); frames > 0 || err != nil {
			return frames, err
		}
		n, err := c.Read(c.buf[c.have:])
		if err != nil {
			return 0, err
		}
		c.have += n
	}
}

// scan looks at what was read, and returns how many frames ended in it. A server's heartbeat is no answer: it is skipped.
func (c *client) scan() (frames int, err error) {
	b := c.buf[:c.have]
	for len(b) > 0 {
		if c.skip > 0 {
			n := min(c.skip, len(b))
			b = b[n:]
			if c.skip -= n; c.skip == 0 {
				frames++
			}
			continue
		}
		size, head := payload(b)
		if head == 0 && len(b) < 10 {
			break
		}
		if frame.Opcode(b[0]&0x0F) == frame.Ping {
			if len(b) < head+size {
				break
			}
			b = b[head+size:]
			continue
		}
		if head == 0 || b[0] != c.want || c.size > 0 && size != c.size || size == 0 {
			return frames, fmt.Errorf("%w: % x", errFrame, b[:min(len(b), 64)])
		}
		c.skip = size
		b = b[head:]
	}
	c.have = copy(c.buf, b)
	return frames, nil
}

// payload returns the payload's length of the unmasked frame that b begins with, and its header's; 0, 0 when more bytes
// are needed, or, given ten, when the frame is masked.
func payload(b []byte) (size, head int) {
	switch {
	case len(b) < 2:
		return 0, 0
	case b[1] < 126:
		return int(b[1]), 2
	case b[1] == 126 && len(b) >= 4:
		return int(binary.BigEndian.Uint16(b[2:])), 4
	case b[1] == 127 && len(b) >= 10:
		return int(binary.BigEndian.Uint64(b[2:])), 10
	}
	return 0, 0
}

// chunk makes n masked messages, one behind the other.
func chunk(op frame.Opcode, body []byte, n int) []byte {
	var b []byte
	for i := range n {
		h := frame.Header{Fin: true, Opcode: op, Masked: true, Key: [4]byte{byte(i), 0x5a, 0xa5, 0x3c}}
		b = frame.AppendFrame(b, h, body)
	}
	return b
}
