// These tests prove that the transit times of a relayed connection are recorded, to the nanosecond of a simulated clock, whatever
// blocks, and how long its client took to send its request.
package tap

import (
	"io"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/internal/tap/fault"
)

// relayed returns a connection as a proxy relays it, over a pipe without any buffer: a write lasts until it is read.
func relayed(t *testing.T, ruleset string) (sink *memory, c *conn, client net.Conn) {
	t.Helper()
	sink = &memory{}
	ours, client := net.Pipe()
	tap := New(Config{Sink: sink, LeaveMasked: true})
	if ruleset != "" {
		d, err := fault.Parse(ruleset)
		if err != nil {
			t.Fatal(err)
		}
		tap.SetRules(d)
	}
	c = tap.newConn(ours, &responseWriter{id: 1, name: "target", request: []byte(request)})
	c.Relay()
	tap.applyRules(c, 0)
	c.in.begin(c.opened([]byte("HTTP/1.1 101 Switching Protocols\r\n\r\n")))
	tap.remember(c)
	t.Cleanup(func() { _ = c.Close(); _ = client.Close() })
	return sink, c, client
}

// transits returns the recorded transit times of a direction.
func (m *memory) transits(dir record.Dir) (list []record.Transit) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for i := range m.list {
		if r := &m.list[i]; r.Kind == record.KindTransit && r.Dir == dir {
			list = append(list, r.Transits...)
		}
	}
	return list
}

func wantTransits(t *testing.T, got []record.Transit, want ...record.Transit) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("recorded %v, want %v", got, want)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("part %d: %v, want %v", i, got[i], want[i])
		}
	}
}

// TestTransitTime: to the client it lasts until the client has taken a frame, to the target until the pump reads again; it is
// recorded while the connection is open.
func TestTransitTime(t *testing.T) {
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
		wantTransits(t, sink.transits(record.In), record.Transit{From: 0, To: n, Delay: 3 * time.Second}, record.Transit{From: n, To: 2 * n})
		wantTransits(t, sink.transits(record.Out), record.Transit{From: 0, To: uint64(len(up)), Delay: 2 * time.Second})
	})
}

// TestTransitTimeUnderRules: it includes what rules delay and intercept, and on a limited link the time until the last byte; frames
// that rules drop have none.
func TestTransitTimeUnderRules(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sink, c, client := relayed(t, "late => delay 2s\nlost => drop\nslow => rate 10B/s\nheld => intercept 3s")
		go func() { _, _ = io.Copy(io.Discard, client) }()
		at := uint64(0)
		var want []record.Transit
		for _, f := range []struct {
			text    string
			transit time.Duration
		}{{"late", 2 * time.Second}, {"lost", -1}, {"slow", 600 * time.Millisecond}, {"held", 3 * time.Second}} {
			wire := text(false, f.text)
			_, _ = c.Write(wire)
			if f.transit >= 0 {
				want = append(want, record.Transit{From: at, To: at + uint64(len(wire)), Delay: f.transit})
			}
			at += uint64(len(wire))
			time.Sleep(10 * time.Second)
		}
		wantTransits(t, sink.transits(record.In), want...)
		up := text(true, "late")
		go func() { _, _ = client.Write(up) }()
		go func() { _, _ = io.Copy(io.Discard, c) }()
		time.Sleep(10 * time.Second)
		wantTransits(t, sink.transits(record.Out), record.Transit{From: 0, To: uint64(len(up)), Delay: 2 * time.Second})
	})
}

// TestManyTransitsShareARecord: on a busy direction there are a few records each second, not one for each frame, and none of the
// times is lost.
func TestManyTransitsShareARecord(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sink, c, client := relayed(t, "")
		go func() { _, _ = io.Copy(io.Discard, client) }()
		f := text(false, "x")
		for range 1000 {
			time.Sleep(time.Millisecond)
			_, _ = c.Write(f)
		}
		time.Sleep(time.Second)
		list := sink.transits(record.In)
		if len(list) != 1000 {
			t.Fatal(len(list), "parts")
		}
		for i, p := range list {
			if p.From != uint64(i*len(f)) || p.To != p.From+uint64(len(f)) {
				t.Fatalf("part %d is %v", i, p)
			}
		}
		records := 0
		for _, r := range sink.list {
			if r.Kind == record.KindTransit {
				records++
			}
		}
		if records > 30 {
			t.Error(records, "records for 1000 parts in a second")
		}
	})
}

// TestNoTransitWithoutRelay: an endpoint of this program has no other leg, so there are no transit times.
func TestNoTransitWithoutRelay(t *testing.T) {
	p := connect(t, hows[0])
	if _, err := p.server.Write(text(false, "one")); err != nil {
		t.Fatal(err)
	}
	readFrame(t, p.from)
	p.leave()
	p.sink.untilEnd(t, 1)
	if list := p.sink.transits(record.In); len(list) > 0 {
		t.Error(list)
	}
}

// TestTimeFromAcceptToRequest: the record of the first request of a TCP connection says how long after its acceptance it came.
func TestTimeFromAcceptToRequest(t *testing.T) {
	for _, h := range hows {
		p := connect(t, h)
		p.leave()
		r := p.sink.untilEnd(t, 1)[0]
		if known := r.Waited > 0; r.Kind != record.KindRequest || known != h.listen {
			t.Errorf("%s: %s after %v", h.name, r.Kind, r.Waited)
		}
	}
}
