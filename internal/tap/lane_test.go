// These tests prove that a deck does to real connections what package fault says of lanes, in both directions, that records
// tell of it, and that without rules bytes pass as before.
package tap

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/tetherscope/tetherscope/internal/fault"
	"github.com/tetherscope/tetherscope/internal/frame"
	"github.com/tetherscope/tetherscope/internal/record"
)

// arm puts the pair under a deck.
func (p *pair) arm(t *testing.T, text string) {
	t.Helper()
	d, err := fault.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	p.tap.Arm(d)
}

func text(masked bool, s string) []byte {
	h := frame.Header{Fin: true, Opcode: frame.Text, Masked: masked}
	if masked {
		h.Key = [4]byte{9, 8, 7, 6}
	}
	return frame.AppendFrame(nil, h, []byte(s))
}

// side is one direction of a pair, as its sender and its receiver see it.
type side struct {
	dir    record.Dir
	sender net.Conn
	from   io.Reader
	end    interface {
		SetReadDeadline(time.Time) error
	}
}

func (p *pair) sides() []side {
	_ = p.server.SetReadDeadline(time.Now().Add(2 * time.Minute))
	return []side{{record.In, p.server, p.from, p.client}, {record.Out, p.client, p.server, p.server}}
}

func TestADeckActsInBothDirections(t *testing.T) {
	for _, c := range []struct {
		name, deck string
		want       []string // frames that arrive of "one", "two", "three"
		marks      string   // of the records of "two"
	}{
		{"nothing", "dir:in dir:out => drop", []string{"one", "two", "three"}, ""},
		{"drop", "two => drop", []string{"one", "three"}, "[dropped]"},
		{"delay", "two => delay 30ms", []string{"one", "two", "three"}, "[delayed]"},
		{"duplicate", "two => duplicate", []string{"one", "two", "two", "three"}, "[duplicated][injected duplicated]"},
		{"reorder", "two => reorder", []string{"one", "three", "two"}, "[reordered]"},
		{"truncate", "two => truncate 2", []string{"one", "tw", "three"}, "[altered][injected altered]"},
		{"split", "two => split 3", []string{"one", "t", "w", "o", "three"}, "[altered]"},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := connect(t, hows[0])
			p.arm(t, c.deck)
			for _, s := range p.sides() {
				for _, word := range []string{"one", "two", "three"} {
					if _, err := s.sender.Write(text(s.dir == record.Out, word)); err != nil {
						t.Fatal(err)
					}
				}
				for i, want := range c.want {
					if got := readFrame(t, s.from); got != want {
						t.Fatalf("%v: frame %d is %q, want %q", s.dir, i, got, want)
					}
				}
				if got := p.marksOf(s.dir, "two", "tw"); c.marks != "[altered]" && got != c.marks {
					t.Errorf("%v: marks %s, want %s", s.dir, got, c.marks)
				}
			}
		})
	}
}

// readFrame reads one frame and returns its payload.
func readFrame(t *testing.T, r io.Reader) string {
	t.Helper()
	var b []byte
	for {
		h, n := frame.ParseHeader(b)
		if n > 0 && uint64(len(b)) == uint64(n)+h.Length {
			plain := b[n:]
			for i := range plain {
				plain[i] ^= h.Key[i&3]
			}
			return string(plain)
		}
		var one [1]byte
		if _, err := io.ReadFull(r, one[:]); err != nil {
			t.Fatalf("after %x: %v", b, err)
		}
		b = append(b, one[0])
	}
}

// marksOf tells the marks of the records with one of the payloads.
func (p *pair) marksOf(dir record.Dir, payloads ...string) string {
	p.sink.mu.Lock()
	defer p.sink.mu.Unlock()
	var out strings.Builder
	for _, r := range p.sink.list {
		for _, s := range payloads {
			if r.Kind == record.KindFrame && r.Dir == dir && string(r.Payload) == s && r.Marks != 0 {
				fmt.Fprintf(&out, "[%v]", r.Marks)
			}
		}
	}
	return out.String()
}

