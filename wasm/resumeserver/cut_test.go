//go:build !js

package resumeserver_test

import (
	"math/rand/v2"
	"net"
	"sync"
	"sync/atomic"

	"github.com/tetherscope/tetherscope/internal/test/wstest"
)

// cutter is a listener whose connections break after a random number of bytes. Off, new ones are left alone.
type cutter struct {
	net.Listener
	kind wstest.Kind
	off  atomic.Bool
	most int          // bytes that a connection lives at most
	done atomic.Int64 // connections broken

	mu   sync.Mutex
	made []*wstest.Breaking
}

func (l *cutter) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil || l.off.Load() {
		return c, err
	}
	b := wstest.Break(c, 1+rand.IntN(l.most), l.kind)
	b.Struck = func() { l.done.Add(1) }
	l.mu.Lock()
	defer l.mu.Unlock()
	l.made = append(l.made, b)
	return b, nil
}

// release leaves no peer hanging in a black hole.
func (l *cutter) release() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, b := range l.made {
		_ = b.Close()
	}
}
