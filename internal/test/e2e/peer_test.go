package e2e

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tetherscope/tetherscope/internal/frame"
	"github.com/tetherscope/tetherscope/internal/test/await"
)

// limit bounds every wait of these tests: far beyond what a loaded machine needs.
const limit = 2 * time.Minute

// wireFrame is one frame as a peer sent or received it.
type wireFrame struct {
	In      bool // received by the client
	Fin     bool
	Rsv     uint8 // RSV1 = 4
	Opcode  frame.Opcode
	Masked  bool
	Key     [4]byte
	Payload []byte // unmasked
}

// peer is a WebSocket client that writes frames byte by byte and remembers both directions.
type peer struct {
	t        *testing.T
	conn     net.Conn
	response string
	deflater *frame.Deflater
	rnd      *rand.Rand

	mu       sync.Mutex
	sent     []wireFrame
	received []wireFrame
	ended    bool
}

// dial opens a connection to addr and path. extensions is what the peer offers: with permessage-deflate its messages
// can be sent compressed.
func dial(t *testing.T, addr, path, extensions string, seed uint64) *peer {
	t.Helper()
	conn, err := net.DialTimeout("tcp", addr, limit)
	if err != nil {
		t.Fatal(err)
	}
	head := "GET " + path + " HTTP/1.1\r\nHost: " + addr + "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
		"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
	if extensions != "" {
		head += "Sec-WebSocket-Extensions: " + extensions + "\r\n"
	}
	if _, err := io.WriteString(conn, head+"\r\n"); err != nil {
		t.Fatal(err)
	}
	in := bufio.NewReader(conn)
	res, err := http.ReadResponse(in, nil)
	if err != nil {
		t.Fatal(err)
	}
	if res.StatusCode != http.StatusSwitchingProtocols {
		t.Fatalf("handshake with %s answered %s", path, res.Status)
	}
	p := &peer{t: t, conn: conn, response: res.Header.Get("Sec-WebSocket-Extensions"), rnd: rand.New(rand.NewPCG(seed, 1))}
	if strings.Contains(p.response, "permessage-deflate") {
		p.deflater = frame.NewDeflater(frame.DeflateParams{
			ClientNoContextTakeover: strings.Contains(p.response, "client_no_context_takeover"),
		}, true)
	}
	go p.read(in)
	t.Cleanup(func() { conn.Close() })
	return p
}

// read remembers every frame of the server. It is written apart from internal/frame on purpose.
func (p *peer) read(in *bufio.Reader) {
	defer func() {
		p.mu.Lock()
		p.ended = true
		p.mu.Unlock()
	}()
	for {
		var b [8]byte
		if _, err := io.ReadFull(in, b[:2]); err != nil {
			return
		}
		f := wireFrame{In: true, Fin: b[0] >= 0x80, Rsv: b[0] >> 4 & 7, Opcode: frame.Opcode(b[0] % 16), Masked: b[1] >= 0x80}
		n := uint64(b[1] % 0x80)
		if ext := map[uint64]int{126: 2, 127: 8}[n]; ext > 0 {
			clear(b[:])
			if _, err := io.ReadFull(in, b[8-ext:]); err != nil {
				return
			}
			n = binary.BigEndian.Uint64(b[:])
		}
		f.Payload = make([]byte, n)
		if _, err := io.ReadFull(in, f.Payload); err != nil {
			return
		}
		p.mu.Lock()
		p.received = append(p.received, f)
		p.mu.Unlock()
	}
}

// send writes one frame, masked with a fresh key, and remembers it.
func (p *peer) send(op frame.Opcode, fin bool, rsv uint8, payload []byte) {
	p.t.Helper()
	f := wireFrame{Fin: fin, Rsv: rsv, Opcode: op, Masked: true, Payload: bytes.Clone(payload)}
	binary.LittleEndian.PutUint32(f.Key[:], p.rnd.Uint32())
	b := frame.AppendFrame(nil, frame.Header{Fin: fin, Rsv: rsv, Opcode: op, Masked: true, Key: f.Key}, payload)
	p.mu.Lock()
	p.sent = append(p.sent, f)
	p.mu.Unlock()
	if _, err := p.conn.Write(b); err != nil {
		p.t.Fatalf("peer: write: %v", err)
	}
}

// message sends a whole message in one frame.
func (p *peer) message(op frame.Opcode, payload []byte) { p.send(op, true, 0, payload) }

// compressed sends a whole message compressed, in as many frames of size bytes as it takes (0: one).
func (p *peer) compressed(op frame.Opcode, payload []byte, size int) {
	b := p.deflater.Append(nil, payload)
	rsv := frame.RSV1
	for size > 0 && len(b) > size {
		p.send(op, false, rsv, b[:size])
		b, op, rsv = b[size:], frame.Continuation, 0
	}
	p.send(op, true, rsv, b)
}

// close sends a close frame.
func (p *peer) close(code uint16, reason string) {
	p.send(frame.Close, true, 0, frame.AppendClose(nil, code, reason))
}

// wait waits until n frames of opcode op came that end a message or are control frames.
func (p *peer) wait(n int, op frame.Opcode) {
	p.t.Helper()
	p.until(fmt.Sprintf("%d frames of opcode %v", n, op), func() bool {
		got := 0
		for _, f := range p.received {
			if f.Opcode == op {
				got++
			}
		}
		return got >= n
	})
}

// waitEnd waits until the server has ended TCP.
func (p *peer) waitEnd() {
	p.t.Helper()
	p.until("the end of TCP", func() bool { return p.ended })
}

// until waits for a condition on what was received; what is the condition in words.
func (p *peer) until(what string, done func() bool) {
	p.t.Helper()
	met := false
	await.Until(p.t, "peer: "+what, func() bool {
		p.mu.Lock()
		defer p.mu.Unlock()
		met = done()
		return met || p.ended
	})
	if !met {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.t.Fatalf("peer: the connection ended while waiting for: %s; received %d frames", what, len(p.received))
	}
}

// reset ends TCP abruptly: the kernel sends RST instead of FIN.
func (p *peer) reset() {
	if tcp, ok := p.conn.(*net.TCPConn); ok {
		tcp.SetLinger(0)
	}
	p.conn.Close()
}
