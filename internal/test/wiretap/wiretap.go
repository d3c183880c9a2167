// Package wiretap records what passes between real programs, as packets: a relay stands between a client and a server on the
// loopback interface and keeps the bytes of both directions in the order in which they passed. It needs no rights, as capturing
// on an interface does. Nothing that a user runs imports it.
package wiretap

import (
	"bytes"
	"io"
	"net"
	"net/netip"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/tetherscope/tetherscope/internal/capture/pcap/packet"
)

// Piece is what one read gave: bytes of the client (0) or the server (1) of a connection, numbered from 0.
type Piece struct {
	Conn, Who int
	Data      []byte // nil: that end closed
	Time      time.Time
}

// Tap is a relay in front of a server.
type Tap struct {
	Addr string // host:port to connect to instead of the server

	mu     sync.Mutex
	pieces []Piece
	conns  int
	open   sync.WaitGroup
}

// New begins a relay to a server, until the test ends.
func New(t testing.TB, server string) *Tap {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w := &Tap{Addr: l.Addr().String()}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			client, err := l.Accept()
			if err != nil {
				return
			}
			upstream, err := net.Dial("tcp", server)
			if err != nil {
				_ = client.Close()
				continue
			}
			w.relay(client.(*net.TCPConn), upstream.(*net.TCPConn))
		}
	}()
	return w
}

func (w *Tap) relay(client, server *net.TCPConn) {
	w.mu.Lock()
	number := w.conns
	w.conns++
	w.mu.Unlock()
	w.open.Go(func() { w.copy(number, 0, client, server) })
	w.open.Go(func() { w.copy(number, 1, server, client) })
}

// copy passes on one direction. Bytes are recorded before they are passed, so that no answer stands before what it answers.
func (w *Tap) copy(conn, who int, from, to *net.TCPConn) {
	buf := make([]byte, 16<<10)
	for {
		n, err := from.Read(buf)
		if n > 0 {
			w.add(Piece{conn, who, bytes.Clone(buf[:n]), time.Now()})
			if _, e := to.Write(buf[:n]); e != nil {
				err = e
			}
		}
		if err != nil {
			w.add(Piece{conn, who, nil, time.Now()})
			_ = to.CloseWrite()
			_, _ = io.Copy(io.Discard, from)
			return
		}
	}
}

func (w *Tap) add(p Piece) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.pieces = append(w.pieces, p)
}

// Pieces returns what has passed so far.
func (w *Tap) Pieces() []Piece {
	w.mu.Lock()
	defer w.mu.Unlock()
	return append([]Piece(nil), w.pieces...)
}

// Ended reports whether every connection so far, and at least so many, has ended in both directions.
func (w *Tap) Ended(conns int) bool {
	ends := 0
	for _, p := range w.Pieces() {
		if p.Data == nil {
			ends++
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.conns >= conns && ends == 2*w.conns
}

// Write writes what has passed as a pcapng file. The server's port is port.
func (w *Tap) Write(t testing.TB, name string, port uint16) {
	t.Helper()
	var b bytes.Buffer
	out, err := packet.NewWriter(&b, "test", "recorded by a relay")
	if err != nil {
		t.Fatal(err)
	}
	next := map[int]*[2]uint32{}
	send := func(p *Piece, s packet.Segment) {
		s.From, s.To = ends(p, port)
		s.Seq, s.Ack = next[p.Conn][p.Who], next[p.Conn][1-p.Who]
		if err := out.Write(p.Time.UnixNano(), packet.AppendTCP(nil, &s, p.Who == 1), ""); err != nil {
			t.Fatal(err)
		}
		next[p.Conn][p.Who] += uint32(len(s.Payload))
		if s.SYN || s.FIN {
			next[p.Conn][p.Who]++
		}
	}
	for _, p := range w.Pieces() {
		if next[p.Conn] == nil {
			next[p.Conn] = &[2]uint32{1000, 5000}
			client, server := Piece{p.Conn, 0, nil, p.Time}, Piece{p.Conn, 1, nil, p.Time}
			send(&client, packet.Segment{SYN: true})
			send(&server, packet.Segment{SYN: true, ACK: true})
			send(&client, packet.Segment{ACK: true})
		}
		if p.Data == nil {
			send(&p, packet.Segment{FIN: true, ACK: true})
		}
		for data := p.Data; len(data) > 0; {
			n := segment(data)
			send(&p, packet.Segment{ACK: true, Payload: data[:n]})
			data = data[n:]
		}
	}
	if err := out.Flush(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
}

// segment returns how many bytes are the next packet: at most 1400, and of TLS one record, since tshark does not find the first
// frame in the packet of the handshake's answer.
func segment(data []byte) int {
	n := min(len(data), 1400)
	if len(data) >= 5 && data[0] >= 20 && data[0] <= 23 && data[1] == 3 {
		n = min(n, 5+(int(data[3])<<8|int(data[4])))
	}
	return n
}

// ends returns the addresses of a piece's sender and receiver.
func ends(p *Piece, port uint16) (from, to netip.AddrPort) {
	local := netip.AddrFrom4([4]byte{127, 0, 0, 1})
	from, to = netip.AddrPortFrom(local, uint16(40000+p.Conn)), netip.AddrPortFrom(local, port)
	if p.Who == 1 {
		from, to = to, from
	}
	return from, to
}
