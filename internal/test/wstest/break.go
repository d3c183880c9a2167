package wstest

import (
	"net"
	"sync"
	"sync/atomic"
)

// Kind is how a connection breaks.
type Kind int

// The kinds.
const (
	FIN       Kind = iota // it is closed
	RST                   // it is reset
	BlackHole             // it neither reads nor writes, without any event, until it is closed on this side
	Kinds
)

// String returns the name of the constant.
func (k Kind) String() string { return [...]string{"FIN", "RST", "BlackHole"}[k] }

// Breaking is a TCP connection that breaks after a number of bytes, in either direction together: inside handshakes,
// headers and payloads.
type Breaking struct {
	net.Conn
	Struck func() // called when it breaks; may be nil

	kind Kind
	left atomic.Int64
	once sync.Once
	shut sync.Once
	hung chan struct{}
}

// Break makes c break after n bytes.
func Break(c net.Conn, n int, kind Kind) *Breaking {
	b := &Breaking{Conn: c, kind: kind, hung: make(chan struct{})}
	b.left.Store(int64(n))
	return b
}

// spend takes n bytes from what is left and returns how many may still pass.
func (b *Breaking) spend(n int) (allowed int, broken bool) {
	left := b.left.Add(int64(-n))
	if left > 0 {
		return n, false
	}
	return max(0, n+int(left)), true
}

// Read implements net.Conn.
func (b *Breaking) Read(p []byte) (int, error) {
	n, err := b.Conn.Read(p)
	if allowed, broken := b.spend(n); broken {
		b.strike()
		return allowed, net.ErrClosed
	}
	return n, err
}

// Write implements net.Conn.
func (b *Breaking) Write(p []byte) (int, error) {
	allowed, broken := b.spend(len(p))
	n, err := b.Conn.Write(p[:allowed])
	if broken {
		b.strike()
		return n, net.ErrClosed
	}
	return n, err
}

// strike breaks the connection. In a black hole, reads and writes wait until Close.
func (b *Breaking) strike() {
	b.once.Do(func() {
		if b.Struck != nil {
			b.Struck()
		}
		if tcp, ok := b.Conn.(*net.TCPConn); ok && b.kind == RST {
			_ = tcp.SetLinger(0)
		}
		if b.kind != BlackHole {
			_ = b.Conn.Close()
		}
	})
	if b.kind == BlackHole {
		<-b.hung
	}
}

// Close implements net.Conn.
func (b *Breaking) Close() error {
	b.shut.Do(func() { close(b.hung) })
	return b.Conn.Close()
}
