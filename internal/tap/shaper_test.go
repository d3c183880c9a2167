// These tests prove that fault rules act on real connections as package fault says of shapers, in both directions, that records
// say so, and that without rules bytes pass unchanged.
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
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/internal/frame"
	"github.com/tetherscope/tetherscope/internal/tap/fault"
	"github.com/tetherscope/tetherscope/internal/test/await"
)

// setRules applies rules to the pair.
func (p *pair) setRules(t *testing.T, text string) {
	t.Helper()
	d, err := fault.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	p.tap.SetRules(d)
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
	_ = p.server.SetReadDeadline(time.Now().Add(await.Limit))
	return []side{{record.In, p.server, p.from, p.client}, {record.Out, p.client, p.server, p.server}}
}

func TestRulesActInBothDirections(t *testing.T) {
	for _, c := range []struct {
		name, ruleset string
		want          []string // frames that arrive of "one", "two", "three"
		marks         string   // of the records of "two"
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
			p.setRules(t, c.ruleset)
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

// marksOf returns the marks of the records with one of the payloads.
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

// TestDelaysChangeNoByte: bytes in any slices arrive as they were sent, including long frames, cut ones and garbage, also when
// rules are set and cleared meanwhile.
func TestDelaysChangeNoByte(t *testing.T) {
	for _, h := range hows {
		t.Run(h.name, func(t *testing.T) {
			p := connect(t, h)
			rulesets := []string{"=> delay 1ms..3ms", "", "dir:in => rate 50MiB/s", "dir:out => delay 1ms"}
			for _, s := range p.sides() {
				rnd := rand.New(rand.NewPCG(uint64(s.dir), 7))
				wire := allFrames(rnd, s.dir == record.Out)
				got := make(chan []byte, 1)
				go func() {
					b := make([]byte, len(wire))
					n, _ := io.ReadFull(s.from, b)
					got <- b[:n]
				}()
				for i, rest := 0, wire; len(rest) > 0; i++ {
					if i%8 == 0 {
						p.setRules(t, rulesets[i/8%len(rulesets)])
					}
					n := min(len(rest), 1+rnd.IntN(30_000))
					if _, err := s.sender.Write(rest[:n]); err != nil {
						t.Fatal(err)
					}
					rest = rest[n:]
				}
				if b := await.Receive(t, got); !bytes.Equal(b, wire) {
					t.Fatalf("%v: %d of %d bytes arrived, and they differ", s.dir, len(b), len(wire))
				}
			}
		})
	}
}

// allFrames is frames of all kinds, then bytes that are no frames.
func allFrames(rnd *rand.Rand, masked bool) (wire []byte) {
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

func TestABlackHoleHidesTheEnd(t *testing.T) {
	p := connect(t, hows[0])
	p.setRules(t, "dir:in => blackhole")
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
		ruleset, ends string
	}{
		{"go => reset", "reset"}, {"go => finish", "EOF"}, {"go => cut", "reset"},
	} {
		t.Run(c.ruleset, func(t *testing.T) {
			p := connect(t, hows[0])
			p.setRules(t, "dir:in "+c.ruleset)
			_, _ = p.server.Write(text(false, "go"))
			_, err := readAll(t, p.from)
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
	p.setRules(t, `dir:in => close 4009 "enough"`)
	_, _ = p.server.Write(text(false, "go"))
	if got := readFrame(t, p.from); got != "\x0f\xa9enough" {
		t.Errorf("%q", got)
	}
}

func TestInterceptedFramesWaitForADecision(t *testing.T) {
	p := connect(t, hows[0])
	p.setRules(t, "hold => intercept 10m")
	for _, s := range p.sides() {
		masked := s.dir == record.Out
		for _, word := range []string{"hold 1", "free", "hold 2", "hold 3"} {
			_, _ = s.sender.Write(text(masked, word))
		}
		if got := readFrame(t, s.from); got != "free" {
			t.Fatalf("%q passes", got)
		}
		held := p.waitIntercepted(t, s.dir, 3)
		if held[0].Conn != 1 || held[0].ID != 1 || held[0].Left <= 0 || !bytes.Equal(held[0].Bytes, text(masked, "hold 1")) {
			t.Fatalf("held: %+v", held[0])
		}
		instead := text(masked, "edited")
		for _, err := range []error{p.injector.Resolve(s.dir, 3, Forward, nil), p.injector.Resolve(s.dir, 2, Discard, nil), p.injector.Resolve(s.dir, 1, Replace, instead)} {
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
		if err := p.injector.Resolve(s.dir, 1, Forward, nil); !errors.Is(err, fault.ErrNotIntercepted) {
			t.Errorf("decided twice: %v", err)
		}
		if err := p.injector.Resolve(s.dir, 1, Replace, []byte{0x81}); !errors.Is(err, ErrNotWhole) {
			t.Errorf("half a frame: %v", err)
		}
	}
}

// waitIntercepted waits until as many frames as wanted are intercepted in a direction, and returns them.
func (p *pair) waitIntercepted(t *testing.T, dir record.Dir, want int) (list []Intercepted) {
	t.Helper()
	await.Until(t, fmt.Sprintf("%d intercepted frames", want), func() bool {
		list = slices.DeleteFunc(p.injector.Intercepted(), func(f Intercepted) bool { return f.Dir != dir })
		return len(list) == want
	})
	return list
}

func TestInjectionsGoThroughAShaper(t *testing.T) {
	p := connect(t, hows[0])
	p.setRules(t, "=> delay 20ms")
	for _, s := range p.sides() {
		masked := s.dir == record.Out
		_, _ = s.sender.Write(text(masked, "late"))
		go func() { _, _ = p.injector.Inject(t.Context(), s.dir, Injection{Frames: text(masked, "injected")}) }()
		got := []string{readFrame(t, s.from), readFrame(t, s.from)}
		if strings.Join(got, ",") != "late,injected" && strings.Join(got, ",") != "injected,late" {
			t.Errorf("%v: %q", s.dir, got)
		}
	}
}

func TestRulesForHandshakes(t *testing.T) {
	for _, c := range []struct {
		ruleset string
		want    string // status, or how it ends
		story   string // the records
	}{
		{"handshake => refuse 429", "429", "request response:429"},
		{"handshake => reset", "reset", "request end:none"},
		{"=> flap 1ns 24h", "503", "request response:503"},
	} {
		t.Run(c.ruleset, func(t *testing.T) {
			sink := &memory{}
			d, err := fault.Parse(c.ruleset)
			if err != nil {
				t.Fatal(err)
			}
			tapped := New(Config{Sink: sink, LeaveMasked: true})
			tapped.SetRules(d)
			defer tapped.SetRules(nil)
			addr := serveHTTP(t, tapped.Handler("/ws", http.NotFoundHandler()))
			nc, err := net.Dial("tcp", addr)
			if err != nil {
				t.Fatal(err)
			}
			defer nc.Close()
			_ = nc.SetDeadline(time.Now().Add(await.Limit))
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
			await.Until(t, "the records "+c.story, func() bool { return sink.story() == c.story })
		})
	}
}

func serveHTTP(t *testing.T, h http.Handler) (addr string) {
	t.Helper()
	srv := httptest.NewServer(h)
	t.Cleanup(srv.Close)
	return srv.Listener.Addr().String()
}

// TestRulesApplyToEarlyFrames: the rules apply to frames that a client sends right behind its request, before the response, and
// the server reads the rest of them as usual.
func TestRulesApplyToEarlyFrames(t *testing.T) {
	for name, wrap := range map[string]func(func(net.Conn, *bufio.ReadWriter)) http.Handler{"upgraded": upgrade, "by hand": byHand} {
		t.Run(name, func(t *testing.T) {
			sink := &memory{}
			d, err := fault.Parse("two => drop\nthree => corrupt 0")
			if err != nil {
				t.Fatal(err)
			}
			tapped := New(Config{Sink: sink, LeaveMasked: true})
			tapped.SetRules(d)
			got := make(chan string, 3)
			addr := serveHTTP(t, tapped.Handler("/ws", wrap(func(c net.Conn, brw *bufio.ReadWriter) {
				_ = c.SetReadDeadline(time.Now().Add(await.Limit))
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
			if a, b, c := await.Receive(t, got), await.Receive(t, got), await.Receive(t, got); a != "one" || b == "three" || b[1:] != "hree" || c != "four" {
				t.Errorf("the server read %q, %q, %q", a, b, c)
			}
		})
	}
}

// TestRulesOnLongFrames: a frame over 1 MiB is altered as it passes, in both directions, and records say what came and what was
// passed on.
func TestRulesOnLongFrames(t *testing.T) {
	long := strings.Repeat("0123456789abcdef", 80<<10) // 1.25 MiB
	for _, c := range []struct {
		ruleset string
		want    []string
		out     uint64 // bytes in the record of what was passed on
	}{
		{"len>1MiB => drop", []string{"behind"}, 0},
		{"len>1MiB => corrupt 1000000", []string{long[:1000000] + "?" + long[1000001:], "behind"}, uint64(len(long))},
		{"0123 => truncate 1200000", []string{long[:1200000], "behind"}, 1200000},
		{"len>1MiB => split 2", []string{long[:len(long)/2], long[len(long)/2:], "behind"}, uint64(len(long) / 2)},
		{"len>1MiB => duplicate", []string{long, "behind"}, 0},
		{"len>1MiB => delay 20ms\n=> rate 100MB/s", []string{long, "behind"}, 0},
	} {
		t.Run(c.ruleset, func(t *testing.T) {
			p := connect(t, hows[0])
			p.setRules(t, c.ruleset)
			for _, s := range p.sides() {
				go func() {
					_, _ = s.sender.Write(append(text(s.dir == record.Out, long), text(s.dir == record.Out, "behind")...))
				}()
				for i, want := range c.want {
					got := readWhole(t, s.from)
					if strings.Contains(c.ruleset, "corrupt") && len(got) == len(long) {
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
					if seen++; r.Header.Length != c.out || r.Truncated || uint64(len(r.Payload)) != min(c.out, DefaultSnap) {
						t.Errorf("the record of what was passed on says %d bytes, cut %v, %d kept", r.Header.Length, r.Truncated, len(r.Payload))
					}
				}
			}
			if want := map[bool]int{true: 2, false: 0}[c.out > 0] * (len(c.want) - 1); seen != want {
				t.Errorf("%d records of what was passed on, want %d", seen, want)
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

// TestAResetCutsInsideAFrame: a limited link passes bytes on in slices, and a reset leaves a part of a frame behind.
func TestAResetCutsInsideAFrame(t *testing.T) {
	p := connect(t, hows[0])
	p.setRules(t, "dir:in => rate 1000B/s\nafter 200ms in => reset")
	if _, err := p.server.Write(text(false, strings.Repeat("x", 1000))); err != nil {
		t.Fatal(err)
	}
	got, err := readAll(t, p.from)
	if err == nil || len(got) == 0 || len(got) > 200 {
		t.Errorf("%d bytes came, then %v", len(got), err)
	}
}

// TestRulesTestThePath proves that a rule by path applies to the connections that it names: by path, query or target.
func TestRulesTestThePath(t *testing.T) {
	for rule, drops := range map[string]bool{"path:/ws": true, "path:x=1": true, "path:elsewhere": false, "-path:/ws": false} {
		p := connect(t, hows[0])
		p.setRules(t, rule+" two => drop")
		s := p.sides()[0]
		for _, word := range []string{"two", "three"} {
			if _, err := s.sender.Write(text(s.dir == record.Out, word)); err != nil {
				t.Fatal(err)
			}
		}
		if got := readFrame(t, s.from); (got == "three") != drops {
			t.Errorf("%s: %q arrives first", rule, got)
		}
	}
}
