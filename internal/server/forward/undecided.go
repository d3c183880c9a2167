package forward

import (
	"context"
	"errors"
	"net"
	"os"
	"time"

	"github.com/tetherscope/tetherscope/internal/server/proxy"
	"github.com/tetherscope/tetherscope/internal/tcpend"
)

// undecided serves a tunnel whose client has sent nothing for a while: it waits for the server, or is slow. The destination is dialed and
// the one that speaks first decides. The tunnel of a server that speaks, or of a side that ends, passes; a client that speaks is decided by
// what it says, as any other, and the connection that was made for it is closed unused. A slow client is thereby read all the same.
func (p *Proxy) undecided(c net.Conn, d destination) {
	if d.host == MagicHost {
		if first := p.peek(c, requestTimeout); len(first) > 0 {
			p.decide(c, d, first)
			return
		}
		p.drop(c)
		return
	}
	up, err := p.dial(d)
	if err != nil {
		defer p.drop(c)
		_ = tcpend.Reset(c) // the client has the answer that the tunnel is there: a reset is what is left
		return
	}
	first, greeting, ended := race(c, up)
	if len(first) > 0 && len(greeting) == 0 && !ended {
		p.release(up)
		_ = up.Close()
		p.decide(c, d, first)
		return
	}
	defer p.drop(c)
	defer p.release(up)
	p.hosts.count(d.host, func(h *Host) { h.Requests++ })
	proxy.Join(proxy.Replay(c, first), proxy.Replay(up, greeting))
}

// dial dials the destination of a tunnel and keeps the connection.
func (p *Proxy) dial(d destination) (net.Conn, error) {
	up, err := proxy.Dial(context.Background(), d.address, p.o.Upstream)
	p.reached(d.host, err)
	if err == nil && !p.keep(up) {
		_ = up.Close() // the program ends
		return nil, net.ErrClosed
	}
	return up, err
}

// race reads from both until one sends something or ends, and returns what came; ended says that the server ended.
func race(c, up net.Conn) (first, greeting []byte, ended bool) {
	past := time.Unix(1, 0)
	done := make(chan error, 1)
	go func() {
		b := make([]byte, firstBytes)
		n, err := up.Read(b)
		greeting = b[:n]
		_ = c.SetReadDeadline(past)
		done <- err
	}()
	b := make([]byte, firstBytes)
	n, _ := c.Read(b) // an error comes again
	_ = up.SetReadDeadline(past)
	err := <-done
	_ = c.SetReadDeadline(time.Time{})
	_ = up.SetReadDeadline(time.Time{})
	return b[:n], greeting, err != nil && !errors.Is(err, os.ErrDeadlineExceeded)
}
