//go:build !js

package tether

import (
	"context"
	"net"
	"net/http"
	"sync"
)

// socketKeeper knows the sockets of one attempt, so that they can be closed under net/http: that goes on with a TLS handshake
// that nothing waits for.
type socketKeeper struct {
	mu   sync.Mutex
	open []net.Conn
	shut bool
}

type dialFunc func(ctx context.Context, network, addr string) (net.Conn, error)

// client returns an HTTP client like base, whose connections end with ctx and are not used again. It follows no redirect
// that base does not ask for: a redirect may name any server, and the headers hold credentials.
func (k *socketKeeper) client(ctx context.Context, base *http.Client, target string) *http.Client {
	c := http.Client{}
	if base != nil {
		c = *base
	}
	c.Timeout = 0 // it would end the connection too
	if c.CheckRedirect == nil {
		c.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	}
	if c.Transport == nil {
		c.Transport = http.DefaultTransport
	}
	if t, ok := c.Transport.(*http.Transport); ok {
		c.Transport = k.transport(ctx, t, target)
	}
	return &c
}

func (k *socketKeeper) transport(ctx context.Context, base *http.Transport, target string) *http.Transport {
	t := base.Clone()
	t.DisableKeepAlives = true
	dial := t.DialContext
	if dial == nil {
		dial = (&net.Dialer{}).DialContext
	}
	t.DialContext = k.keep(ctx, dial)
	if t.DialTLSContext != nil {
		t.DialTLSContext = k.keep(ctx, t.DialTLSContext)
	}
	tunnel(t, base, target, t.DialContext)
	return t
}

// keep returns a dial that ends with the attempt, and that remembers what it dialled.
func (k *socketKeeper) keep(attempt context.Context, dial dialFunc) dialFunc {
	return func(ctx context.Context, network, addr string) (net.Conn, error) {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		defer context.AfterFunc(attempt, cancel)()
		conn, err := dial(ctx, network, addr)
		if err != nil {
			return nil, err
		}
		k.mu.Lock()
		defer k.mu.Unlock()
		if k.open = append(k.open, conn); k.shut {
			_ = conn.Close()
		}
		return conn, nil
	}
}

// cut closes every socket of the attempt.
func (k *socketKeeper) cut() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.shut = true
	for _, conn := range k.open {
		_ = conn.Close()
	}
}

// last returns the socket of the connection, or nil if it is not known.
func (k *socketKeeper) last() net.Conn {
	k.mu.Lock()
	defer k.mu.Unlock()
	if len(k.open) == 0 {
		return nil
	}
	return k.open[len(k.open)-1]
}
