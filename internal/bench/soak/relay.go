package main

import (
	"io"
	"net"
	"sync"
)

// loss is how a connection is lost.
type loss int

const (
	byReset  loss = iota // the relay resets both sides
	byEnd                // the relay ends both sides
	byTether             // the tether reconnects
)

var losses = [...]string{byReset: "RST", byEnd: "FIN", byTether: "Reconnect"}

// relay passes the bytes of a tether on to the server, until it loses the connection.
type relay struct {
	net.Listener
	to   string
	mu   sync.Mutex
	open map[net.Conn]struct{}
	work sync.WaitGroup
}

func newRelay(to string) (*relay, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	r := &relay{Listener: l, to: to, open: map[net.Conn]struct{}{}}
	r.work.Go(r.accept)
	return r, nil
}

func (r *relay) accept() {
	for {
		c, err := r.Accept()
		if err != nil {
			return
		}
		s, err := net.Dial("tcp", r.to)
		if err != nil {
			_ = c.Close()
			continue
		}
		r.mu.Lock()
		r.open[c], r.open[s] = struct{}{}, struct{}{}
		r.mu.Unlock()
		r.work.Go(func() { r.pass(c, s) })
		r.work.Go(func() { r.pass(s, c) })
	}
}

// pass copies until one side is gone, and then ends the other.
func (r *relay) pass(dst, src net.Conn) {
	_, _ = io.Copy(dst, src)
	_ = dst.Close() // its other direction ends with it
	r.mu.Lock()
	delete(r.open, dst)
	r.mu.Unlock()
}

// lose ends what is connected now.
func (r *relay) lose(how loss) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for c := range r.open {
		if tcp, ok := c.(*net.TCPConn); ok && how == byReset {
			_ = tcp.SetLinger(0) // unsent bytes are discarded, and the peer gets an RST
		}
		_ = c.Close()
	}
}

// stop ends the relay and waits for its goroutines.
func (r *relay) stop() {
	_ = r.Close()
	r.lose(byEnd)
	r.work.Wait()
}
