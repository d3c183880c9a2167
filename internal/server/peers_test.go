package server

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/internal/frame"
	"github.com/tetherscope/tetherscope/internal/server/fleet"
	"github.com/tetherscope/tetherscope/internal/test/await"
)

// These tests prove that a node shows what its peers capture, as theirs, and that nothing but the secret opens a node to another.

// fleetSecret is that of the nodes under test.
var fleetSecret = fleet.Secret(strings.Repeat("s", 32))

// node runs a server that reads peers.
func node(t *testing.T, name string, change func(*Config), peers ...string) *running {
	t.Helper()
	return start(t, func(c *Config) {
		c.App.Node, c.PeerSecret = name, fleetSecret
		for _, p := range peers {
			u, err := fleet.ParsePeer(p)
			if err != nil {
				t.Fatal(err)
			}
			c.Peers = append(c.Peers, u)
		}
		if change != nil {
			change(c)
		}
	})
}

func (s *running) url() string { return s.cfg.url() }

// held returns what the ring holds, one record a line: node of the connection, kind, name and words.
func (s *running) held() (lines []string, list []record.Record) {
	nodes := map[uint32]string{}
	s.ring.Snapshot(func(batch []byte) bool {
		_, _ = record.ReadBatch(batch, func(r *record.Record) bool {
			if r.Kind == record.KindRequest {
				nodes[r.Conn] = r.Node
			}
			lines = append(lines, fmt.Sprintf("%s %s %s", nodes[r.Conn], r.Kind, r.Describe()))
			list = append(list, r.Clone())
			return true
		})
		return true
	})
	return lines, list
}

// await waits until n lines of the ring begin with a text.
func (s *running) await(t *testing.T, n int, begin string) {
	t.Helper()
	await.Until(t, fmt.Sprintf("%d lines that begin with %q", n, begin), func() bool { return s.count(begin) >= n })
}

func (s *running) count(begin string) (n int) {
	lines, _ := s.held()
	for _, l := range lines {
		if strings.HasPrefix(l, begin) {
			n++
		}
	}
	return n
}

// speak opens the echo and sends a text.
func (s *running) speak(t *testing.T, text string) *client {
	t.Helper()
	c := s.open(t, "/ws/echo")
	c.say(text)
	return c
}

func (c *client) say(text string) {
	c.t.Helper()
	c.send(frame.Header{Fin: true, Opcode: frame.Text}, text)
	c.want(frame.Text, text)
}

// TestANodeShowsItsPeers: what they captured before, and what they do now, each with the name of its node and numbers that do not collide.
func TestANodeShowsItsPeers(t *testing.T) {
	b, c := node(t, "b", nil), node(t, "c", nil)
	before := b.speak(t, "before")
	b.await(t, 2, "b frame")
	a := node(t, "a", nil, b.url(), c.url())
	a.await(t, 2, "b frame")
	a.speak(t, "own")
	c.speak(t, "of c")
	before.say("after")
	a.await(t, 4, "b frame")
	a.await(t, 2, "c frame")
	a.await(t, 2, "a frame")
	_, list := a.held()
	requests := map[uint32]string{}
	for _, r := range list {
		if _, of := record.OfPeer(r.Conn); r.Kind == record.KindRequest && r.Name == "/ws/echo" {
			if requests[r.Conn] != "" || of != (r.Node != "a") {
				t.Errorf("connection %d of node %s", r.Conn, r.Node)
			}
			requests[r.Conn] = r.Node
		}
	}
	if len(requests) != 3 {
		t.Errorf("%v", requests)
	}
	for _, p := range a.fleet.Status() {
		if !p.Connected || p.Records == 0 || p.Missed+p.Dropped > 0 {
			t.Errorf("%+v", p)
		}
	}
}

// TestNodesThatReadEachOtherDoNotEcho: each shows the other's connection once.
func TestNodesThatReadEachOtherDoNotEcho(t *testing.T) {
	way := newDoor(t)
	b := node(t, "b", nil, "http://"+way.addr())
	a := node(t, "a", nil, b.url())
	way.to(a.addr)
	own, other := a.speak(t, "1"), b.speak(t, "1")
	a.await(t, 2, "b frame")
	b.await(t, 2, "a frame")
	own.say("2")
	other.say("2")
	a.await(t, 4, "b frame")
	b.await(t, 4, "a frame")
	for name, s := range map[string]*running{"a": a, "b": b} {
		for _, of := range []string{"a", "b"} {
			if n := s.count(of + " request request /ws/echo"); n != 1 {
				t.Errorf("%s shows %d connections of %s", name, n, of)
			}
			if n := s.count(of + " frame"); n != 4 {
				t.Errorf("%s shows %d frames of %s", name, n, of)
			}
		}
	}
}

