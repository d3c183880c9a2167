package e2e

import (
	"bytes"
	"context"
	"maps"
	"net"
	"net/http"
	"os"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/tetherscope/tetherscope/internal/app"
	"github.com/tetherscope/tetherscope/internal/capture/feed"
	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/internal/frame"
	"github.com/tetherscope/tetherscope/internal/server"
	"github.com/tetherscope/tetherscope/internal/tap"
	"github.com/tetherscope/tetherscope/internal/test/await"
	"github.com/tetherscope/tetherscope/internal/test/chrome"
	"github.com/tetherscope/tetherscope/static"
)

// running is the real dev server, in this process, on a port of its own.
type running struct {
	*server.Server
	addr string
	url  string
	stop func() // ends it as SIGINT does and waits

	mu    sync.Mutex
	conns map[uint32]connection
}

// serve starts a server on addr ("127.0.0.1:0": any port) and stops it when the test ends. People log in to its chat by
// name, as on a server that only its own machine can reach.
func serve(t *testing.T, addr string, change ...func(*server.Config)) *running {
	t.Helper()
	l := listen(t, addr)
	addr = l.Addr().String()
	cfg := server.Config{Addr: addr, Assets: static.Files, App: app.Config{DevTokens: true, DrainSpread: 200 * time.Millisecond}}
	for _, f := range change {
		f(&cfg)
	}
	s, err := server.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		if err := s.Serve(ctx, l); err != nil {
			t.Errorf("serve: %v", err)
		}
	}()
	stop := func() { cancel(); await.Closed(t, ended) }
	t.Cleanup(stop)
	srv := &running{Server: s, addr: addr, url: "http://" + addr, stop: stop, conns: map[uint32]connection{}}
	srv.feed(t)
	return srv
}

// listen takes an address as soon as it is free: after a restart a connection of another program may have its port.
func listen(t *testing.T, addr string) (l net.Listener) {
	t.Helper()
	await.Until(t, "the address "+addr+" is free", func() bool {
		var err error
		l, err = net.Listen("tcp", addr)
		return err == nil
	})
	return l
}

// logIn gives a browser the key of the server.
func (s *running) logIn(t *testing.T, b *chrome.Browser) {
	t.Helper()
	chrome.Wait(t, chrome.Open(t, b, s.url+s.LoginPath("/")), `localStorage.getItem("tetherscope.key")?.length === 64`)
}

// built skips or fails a test when the WASM programs have not been built.
func built(t *testing.T, names ...string) {
	t.Helper()
	for _, name := range append(names, "dist/wasm_exec.js") {
		f, err := static.Files.Open(name)
		if err == nil {
			f.Close()
			continue
		}
		if os.Getenv(chrome.RequireTools) != "" {
			t.Fatalf("static/%s is missing: run make wasm", name)
		}
		t.Skipf("static/%s is missing: run make wasm", name)
	}
}

// connection is all records of one connection.
type connection []record.Record

// feed subscribes to the server's capture over its socket, as the panel does, and keeps all that comes.
func (s *running) feed(t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	t.Cleanup(cancel)
	c, res, err := websocket.Dial(ctx, "ws://"+s.addr+feed.Path, &websocket.DialOptions{
		Subprotocols: feed.Subprotocols(s.Token()),
		HTTPHeader:   http.Header{"Origin": {s.url}},
	})
	if err != nil {
		t.Fatal(err)
	}
	if res.Body != nil {
		res.Body.Close()
	}
	c.SetReadLimit(-1)
	go func() {
		for {
			_, batch, err := c.Read(ctx)
			if err != nil {
				return
			}
			s.keep(t, batch)
		}
	}()
}

// keep files the records of one batch under their connections.
func (s *running) keep(t *testing.T, batch []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	head, err := record.ReadBatch(batch, func(r *record.Record) bool {
		kept := *r // the batch is ours: nothing writes to it again
		s.conns[r.Conn] = append(s.conns[r.Conn], kept)
		return true
	})
	if err != nil || head.Missed > 0 || head.Evicted > 0 {
		t.Errorf("batch: %+v, %v", head, err)
	}
}

// connectionOf waits until the end of the connection that came from remote has been recorded, and returns it.
func (s *running) connectionOf(t *testing.T, remote string) connection {
	t.Helper()
	var c connection
	await.Until(t, "the end of the connection from "+remote+" is recorded", func() bool {
		c = s.find(remote)
		return c != nil && c.last().Kind == record.KindEnd
	})
	return c
}

func (s *running) find(remote string) connection {
	for _, c := range s.all() {
		if c[0].Remote == remote {
			return c
		}
	}
	return nil
}

// all returns the connections recorded so far.
func (s *running) all() []connection {
	return slices.Collect(maps.Values(s.byNumber()))
}

// byNumber returns the connections recorded so far by their number.
func (s *running) byNumber() map[uint32]connection {
	s.mu.Lock()
	defer s.mu.Unlock()
	copied := map[uint32]connection{}
	for id, c := range s.conns {
		copied[id] = slices.Clone(c)
	}
	return copied
}

func (c connection) last() record.Record { return c[len(c)-1] }

// frames returns the frame records of one direction.
func (c connection) frames(dir record.Dir) (fs []record.Record) {
	for _, r := range c {
		if r.Kind == record.KindFrame && r.Dir == dir {
			fs = append(fs, r)
		}
	}
	return fs
}

// of returns the one record of a kind.
func (c connection) of(t *testing.T, kind record.Kind) record.Record {
	t.Helper()
	var found []record.Record
	for _, r := range c {
		if r.Kind == kind {
			found = append(found, r)
		}
	}
	if len(found) != 1 {
		t.Fatalf("%d records of kind %s, want 1", len(found), kind)
	}
	return found[0]
}

// sameFrames compares what was recorded with what the peer saw.
func sameFrames(t *testing.T, dir record.Dir, recorded []record.Record, seen []wireFrame) {
	t.Helper()
	if len(recorded) != len(seen) {
		t.Errorf("%s: %d frames recorded, the peer saw %d", dir, len(recorded), len(seen))
	}
	for i := range min(len(recorded), len(seen)) {
		r, f := recorded[i], seen[i]
		want := frame.Header{Fin: f.Fin, Rsv: f.Rsv, Opcode: f.Opcode, Masked: f.Masked, Key: f.Key, Length: uint64(len(f.Payload)), Size: r.Header.Size}
		kept := f.Payload[:min(len(f.Payload), tap.DefaultSnap)]
		if r.Header != want || !bytes.Equal(r.Payload, kept) {
			t.Fatalf("%s, frame %d:\nrecorded %+v %.60q\n    want %+v %.60q", dir, i, r.Header, r.Payload, want, kept)
		}
	}
}