// TestADeckThatOnlyDelaysChangesNoByte: whatever passes, in whatever slices, arrives as it was sent, large frames, cut ones and
// garbage included, and also when the deck comes and goes meanwhile.
func TestADeckThatOnlyDelaysChangesNoByte(t *testing.T) {
	for _, h := range hows {
		t.Run(h.name, func(t *testing.T) {
			p := connect(t, h)
			decks := []string{"=> delay 1ms..3ms", "", "dir:in => rate 50MiB/s", "dir:out => delay 1ms"}
			for _, s := range p.sides() {
				rnd := rand.New(rand.NewPCG(uint64(s.dir), 7))
				wire := conversation(rnd, s.dir == record.Out)
				got := make(chan []byte, 1)
				go func() {
					b := make([]byte, len(wire))
					n, _ := io.ReadFull(s.from, b)
					got <- b[:n]
				}()
				for i, rest := 0, wire; len(rest) > 0; i++ {
					if i%8 == 0 {
						p.arm(t, decks[i/8%len(decks)])
					}
					n := min(len(rest), 1+rnd.IntN(30_000))
					if _, err := s.sender.Write(rest[:n]); err != nil {
						t.Fatal(err)
					}
					rest = rest[n:]
				}
				if b := <-got; !bytes.Equal(b, wire) {
					t.Fatalf("%v: %d of %d bytes arrived, and they differ", s.dir, len(b), len(wire))
				}
			}
		})
	}
}

// conversation is frames of all kinds, then bytes that are none.
func conversation(rnd *rand.Rand, masked bool) (wire []byte) {
	for range 60 {
		h := frame.Header{Fin: rnd.IntN(3) > 0, Opcode: frame.Opcode(rnd.IntN(16)), Rsv: uint8(rnd.IntN(8)), Masked: masked, Key: [4]byte{1, 2, 3, 4}}
		payload := make([]byte, rnd.IntN(20_000))
		for i := range payload {
			payload[i] = byte(rnd.Uint32())
		}
		wire = frame.AppendFrame(wire, h, payload)
	}
	wire = frame.AppendFrame(wire, frame.Header{Fin: true, Opcode: frame.Binary, Masked: masked}, make([]byte, fault.MaxFrame+1000))
	return append(wire, 0x82, 0x7f, 0xff, 0, 0, 0, 0, 0, 0, 0, 'g', 'a', 'r', 'b', 'a', 'g', 'e')
}

func TestABlackHoleKeepsTheEndSecret(t *testing.T) {
	p := connect(t, hows[0])
	p.arm(t, "dir:in => blackhole")
	_, _ = p.server.Write(text(false, "lost"))
	p.leave() // the handler closes the connection
	_ = p.client.SetReadDeadline(time.Now().Add(200 * time.Millisecond))
	if b, err := p.from.ReadByte(); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("the client got %x, %v", b, err)
	}
	if _, err := p.client.Write(text(true, "hello?")); err != nil {
		t.Error(err)
	}
	_ = p.client.Close()
	p.sink.untilEnd(t, 1)
}

func TestHowRulesEndAConnection(t *testing.T) {
	for _, c := range []struct {
		deck, ends string
	}{
		{"go => reset", "reset"}, {"go => finish", "EOF"}, {"go => cut", "reset"},
	} {
		t.Run(c.deck, func(t *testing.T) {
			p := connect(t, hows[0])
			p.arm(t, "dir:in "+c.deck)
			_, _ = p.server.Write(text(false, "go"))
			_, err := io.ReadAll(p.from)
			if got := fmt.Sprint(err); c.ends == "EOF" && err != nil || c.ends == "reset" && !strings.Contains(got, "reset") {
				t.Errorf("the client sees %v", err)
			}
			p.leave()
			list := p.sink.untilEnd(t, 1)
			if last := list[len(list)-1]; last.Marks != record.Injected || !strings.Contains(last.Reason, "by a rule") {
				t.Errorf("recorded: %s", last.Describe())
			}
		})
	}
}

func TestARuleClosesWithACode(t *testing.T) {
	p := connect(t, hows[0])
	p.arm(t, `dir:in => close 4009 "enough"`)
	_, _ = p.server.Write(text(false, "go"))
	if got := readFrame(t, p.from); got != "\x0f\xa9enough" {
		t.Errorf("%q", got)
	}
}

func TestHeldFramesWaitForAVerdict(t *testing.T) {
	p := connect(t, hows[0])
	p.arm(t, "hold => hold 10m")
	for _, s := range p.sides() {
		masked := s.dir == record.Out
		for _, word := range []string{"hold 1", "free", "hold 2", "hold 3"} {
			_, _ = s.sender.Write(text(masked, word))
		}
		if got := readFrame(t, s.from); got != "free" {
			t.Fatalf("%q passes", got)
		}
		held := p.heldIn(t, s.dir, 3)
		if held[0].Conn != 1 || held[0].ID != 1 || held[0].Left <= 0 || !bytes.Equal(held[0].Bytes, text(masked, "hold 1")) {
			t.Fatalf("held: %+v", held[0])
		}
		instead := text(masked, "edited")
		for _, err := range []error{p.wire.Decide(s.dir, 3, Forward, nil), p.wire.Decide(s.dir, 2, Discard, nil), p.wire.Decide(s.dir, 1, Replace, instead)} {
			if err != nil {
				t.Fatal(err)
			}
		}
		for _, want := range []string{"hold 3", "edited"} {
			if got := readFrame(t, s.from); got != want {
				t.Fatalf("%q comes, want %q", got, want)
			}
		}
		if got := p.marksOf(s.dir, "edited"); got != "[injected edited]" {
			t.Errorf("its record says %s", got)
		}
		if err := p.wire.Decide(s.dir, 1, Forward, nil); !errors.Is(err, fault.ErrNotHeld) {
			t.Errorf("decided twice: %v", err)
		}
		if err := p.wire.Decide(s.dir, 1, Replace, []byte{0x81}); !errors.Is(err, ErrNotWhole) {
			t.Errorf("half a frame: %v", err)
		}
	}
}