// TestAPeerThatDies leaves its records and a mark, and is read again when it is back: its open connections have ended then.
func TestAPeerThatDies(t *testing.T) {
	way := newDoor(t)
	b := node(t, "b", nil)
	way.to(b.addr)
	a := node(t, "a", nil, "http://"+way.addr())
	b.speak(t, "before")
	a.await(t, 2, "b frame")
	way.cut()
	a.await(t, 1, "b end end: connection to node b lost at ")
	a.await(t, 2, "b note joined: ") // the same run, from where it was
	b.speak(t, "between")
	a.await(t, 4, "b frame")
	if err := b.stop(); err != nil {
		t.Fatal(err)
	}
	a.await(t, 2, "b end end: connection to node b lost at ")
	b = node(t, "b", nil)
	way.to(b.addr)
	b.speak(t, "again")
	a.await(t, 3, "b request request /ws/echo")
	a.await(t, 3, "b note joined: ")
	if n := a.count("b request request /ws/echo"); n != 3 {
		t.Errorf("%d connections of b", n)
	}
}

// TestTimesAreThisNodes: those of a peer whose clock is an hour ahead are an hour less, within the error that is shown.
func TestTimesAreThisNodes(t *testing.T) {
	b := node(t, "b", func(c *Config) { c.peerClock = func() time.Time { return time.Now().Add(time.Hour) } })
	b.speak(t, "x")
	b.await(t, 2, "b frame")
	a := node(t, "a", nil, b.url())
	a.await(t, 2, "b frame")
	p := a.fleet.Status()[0]
	if off := p.Ahead - time.Hour; max(off, -off) > p.Error+time.Millisecond {
		t.Errorf("%+v", p)
	}
	_, there := b.held()
	_, here := a.held()
	found := 0
	for _, r := range here {
		if r.Kind == record.KindFrame {
			for _, o := range there {
				if o.Kind == record.KindFrame && o.Dir == r.Dir {
					found++
					if ahead := time.Duration(o.Time - r.Time); ahead != p.Ahead {
						t.Errorf("a record is %v earlier, the clock %v ahead", ahead, p.Ahead)
					}
				}
			}
		}
	}
	if found != 2 || a.count("b note joined: node b at "+b.url()+", records from the first one that it holds; its clock is ") != 1 {
		t.Errorf("%d frames", found)
	}
}

// TestAWrongSecretIsRefused: nothing of the node is read, it is counted, and attempts are bounded.
func TestAWrongSecretIsRefused(t *testing.T) {
	now := time.Now()
	b := node(t, "b", func(c *Config) { c.peerClock = func() time.Time { return now } })
	b.speak(t, "secret")
	a := node(t, "a", func(c *Config) { c.PeerSecret = fleet.Secret(strings.Repeat("t", 32)) }, b.url())
	refused := b.stats.set.GetOrCreateCounter("tetherscope_peers_refused_total")
	await.Until(t, "a refusal", func() bool { return refused.Get() > 0 })
	var last *http.Response
	for range 11 {
		_, last = b.try(t, fleet.Path, b.addr)
	}
	if last.StatusCode != http.StatusTooManyRequests {
		t.Errorf("after eleven attempts: %s", last.Status)
	}
	if n := a.count("b "); n > 0 || a.fleet.Status()[0].Records > 0 {
		t.Errorf("%d records were read without the secret", n)
	}
}

