// These tests prove that the feed at /api/tap gives every subscriber everything in order, counts what one was too slow for,
// and slows no one else; and that the demo shows what it promises.
package server

import (
	"bufio"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/tetherscope/tetherscope/internal/capture/feed"
	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/internal/frame"
	"github.com/tetherscope/tetherscope/internal/server/demo"
	"github.com/tetherscope/tetherscope/internal/test/await"
)

// subscribe opens the feed.
func (s *running) subscribe(t *testing.T) *client {
	t.Helper()
	return s.open(t, "/api/tap", "Sec-WebSocket-Protocol: "+feed.Protocol+", token."+s.Token(), "Origin: http://"+s.addr)
}

// batches reads the feed until each returns false.
func (c *client) batches(each func(head record.Batch, r *record.Record) bool) {
	c.t.Helper()
	for more := true; more; {
		h, payload, err := c.next()
		if err != nil || h.Opcode != frame.Binary {
			c.t.Fatalf("the feed sent %v, %v", h.Opcode, err)
		}
		var recs []record.Record
		head, err := record.ReadBatch([]byte(payload), func(r *record.Record) bool { recs = append(recs, *r); return true })
		if err != nil {
			c.t.Fatal(err)
		}
		for i := range recs {
			more = more && each(head, &recs[i])
		}
	}
}

func TestFeedGivesEarlyAndLateSubscribersTheSame(t *testing.T) {
	s := start(t, nil)
	early := s.subscribe(t)
	c := s.open(t, "/ws/echo")
	c.send(frame.Header{Fin: true, Opcode: frame.Text}, "hello")
	c.want(frame.Text, "hello")
	c.send(frame.Header{Fin: true, Opcode: frame.Close}, "\x03\xe8bye")
	c.closed()
	late := s.subscribe(t)
	for name, sub := range map[string]*client{"early": early, "late": late} {
		var story []string
		sub.batches(func(_ record.Batch, r *record.Record) bool {
			story = append(story, r.Describe())
			return r.Kind != record.KindEnd
		})
		got := strings.Join(story[1:], "\n")
		want := `response "HTTP/1.1 101 Switching Protocols"
↑ Text FIN:1 MASK:1 LEN:5
↓ Text FIN:1 MASK:0 LEN:5
↑ Close FIN:1 MASK:1 LEN:5
↓ Close FIN:1 MASK:0 LEN:5
close 1000 (Normal Closure) by client, clean true, reason "bye"
end: the server closed the connection`
		if got != want {
			t.Errorf("%s:\n%s", name, got)
		}
	}
}

// TestSlowSubscriberSlowsNoOther: one that reads nothing holds up neither the echo nor another subscriber, and hears of its
// gap when it reads at last.
func TestSlowSubscriberSlowsNoOther(t *testing.T) {
	s := start(t, func(c *Config) { c.RingSize = 1 << 20 })
	slow := s.subscribe(t)
	c := s.open(t, "/ws/echo")
	text := strings.Repeat("x", 64<<10)
	for range 400 { // 50 MB of records: more than the ring and all socket buffers hold
		c.send(frame.Header{Fin: true, Opcode: frame.Binary}, text)
		c.want(frame.Binary, text)
	}
	_ = c.Close()
	var seen, missed, next uint64 = 0, 0, 1
	slow.batches(func(head record.Batch, r *record.Record) bool {
		if r.Seq == head.First {
			missed += head.Missed
			if r.Seq != next+head.Missed {
				t.Fatalf("record %d follows %d with %d missed", r.Seq, next-1, head.Missed)
			}
			next = r.Seq
		}
		seen, next = seen+1, next+1
		return r.Kind != record.KindEnd
	})
	if total := s.ring.Stats().Appended; missed == 0 || seen+missed != total {
		t.Errorf("saw %d, missed %d of %d", seen, missed, total)
	}
	if _, body := s.get(t, "GET", "/metrics"); !strings.Contains(body, fmt.Sprintf("tetherscope_records_missed_total %d", missed)) {
		t.Error("the metrics do not count the gap")
	}
}

// TestDataToTheFeedIsRefused: it only speaks.
func TestDataToTheFeedIsRefused(t *testing.T) {
	c := start(t, nil).subscribe(t)
	c.send(frame.Header{Fin: true, Opcode: frame.Text}, "hello?")
	if code, _ := c.closed(); code != 1008 {
		t.Error(code)
	}
}

