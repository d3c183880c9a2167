// These tests prove that a tap records the same whether its sink takes runs of frames or one record after the other.
package tap

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/internal/capture/ring"
	"github.com/tetherscope/tetherscope/internal/frame"
)

// counting is a ring that counts what it takes.
type counting struct {
	*ring.Ring
	runs, records int
}

func (c *counting) Append(r *record.Record) { c.records++; c.Ring.Append(r) }

func (c *counting) AppendRun(r *record.Run) { c.runs++; c.Ring.AppendRun(r) }

// lines are the records, all that is in them but their times, which differ.
func (c *counting) lines() (list []string) {
	c.Snapshot(func(batch []byte) bool {
		_, err := record.ReadBatch(batch, func(r *record.Record) bool { list = append(list, line(r)); return true })
		return err == nil
	})
	return list
}

func line(r *record.Record) string {
	c := *r
	c.Seq, c.Time = 0, 0
	return fmt.Sprintf("%+v", c)
}

// traffic is frames as they usually are, with some that are not.
func traffic(rng *rand.Rand, client bool) (b []byte) {
	for range 60 {
		p := bytes.Repeat([]byte{byte('a' + rng.IntN(20))}, rng.IntN(300))
		h := frame.Header{Fin: true, Opcode: frame.Opcode(1 + rng.IntN(2)), Masked: client}
		switch rng.IntN(30) {
		case 0:
			h.Opcode = frame.Ping
		case 1, 2:
			h.Fin, h.Opcode = rng.IntN(2) == 0, frame.Opcode(rng.IntN(3))
		case 3:
			h.Masked = !h.Masked
		case 4:
			p = []byte("t\xE9xt")
		case 5:
			p = []byte("téxt")
		case 6:
			p = bytes.Repeat([]byte("long"), 500)
		}
		if h.Masked {
			h.Key = [4]byte{byte(1 + rng.IntN(5)), 2, 3, 4}
		}
		b = frame.AppendFrame(b, h, p)
	}
	return b
}

// fed is a connection whose records go to a sink, fed with pieces of traffic in turns.
func fed(sink Sink, seed uint64, between func(c *conn, i int)) {
	rng := rand.New(rand.NewPCG(seed, 1))
	c := New(Config{Sink: sink, LeaveMasked: true, Snap: 1000}).newConn(endless{}, &responseWriter{id: 1, request: []byte(request)})
	c.in.begin(c.opened([]byte("HTTP/1.1 101 Switching Protocols\r\n\r\n")))
	up, down := traffic(rng, true), traffic(rng, false)
	for i := 0; len(up) > 0 || len(down) > 0; i++ {
		n, m := min(len(up), 1+rng.IntN(2000)), min(len(down), 1+rng.IntN(2000))
		between(c, i)
		c.out.feed(up[:n])
		c.in.feed(down[:m])
		up, down = up[n:], down[m:]
	}
	_ = c.Close()
}

func TestRunsAreRecordedAsFramesAre(t *testing.T) {
	for seed := range uint64(200) {
		var want memory
		got := counting{Ring: ring.New(0)}
		for _, sink := range []Sink{struct{ Sink }{&want}, &got} {
			fed(sink, seed, func(c *conn, i int) {
				if i == 3 { // what is injected is marked, between what is not
					job := &waiting{Injection: Injection{Frames: plain(frame.Text, "injected"), Marks: record.Injected}, done: make(chan struct{})}
					if c.in.enqueue(job) == nil {
						c.in.take()
					}
				}
			})
		}
		lines := got.lines()
		for i := range min(len(lines), len(want.list)) {
			if w := line(&want.list[i]); lines[i] != w {
				t.Fatalf("seed %d, record %d of %d:\n got %s\nwant %s", seed, i, len(lines), lines[i], w)
			}
		}
		if len(lines) != len(want.list) || got.runs == 0 || got.records == 0 {
			t.Fatalf("seed %d: %d records, want %d; %d runs, %d single records", seed, len(lines), len(want.list), got.runs, got.records)
		}
	}
}
