// These tests prove that a relayed connection tells how long each part of it stood here, to the nanosecond of a clock that the
// test winds, whatever blocks, and how its client came.
package tap

import (
	"io"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tetherscope/tetherscope/internal/fault"
	"github.com/tetherscope/tetherscope/internal/record"
)

// relayed is a connection that a proxy would carry, over a pipe without any buffer: a write lasts until it is read.
func relayed(t *testing.T, deck string) (sink *memory, c *conn, client net.Conn) {
	t.Helper()
	sink = &memory{}
	ours, client := net.Pipe()
	tap := New(Config{Sink: sink})
	if deck != "" {
		d, err := fault.Parse(deck)
		if err != nil {
			t.Fatal(err)
		}
		tap.Arm(d)
	}
	c = newConn(ours, tap, 1, "target", []byte(request))
	c.Relay()
	tap.underDeck(c, 0)
	c.in.begin(c.opened([]byte("HTTP/1.1 101 Switching Protocols\r\n\r\n")))
	tap.remember(c)
	t.Cleanup(func() { _ = c.Close(); _ = client.Close() })
	return sink, c, client
}

// passages returns what was told of a direction.
func (m *memory) passages(dir record.Dir) (list []record.Passage) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for i := range m.list {
		if r := &m.list[i]; r.Kind == record.KindPassed && r.Dir == dir {
			list = append(list, r.Passed...)
		}
	}
	return list
}

func wantPassages(t *testing.T, got []record.Passage, want ...record.Passage) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("told of %v, want %v", got, want)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("part %d: %v, want %v", i, got[i], want[i])
		}
	}
}

// TestHowLongAFrameStood: towards the client until it takes it, towards the target until the pump is back for more; and it is
// told while the connection goes on.
func TestHowLongAFrameStood(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sink, c, client := relayed(t, "")
		one := text(false, "one")
		go func() {
			_, _ = c.Write(one)
			_, _ = c.Write(one)
		}()
		time.Sleep(3 * time.Second)
		readFrame(t, client)
		readFrame(t, client)
		up := text(true, "up")
		go func() { _, _ = client.Write(up) }()
		b := make([]byte, 100)
		if n, err := c.Read(b); n != len(up) || err != nil {
			t.Fatal(n, err)
		}
		time.Sleep(2 * time.Second) // the target does not take it
		go func() { _, _ = c.Read(b) }()
		time.Sleep(time.Second)
		n := uint64(len(one))
		wantPassages(t, sink.passages(record.In), record.Passage{From: 0, To: n, Stood: 3 * time.Second}, record.Passage{From: n, To: 2 * n})
		wantPassages(t, sink.passages(record.Out), record.Passage{From: 0, To: uint64(len(up)), Stood: 2 * time.Second})
	})
}

// TestHowLongAFrameStoodUnderADeck: what rules delay and hold stands here too, a slow line keeps a frame until its last byte,
// and what they take away never passed.
func TestHowLongAFrameStoodUnderADeck(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sink, c, client := relayed(t, "late => delay 2s\nlost => drop\nslow => rate 10B/s\nheld => hold 3s")
		go func() { _, _ = io.Copy(io.Discard, client) }()
		at := uint64(0)
		var want []record.Passage
		for _, f := range []struct {
			text  string
			stood time.Duration
		}{{"late", 2 * time.Second}, {"lost", -1}, {"slow", 600 * time.Millisecond}, {"held", 3 * time.Second}} {
			wire := text(false, f.text)
			_, _ = c.Write(wire)
			if f.stood >= 0 {
				want = append(want, record.Passage{From: at, To: at + uint64(len(wire)), Stood: f.stood})
			}
			at += uint64(len(wire))
			time.Sleep(10 * time.Second)
		}
		wantPassages(t, sink.passages(record.In), want...)
		up := text(true, "late")
		go func() { _, _ = client.Write(up) }()
		go func() { _, _ = io.Copy(io.Discard, c) }()
		time.Sleep(10 * time.Second)
		wantPassages(t, sink.passages(record.Out), record.Passage{From: 0, To: uint64(len(up)), Stood: 2 * time.Second})
	})
}

// TestManyPartsAreToldTogether: a busy direction tells a few times each second, not at each frame, and loses no part.
func TestManyPartsAreToldTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sink, c, client := relayed(t, "")
		go func() { _, _ = io.Copy(io.Discard, client) }()
		f := text(false, "x")
		for range 1000 {
			time.Sleep(time.Millisecond)
			_, _ = c.Write(f)
		}
		time.Sleep(time.Second)
		list := sink.passages(record.In)
		if len(list) != 1000 {
			t.Fatal(len(list), "parts")
		}
		for i, p := range list {
			if p.From != uint64(i*len(f)) || p.To != p.From+uint64(len(f)) {
				t.Fatalf("part %d is %v", i, p)
			}
		}
		told := 0
		for _, r := range sink.list {
			if r.Kind == record.KindPassed {
				told++
			}
		}
		if told > 30 {
			t.Error(told, "records for 1000 parts in a second")
		}
	})
}

// TestWhatNobodyRelaysDidNotStand: an endpoint of this program answers itself, so nothing is told of legs.
func TestWhatNobodyRelaysDidNotStand(t *testing.T) {
	p := connect(t, hows[0])
	if _, err := p.server.Write(text(false, "one")); err != nil {
		t.Fatal(err)
	}
	readFrame(t, p.from)
	p.leave()
	p.sink.untilEnd(t, 1)
	if list := p.sink.passages(record.In); len(list) > 0 {
		t.Error(list)
	}
}

// TestHowLongAClientWaited: of the first request of a TCP connection it is told how long after its beginning it came.
func TestHowLongAClientWaited(t *testing.T) {
	for _, h := range hows {
		p := connect(t, h)
		p.leave()
		r := p.sink.untilEnd(t, 1)[0]
		if known := r.Waited > 0; r.Kind != record.KindRequest || known != h.listen {
			t.Errorf("%s: %s after %v", h.name, r.Kind, r.Waited)
		}
	}
}
