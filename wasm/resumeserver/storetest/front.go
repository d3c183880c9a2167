//go:build !js

package storetest

import (
	"context"
	"net"
	"net/http"
	"sync"
)

// pipes is a listener whose connections are in memory.
type pipes struct {
	conns chan net.Conn
	over  chan struct{}
	once  sync.Once
}

// Accept implements net.Listener.
func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.over:
		return nil, net.ErrClosed
	}
}

// Close implements net.Listener.
func (p *pipes) Close() error {
	p.once.Do(func() { close(p.over) })
	return nil
}

// Addr implements net.Listener.
func (p *pipes) Addr() net.Addr { return &net.TCPAddr{} }

func (p *pipes) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	ours, theirs := net.Pipe()
	select {
	case p.conns <- theirs:
		return ours, nil
	case <-p.over:
		return nil, net.ErrClosed
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// serve serves h to the client that it returns, until stop is called.
func serve(h http.Handler) (stop func(), client *http.Client) {
	p := &pipes{conns: make(chan net.Conn), over: make(chan struct{})}
	server := &http.Server{Handler: h}
	var work sync.WaitGroup
	work.Go(func() { _ = server.Serve(p) }) // until it is closed
	client = &http.Client{Transport: &http.Transport{DialContext: p.dial}}
	return func() {
		_ = server.Close() // its listener is in memory
		client.CloseIdleConnections()
		work.Wait()
	}, client
}