// TestWhoGetsNoFeedOfPeers: a node without a secret serves none; a page of another origin, and a proxy, are refused.
func TestWhoGetsNoFeedOfPeers(t *testing.T) {
	alone, b := start(t, nil), node(t, "b", nil)
	for name, c := range map[string]struct {
		s      *running
		field  string
		status int
	}{
		"no secret":      {alone, "", http.StatusNotFound},
		"a foreign page": {b, "Origin: https://evil.example", http.StatusForbidden},
		"a proxy":        {b, "X-Forwarded-For: 10.0.0.1", http.StatusForbidden},
	} {
		fields := []string{"Sec-WebSocket-Protocol: " + fleet.Subprotocol}
		if c.field != "" {
			fields = append(fields, c.field)
		}
		if _, res := c.s.try(t, fleet.Path, c.s.addr, fields...); res.StatusCode != c.status {
			t.Errorf("%s: %s", name, res.Status)
		}
	}
}

// TestANodeIsNotItsOwnPeer: nor is one that is named twice read twice.
func TestANodeIsNotItsOwnPeer(t *testing.T) {
	way := newDoor(t)
	b := node(t, "b", nil)
	a := node(t, "a", nil, "http://"+way.addr(), b.url(), strings.Replace(b.url(), "127.0.0.1", "localhost", 1))
	way.to(a.addr)
	b.speak(t, "x")
	a.speak(t, "y")
	a.await(t, 2, "b frame")
	a.await(t, 2, "a frame")
	if a.count("b request request /ws/echo") != 1 || a.count("a request request /ws/echo") != 1 {
		lines, _ := a.held()
		t.Error(strings.Join(lines, "\n"))
	}
}

// TestPeersOverTLS: the certificate needs no authority, because the proofs are about it; one of a server between the two is refused.
func TestPeersOverTLS(t *testing.T) {
	b := node(t, "b", func(c *Config) { c.TLS = true })
	a := node(t, "a", nil, b.url())
	b.speak(t, "x")
	a.await(t, 2, "b frame")
	between := start(t, func(c *Config) { c.TLS, c.PeerSecret = true, fleetSecret })
	between.visits.Certificate = b.visits.Certificate // it relays what b proves, over a connection of its own
	between.speak(t, "x")
	from := node(t, "from", nil, between.url())
	refused := between.stats.set.GetOrCreateCounter("tetherscope_peers_refused_total")
	await.Until(t, "a refusal", func() bool { return refused.Get() > 0 })
	if n := from.fleet.Status()[0].Records; n > 0 {
		t.Errorf("%d records came over it", n)
	}
}

// TestActingOnAPeersConnectionIsRefused: with the reason.
func TestActingOnAPeersConnectionIsRefused(t *testing.T) {
	a := node(t, "a", nil)
	u := url.URL{Scheme: "http", Host: a.addr, Path: fmt.Sprintf("/api/conns/%d/end", record.PeerConn(0))}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, u.String(), strings.NewReader("{}"))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("X-Tetherscope-Token", a.Token())
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, _ := io.ReadAll(res.Body)
	http.DefaultClient.CloseIdleConnections()
	if res.StatusCode != http.StatusNotFound || !strings.Contains(string(body), "is on another node: act on it there") {
		t.Errorf("%s: %s", res.Status, body)
	}
}

// door leads to a server that a test chooses, and to another one later.
type door struct {
	net.Listener
	mu     sync.Mutex
	target string
	open   map[net.Conn]bool
	all    sync.WaitGroup
}

func newDoor(t *testing.T) *door {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	d := &door{Listener: l, open: map[net.Conn]bool{}}
	d.all.Go(d.serve)
	t.Cleanup(func() {
		_ = l.Close()
		d.cut()
		await.Group(t, &d.all)
	})
	return d
}

func (d *door) addr() string { return d.Addr().String() }

func (d *door) to(target string) { d.mu.Lock(); defer d.mu.Unlock(); d.target = target }

// cut breaks what is open.
func (d *door) cut() {
	d.mu.Lock()
	defer d.mu.Unlock()
	for c := range d.open {
		_ = c.Close()
	}
}

func (d *door) serve() {
	for {
		in, err := d.Accept()
		if err != nil {
			return
		}
		d.mu.Lock()
		target := d.target
		d.mu.Unlock()
		out, err := net.Dial("tcp", target)
		if err != nil {
			_ = in.Close()
			continue
		}
		d.mu.Lock()
		d.open[in], d.open[out] = true, true
		d.mu.Unlock()
		for from, to := range map[net.Conn]net.Conn{in: out, out: in} {
			d.all.Go(func() {
				_, _ = io.Copy(to, from)
				_ = to.Close()
				_ = from.Close()
			})
		}
	}
}
