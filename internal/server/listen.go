package server

import (
	"net"
	"sync"
	"sync/atomic"

	"github.com/tetherscope/tetherscope/internal/tcpend"
)

// limitConns returns l with at most n connections open at once; more are closed as soon as they are accepted, which tells
// a client more than a queue that is not served.
func limitConns(l net.Listener, n int) net.Listener {
	return &limitListener{Listener: l, limit: int64(n)}
}

type limitListener struct {
	net.Listener
	limit int64
	open  atomic.Int64
}

func (l *limitListener) Accept() (net.Conn, error) {
	for {
		c, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		if l.open.Add(1) <= l.limit {
			return &limitedConn{Conn: c, open: &l.open}, nil
		}
		l.open.Add(-1)
		_ = c.Close() // refused: there is nothing to lose
	}
}

type limitedConn struct {
	net.Conn
	open *atomic.Int64
	once sync.Once
}

func (c *limitedConn) NetConn() net.Conn { return c.Conn }

func (c *limitedConn) CloseWrite() error { return tcpend.CloseWrite(c.Conn) }

func (c *limitedConn) Close() error {
	c.once.Do(func() { c.open.Add(-1) })
	return c.Conn.Close()
}