// heldIn returns what is held in a direction, once it is as much as wanted.
func (p *pair) heldIn(t *testing.T, dir record.Dir, want int) (list []Held) {
	t.Helper()
	for end := time.Now().Add(2 * time.Minute); time.Now().Before(end); time.Sleep(time.Millisecond) {
		list = nil
		for _, h := range p.wire.Held() {
			if h.Dir == dir {
				list = append(list, h)
			}
		}
		if len(list) == want {
			return list
		}
	}
	t.Fatalf("%d frames are held, want %d", len(list), want)
	return nil
}

func TestInsertionsGoThroughALane(t *testing.T) {
	p := connect(t, hows[0])
	p.arm(t, "=> delay 20ms")
	for _, s := range p.sides() {
		masked := s.dir == record.Out
		_, _ = s.sender.Write(text(masked, "late"))
		go func() { _, _ = p.wire.Insert(t.Context(), s.dir, Insertion{Frames: text(masked, "put in")}) }()
		got := []string{readFrame(t, s.from), readFrame(t, s.from)}
		if strings.Join(got, ",") != "late,put in" && strings.Join(got, ",") != "put in,late" {
			t.Errorf("%v: %q", s.dir, got)
		}
	}
}

func TestRulesForHandshakes(t *testing.T) {
	for _, c := range []struct {
		deck string
		want string // status, or how it ends
		tale string
	}{
		{"handshake => refuse 429", "429", "request response:429"},
		{"handshake => reset", "reset", "request end:none"},
		{"=> flap 1ns 24h", "503", "request response:503"},
	} {
		t.Run(c.deck, func(t *testing.T) {
			sink := &memory{}
			d, err := fault.Parse(c.deck)
			if err != nil {
				t.Fatal(err)
			}
			tapped := New(Config{Sink: sink})
			tapped.Arm(d)
			defer tapped.Arm(nil)
			addr := serveHTTP(t, tapped.Handler("/ws", http.NotFoundHandler()))
			nc, err := net.Dial("tcp", addr)
			if err != nil {
				t.Fatal(err)
			}
			defer nc.Close()
			_ = nc.SetDeadline(time.Now().Add(2 * time.Minute))
			_, _ = io.WriteString(nc, request)
			res, err := http.ReadResponse(bufio.NewReader(nc), nil)
			got := fmt.Sprint(err)
			if err == nil {
				got = res.Status[:3]
				if res.Header.Get(FaultField) == "" {
					t.Error("the answer does not say that a rule gave it")
				}
			}
			if !strings.Contains(got, c.want) {
				t.Errorf("the client sees %s, want %s", got, c.want)
			}
			for end := time.Now().Add(2 * time.Minute); sink.story() != c.tale && time.Now().Before(end); {
				time.Sleep(time.Millisecond)
			}
			if got := sink.story(); got != c.tale {
				t.Errorf("recorded %q, want %q", got, c.tale)
			}
		})
	}
}

func serveHTTP(t *testing.T, h http.Handler) (addr string) {
	t.Helper()
	srv := httptest.NewServer(h)
	t.Cleanup(srv.Close)
	return srv.Listener.Addr().String()
}

