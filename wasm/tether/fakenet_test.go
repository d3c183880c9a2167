// A transport whose server is the test, and the bubble in which a client lives over it.
package tether

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tetherscope/tetherscope/internal/test/await"
	"github.com/tetherscope/tetherscope/wasm/codec"
	"github.com/tetherscope/tetherscope/wasm/internal/engine"
)

// fakeNet is a transport whose server is the test.
type fakeNet struct {
	mu     sync.Mutex
	refuse bool          // every attempt fails after a millisecond
	mute   bool          // attempts never end
	stuck  bool          // connections take nothing beyond the first message
	delay  time.Duration // of replies
	frames bool          // connections have ping frames, which the server answers
	deaf   bool          // what connections take is neither kept nor answered
	reply  func(c *fakeConn, p string)
	// onClose is what the server does about a close frame; nil: it answers.
	onClose func(c *fakeConn)
	dials   []time.Time
	live    int
	most    int // live at once
	conns   []*fakeConn
}

type fakeConn struct {
	net    *fakeNet
	gen    uint32
	sink   sink
	up     bool // open
	over   bool
	got    []string
	held   int
	mark   int // what watch asked for; -1: nothing
	asked  int // calls of buffered
	closes []Code
}

func (n *fakeNet) dial(gen uint32, _ Target, s sink) conn {
	n.mu.Lock()
	defer n.mu.Unlock()
	c := &fakeConn{net: n, gen: gen, sink: s, mark: -1}
	n.dials = append(n.dials, time.Now())
	n.conns = append(n.conns, c)
	if n.live++; n.live > n.most {
		n.most = n.live
	}
	switch {
	case n.mute:
	case n.refuse:
		time.AfterFunc(time.Millisecond, func() { c.drop(CloseInfo{Code: CodeAbnormalClosure}) })
	default:
		time.AfterFunc(time.Millisecond, c.accept)
	}
	if n.frames {
		return pingingConn{c}
	}
	return c
}

// pingingConn is a connection with ping frames.
type pingingConn struct{ *fakeConn }

func (pingingConn) ping(pong func()) { pong() }

func (c *fakeConn) accept() {
	c.net.mu.Lock()
	defer c.net.mu.Unlock()
	if !c.over {
		c.up = true
		c.sink.opened(c.gen, "", "")
	}
}

// drop ends the connection as the server would.
func (c *fakeConn) drop(info CloseInfo) {
	c.net.mu.Lock()
	defer c.net.mu.Unlock()
	c.end(&info)
}

func (c *fakeConn) end(info *CloseInfo) {
	if c.over {
		return
	}
	c.over = true
	c.net.live--
	if info != nil {
		info.Opened = c.up
		c.sink.closed(c.gen, *info)
	}
}

func (c *fakeConn) say(texts ...string) {
	for _, s := range texts {
		c.sink.received(c.gen, codec.Text, []byte(s))
	}
}

func (c *fakeConn) send(_ codec.MessageType, p []byte) (int, bool) {
	c.net.mu.Lock()
	defer c.net.mu.Unlock()
	if !c.up || c.over || c.net.stuck && len(c.got) > 0 {
		return c.held, false
	}
	if c.net.deaf {
		return c.held, true
	}
	c.got = append(c.got, string(p))
	if c.net.reply != nil {
		s := string(p)
		time.AfterFunc(c.net.delay, func() { c.net.reply(c, s) })
	}
	return c.held, true
}

// flow implements conn: nothing moves.
func (c *fakeConn) flow() engine.Flow { return engine.Flow{Exact: true} }

func (c *fakeConn) buffered() int {
	c.net.mu.Lock()
	defer c.net.mu.Unlock()
	c.asked++
	return c.held
}

// hold lets the connection keep n bytes from now on, whatever it takes.
func (c *fakeConn) hold(n int) {
	c.net.mu.Lock()
	defer c.net.mu.Unlock()
	c.held = n
	c.look()
}

func (c *fakeConn) watch(mark int) {
	c.net.mu.Lock()
	defer c.net.mu.Unlock()
	c.mark = mark
	c.look()
}

func (c *fakeConn) look() {
	if c.held <= c.mark && !c.over {
		c.mark = -1
		c.sink.drained(c.gen)
	}
}

func (c *fakeConn) close(code Code, _ string) {
	c.closes = append(c.closes, code)
	if f := c.net.onClose; f != nil {
		time.AfterFunc(time.Millisecond, func() { f(c) })
		return
	}
	time.AfterFunc(time.Millisecond, func() { c.drop(CloseInfo{Code: code, Clean: true}) })
}

func (c *fakeConn) abandon() {
	c.net.mu.Lock()
	defer c.net.mu.Unlock()
	c.end(nil)
}

// pass lets time go by until everybody is idle again.
func pass(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

// last returns the current connection once everybody is idle.
func (n *fakeNet) last() *fakeConn {
	synctest.Wait()
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.conns[len(n.conns)-1]
}

// bubble runs a client over a fakeNet, closes it at the end and checks what must hold for every life.
func bubble(t *testing.T, n *fakeNet, opts []Option, play func(*testing.T, *Client[string, string])) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		c, err := New("ws://test", codec.String(), append(opts, func(o *options) error { o.dialer = n; return nil })...)
		if err != nil {
			t.Fatal(err)
		}
		ended := make(chan error, 1)
		go func() { ended <- c.Run(context.Background()) }()
		pass(10 * time.Millisecond)
		play(t, c)
		c.Close()
		await.Receive(t, ended)
		synctest.Wait()
		if n.most > 1 {
			t.Errorf("P13: %d connections at once", n.most)
		}
		if n.live != 0 {
			t.Errorf("%d connections outlived the client", n.live)
		}
	})
}