// TestDemoShowsWhatBrowsersHide plays one round of the script and looks for each kind.
func TestDemoShowsWhatBrowsersHide(t *testing.T) {
	for name, offer := range map[string][]string{"compressed": {offerDeflate}, "plain": nil} {
		t.Run(name, func(t *testing.T) {
			s := start(t, nil)
			c := s.open(t, "/ws/demo?beat=10ms&after=30&close=4001&reason=bis+sp%C3%A4ter", offer...)
			var deflate *frame.DeflateParams
			if offer != nil {
				deflate = &frame.DeflateParams{}
			}
			dec := frame.NewDecoder(frame.Config{Deflate: deflate})
			seen := map[string]int{}
			fragmented := false
			for over := false; !over; {
				h, payload, err := c.next()
				if err != nil {
					t.Fatal(err)
				}
				dec.Feed(frame.AppendFrame(nil, h, []byte(payload)), func(f *frame.Frame) {
					if f.Violations != 0 {
						t.Errorf("the demo broke a rule: %v", f.Violations)
					}
					seen[f.Opcode.String()]++
					if f.Opcode == frame.Ping && fragmented {
						seen["ping inside"]++
					}
					if !f.Opcode.IsControl() {
						fragmented = !f.Fin
					}
					if m := f.Message; m != nil {
						if m.Compressed {
							seen["compressed"]++
						}
						if m.Length == 0 {
							seen["empty"]++
						}
					}
					if f.Opcode == frame.Close {
						over = true
						if code, reason, _ := frame.ParseClose(f.Payload); code != 4001 || reason != "bis später" {
							t.Errorf("closed with %d %q", code, reason)
						}
					}
				})
			}
			for _, kind := range []string{"text", "binary", "continuation", "ping", "pong", "ping inside", "empty"} {
				if seen[kind] == 0 {
					t.Errorf("no %s: %v", kind, seen)
				}
			}
			if (seen["compressed"] > 0) != (offer != nil) {
				t.Errorf("%d compressed", seen["compressed"])
			}
		})
	}
}

func TestDemoEndings(t *testing.T) {
	s := start(t, nil)
	for query, want := range map[string]uint16{
		"close=1000": 1000, "close=3000&reason=x": 3000, "close=empty": 1005, "close=fin": 1006, "close=reset": 1006, "after=1": 1000,
	} {
		c := s.open(t, "/ws/demo?beat=10ms&after=2&"+query)
		code, how := c.closed()
		if code != want || strings.Contains(how, "reset") != (query == "close=reset") {
			t.Errorf("%s: %d %s", query, code, how)
		}
	}
	for _, query := range []string{"close=1005", "close=1006", "close=999", "close=70000", "close=x", "beat=1ms", "beat=x", "after=0", "close=1000&reason=" + strings.Repeat("x", 124)} {
		if _, res := s.try(t, "/ws/demo?"+query, s.addr); res.StatusCode != 400 {
			t.Errorf("%s: %s", query, res.Status)
		}
	}
}

// TestTourShowsEveryEnd starts the demo that needs no browser and reads its story from the ring.
func TestTourShowsEveryEnd(t *testing.T) {
	if testing.Short() {
		t.Skip("the tour takes its time, so that people can watch")
	}
	for _, encrypted := range []bool{false, true} {
		t.Run(fmt.Sprintf("tls=%t", encrypted), func(t *testing.T) {
			t.Parallel()
			s := start(t, func(c *Config) { c.TLS = encrypted })
			for range 2 { // asking twice is one tour
				if res, body := s.get(t, "POST", "/api/demo", feed.TokenHeader+": "+s.Token(), "Content-Length: 0"); res.StatusCode != 202 {
					t.Fatalf("%s %s", res.Status, body)
				}
			}
			ends := 0
			list := s.records(t, func(r *record.Record) bool {
				if r.Kind == record.KindEnd {
					ends++
				}
				return ends == len(demo.Scenarios)
			})
			var closes []string
			big := false
			for _, r := range list {
				if r.Kind == record.KindClose {
					closes = append(closes, fmt.Sprintf("%d %s", r.Code, r.By))
				}
				big = big || r.Header.Length == 70<<10
			}
			got := strings.Join(closes, ", ")
			if got != "4001 server, 1005 server, 1000 client, 1002 server, 1007 server, 1006 none, 1006 none" {
				t.Error(got)
			}
			if !big {
				t.Error("no message of 70 KiB")
			}
		})
	}
}

// TestFrameLog: one line for each record, and no way for a peer to write lines of its own.
func TestFrameLog(t *testing.T) {
	r, w := io.Pipe()
	s := start(t, func(c *Config) { c.FrameLog = w })
	lines := make(chan string, 100)
	go func() {
		defer close(lines)
		for in := bufio.NewReader(r); ; {
			line, err := in.ReadString('\n')
			lines <- line
			if err != nil {
				return
			}
		}
	}()
	c := s.open(t, "/ws/echo")
	c.send(frame.Header{Fin: true, Opcode: frame.Text}, "hello")
	c.want(frame.Text, "hello")
	c.send(frame.Header{Fin: true, Opcode: frame.Close}, "\x03\xe8a\r\n\x1b[31mforged")
	c.closed()
	s.records(t, func(r *record.Record) bool { return r.Kind == record.KindEnd })
	var got string
	for range 8 {
		got += await.Receive(t, lines)
	}
	_ = s.stop()
	_ = w.Close()
	for line := range lines { // none
		got += line
	}
	for _, want := range []string{"#1 ↑ Text FIN:1 MASK:1 LEN:5\n", "#1 ↓ Text FIN:1 MASK:0 LEN:5\n", `reason "a\r\n\x1b[31mforged"` + "\n"} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
	if strings.ContainsAny(got, "\r\x1b") || strings.Count(got, "\n") != 8 {
		t.Errorf("a peer wrote into the log:\n%q", got)
	}
}