// TestWhatComesEarlyIsJudgedToo: what a client sends with its request, before any answer, meets the rules like all else, and
// what they leave is read by a server as ever.
func TestWhatComesEarlyIsJudgedToo(t *testing.T) {
	for name, wrap := range map[string]func(func(net.Conn, *bufio.ReadWriter)) http.Handler{"upgraded": upgrade, "by hand": byHand} {
		t.Run(name, func(t *testing.T) {
			sink := &memory{}
			d, err := fault.Parse("two => drop\nthree => corrupt 0")
			if err != nil {
				t.Fatal(err)
			}
			tapped := New(Config{Sink: sink})
			tapped.Arm(d)
			got := make(chan string, 3)
			addr := serveHTTP(t, tapped.Handler("/ws", wrap(func(c net.Conn, brw *bufio.ReadWriter) {
				_ = c.SetReadDeadline(time.Now().Add(20 * time.Second))
				for range 3 {
					got <- readFrame(t, brw)
				}
			})))
			client, err := net.Dial("tcp", addr)
			if err != nil {
				t.Fatal(err)
			}
			defer client.Close()
			early := request
			for _, s := range []string{"one", "two", "three"} {
				early += string(text(true, s))
			}
			_, _ = io.WriteString(client, early)
			readHead(t, bufio.NewReader(client))
			_, _ = client.Write(text(true, "four"))
			if a, b, c := <-got, <-got, <-got; a != "one" || b == "three" || b[1:] != "hree" || c != "four" {
				t.Errorf("the server read %q, %q, %q", a, b, c)
			}
		})
	}
}

// TestRulesOnLongFrames: a frame over 1 MiB is altered as it passes, in both directions, and records tell what came and what
// went on.
func TestRulesOnLongFrames(t *testing.T) {
	long := strings.Repeat("0123456789abcdef", 80<<10) // 1.25 MiB
	for _, c := range []struct {
		deck string
		want []string
		out  uint64 // bytes of the record of what went on
	}{
		{"len>1MiB => drop", []string{"behind"}, 0},
		{"len>1MiB => corrupt 1000000", []string{long[:1000000] + "?" + long[1000001:], "behind"}, uint64(len(long))},
		{"0123 => truncate 1200000", []string{long[:1200000], "behind"}, 1200000},
		{"len>1MiB => split 2", []string{long[:len(long)/2], long[len(long)/2:], "behind"}, uint64(len(long) / 2)},
		{"len>1MiB => duplicate", []string{long, "behind"}, 0},
		{"len>1MiB => delay 20ms\n=> rate 100MB/s", []string{long, "behind"}, 0},
	} {
		t.Run(c.deck, func(t *testing.T) {
			p := connect(t, hows[0])
			p.arm(t, c.deck)
			for _, s := range p.sides() {
				go func() {
					_, _ = s.sender.Write(append(text(s.dir == record.Out, long), text(s.dir == record.Out, "behind")...))
				}()
				for i, want := range c.want {
					got := readWhole(t, s.from)
					if strings.Contains(c.deck, "corrupt") && len(got) == len(long) {
						if got[1000000] == long[1000000] {
							t.Errorf("%v: the byte is as it was", s.dir)
						}
						got = got[:1000000] + "?" + got[1000001:]
					}
					if got != want {
						t.Fatalf("%v: frame %d has %d bytes, want %d", s.dir, i, len(got), len(want))
					}
				}
			}
			p.sink.mu.Lock()
			defer p.sink.mu.Unlock()
			seen := 0
			for _, r := range p.sink.list {
				if r.Kind == record.KindFrame && r.Marks == record.Injected|record.Altered {
					if seen++; r.Header.Length != c.out || r.Truncated || len(r.Payload) != DefaultSnap {
						t.Errorf("what went on is told as %d bytes, cut %v, %d kept", r.Header.Length, r.Truncated, len(r.Payload))
					}
				}
			}
			if want := map[bool]int{true: 2, false: 0}[c.out > 0] * (len(c.want) - 1); seen != want {
				t.Errorf("%d records of what went on, want %d", seen, want)
			}
		})
	}
}

// readWhole reads one frame of any length and returns its payload.
func readWhole(t *testing.T, r io.Reader) string {
	t.Helper()
	var head []byte
	for {
		var one [1]byte
		if _, err := io.ReadFull(r, one[:]); err != nil {
			t.Fatal(err)
		}
		head = append(head, one[0])
		h, n := frame.ParseHeader(head)
		if n == 0 {
			continue
		}
		p := make([]byte, h.Length)
		if _, err := io.ReadFull(r, p); err != nil {
			t.Fatal(err)
		}
		for i := range p {
			p[i] ^= h.Key[i&3]
		}
		return string(p)
	}
}

// TestASlowLineIsCutInsideAFrame: a limited link lets bytes through as they come, and a reset leaves half a frame behind.
func TestASlowLineIsCutInsideAFrame(t *testing.T) {
	p := connect(t, hows[0])
	p.arm(t, "dir:in => rate 1000B/s\nafter 200ms in => reset")
	if _, err := p.server.Write(text(false, strings.Repeat("x", 1000))); err != nil {
		t.Fatal(err)
	}
	got, err := io.ReadAll(p.from)
	if err == nil || len(got) == 0 || len(got) > 220 {
		t.Errorf("%d bytes came, then %v", len(got), err)
	}
}
