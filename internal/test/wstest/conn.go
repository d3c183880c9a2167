package wstest

import (
	"bufio"
	"crypto/sha1"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"

	"github.com/tetherscope/tetherscope/internal/frame"
)

// maxMessage bounds what one message may take, in bytes.
const maxMessage = 64 << 20

// errEnd ends a script: the peer closed, or broke the protocol.
var errEnd = errors.New("wstest: connection ended")

// conn is one connection on which a script runs.
type conn struct {
	net.Conn
	br     *bufio.Reader
	server *Server
	key    string
	query  query
	onEnd  func(payload []byte) // what to do with a close frame, when not to answer it
}

// handshake answers the request as its script wants, and counts it. False: there is no WebSocket to run on.
func (c *conn) handshake(r *http.Request) bool {
	switch r.URL.Path {
	case "/stall":
		_, _ = c.br.ReadByte() // returns when the client gives up or the server closes
		return false
	case "/slow-accept":
		c.pause()
	}
	if !strings.EqualFold(r.Header.Get("Upgrade"), "websocket") {
		_, _ = io.WriteString(c, "HTTP/1.1 426 Upgrade Required\r\nUpgrade: websocket\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
		return false
	}
	key := r.Header.Get("Sec-WebSocket-Key")
	if r.URL.Path == "/bad-accept" {
		key = "wrong"
	}
	// Before the answer: who has it may ask at once, and is counted then.
	c.server.note(c.key, func(st *Stats) { st.Accepted++; st.Live++ })
	_, err := io.WriteString(c, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"+
		"Sec-WebSocket-Accept: "+acceptKey(key)+"\r\n"+c.subprotocol(r)+"\r\n")
	if err != nil {
		c.server.note(c.key, func(st *Stats) { st.Accepted--; st.Live-- })
	}
	return err == nil
}

// subprotocol returns the header line that selects one, if any was offered or asked for.
func (c *conn) subprotocol(r *http.Request) string {
	first, _, _ := strings.Cut(r.Header.Get("Sec-WebSocket-Protocol"), ",")
	if asked := c.query.Get("protocol"); asked != "" {
		first = asked
	}
	if first = strings.TrimSpace(first); first == "" {
		return ""
	}
	return "Sec-WebSocket-Protocol: " + first + "\r\n"
}

func acceptKey(key string) string {
	sum := sha1.Sum([]byte(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
	return base64.StdEncoding.EncodeToString(sum[:])
}

// write sends one unmasked frame.
func (c *conn) write(op frame.Opcode, p []byte) error {
	b := frame.AppendHeader(nil, frame.Header{Fin: true, Opcode: op, Length: uint64(len(p))})
	_, err := c.Write(append(b, p...))
	return err
}

// writeClose sends a close frame; code 0 sends one without a code.
func (c *conn) writeClose(code int, reason string) error {
	if code == 0 {
		return c.write(frame.Close, nil)
	}
	return c.write(frame.Close, append(binary.BigEndian.AppendUint16(nil, uint16(code)), reason...))
}

// read returns the next data message, reassembled. It answers pings and close frames; after one it returns errEnd.
func (c *conn) read() (op frame.Opcode, message []byte, err error) {
	for {
		h, p, err := c.readFrame()
		if err != nil {
			return 0, nil, err
		}
		if h.Opcode >= frame.Close {
			if err := c.control(h.Opcode, p); err != nil {
				return 0, nil, err
			}
			continue
		}
		if h.Opcode != frame.Continuation {
			op = h.Opcode
		}
		if message = append(message, p...); len(message) > maxMessage {
			return 0, nil, errEnd
		}
		if h.Fin {
			c.server.note(c.key, func(st *Stats) { st.Messages++ })
			return op, message, nil
		}
	}
}

// control answers a control frame.
func (c *conn) control(op frame.Opcode, p []byte) error {
	switch op {
	case frame.Ping:
		return c.write(frame.Pong, p)
	case frame.Close:
		c.noteClose(p)
		if c.onEnd != nil {
			c.onEnd(p)
			return nil
		}
		_ = c.write(frame.Close, p)
		return errEnd
	case frame.Continuation, frame.Text, frame.Binary, frame.Pong:
	}
	return nil
}

// noteClose keeps the close frame in the story of this connection.
func (c *conn) noteClose(p []byte) {
	cl := Close{Code: 1005}
	if len(p) >= 2 {
		cl = Close{binary.BigEndian.Uint16(p), string(p[2:])}
	}
	c.server.note(c.key, func(st *Stats) {
		if st.Closes = append(st.Closes, cl); len(st.Closes) > 256 {
			st.Closes = st.Closes[1:]
		}
	})
}

// readFrame reads one frame and unmasks its payload.
func (c *conn) readFrame() (h frame.Header, p []byte, err error) {
	for n := 2; ; n++ {
		b, err := c.br.Peek(n)
		if err != nil {
			return h, nil, err
		}
		var size int
		if h, size = frame.ParseHeader(b); size > 0 {
			_, _ = c.br.Discard(size)
			break
		}
	}
	if h.Length > maxMessage {
		return h, nil, errEnd
	}
	p = make([]byte, h.Length)
	if _, err := io.ReadFull(c.br, p); err != nil {
		return h, nil, err
	}
	if h.Masked {
		for i := range p {
			p[i] ^= h.Key[i&3]
		}
	}
	return h, p, nil
}
