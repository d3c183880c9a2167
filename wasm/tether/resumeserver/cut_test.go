//go:build !js

package resumeserver_test

import (
	"math/rand/v2"
	"net"
	"sync"
	"sync/atomic"
)

// cut is how a connection is broken.
type cut int

const (
	fin       cut = iota // closed
	rst                  // reset
	blackHole            // neither reads nor writes, and nobody is told
	cuts
)

func (c cut) String() string { return [...]string{"FIN", "RST", "black hole"}[c] }

// cutter is a listener whose connections break after a random number of bytes, in either direction: inside handshakes,
// headers and payloads. Off, they are left alone.
type cutter struct {
	net.Listener
	kind cut
	off  atomic.Bool
	most int64         // bytes that a connection lives at most
	done atomic.Int64  // connections broken
	end  chan struct{} // closed when the test is over: nobody is left hanging
}

func (l *cutter) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil || l.off.Load() {
		return c, err
	}
	b := &breaking{Conn: c, cutter: l, hung: make(chan struct{})}
	b.left.Store(1 + rand.Int64N(l.most))
	return b, nil
}

type breaking struct {
	net.Conn
	cutter *cutter
	left   atomic.Int64
	once   sync.Once
	close  sync.Once
	hung   chan struct{}
}

// spend takes n bytes from what is left and returns how many may still pass.
func (b *breaking) spend(n int) (allowed int, broken bool) {
	left := b.left.Add(int64(-n))
	if left > 0 {
		return n, false
	}
	return max(0, n+int(left)), true
}

func (b *breaking) Read(p []byte) (int, error) {
	n, err := b.Conn.Read(p)
	if allowed, broken := b.spend(n); broken {
		b.strike()
		return allowed, net.ErrClosed
	}
	return n, err
}

func (b *breaking) Write(p []byte) (int, error) {
	allowed, broken := b.spend(len(p))
	n, err := b.Conn.Write(p[:allowed])
	if broken {
		b.strike()
		return n, net.ErrClosed
	}
	return n, err
}

// strike breaks the connection. In a black hole both sides are left to wait, until the server closes its own.
func (b *breaking) strike() {
	b.once.Do(func() {
		b.cutter.done.Add(1)
		if b.cutter.kind == rst {
			_ = b.Conn.(*net.TCPConn).SetLinger(0)
		}
		if b.cutter.kind != blackHole {
			_ = b.Conn.Close()
		}
	})
	if b.cutter.kind == blackHole {
		select {
		case <-b.hung:
		case <-b.cutter.end:
		}
	}
}

func (b *breaking) Close() error {
	b.close.Do(func() { close(b.hung) })
	return b.Conn.Close()
}
