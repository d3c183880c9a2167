// These tests prove that injections are sent between the frames of a connection, in both directions, under load and inside
// messages; that their records say so; and that what cannot be injected is refused with the reason.
package tap

import (
	"bufio"
	"bytes"
	"compress/flate"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/internal/frame"
	"github.com/tetherscope/tetherscope/internal/test/await"
)

// pair is a tapped connection with both of its ends.
type pair struct {
	injector Injector
	tap      *Tap
	sink     *memory
	client   net.Conn      // raw
	from     *bufio.Reader // what the client reads, behind the handshake
	server   net.Conn      // tapped
	leave    func()        // ends the server's handler
}

// connect opens a tapped connection.
func connect(t *testing.T, h how) *pair {
	t.Helper()
	p := &pair{sink: &memory{}}
	ready, left := make(chan net.Conn), make(chan struct{})
	p.leave = sync.OnceFunc(func() { close(left) })
	p.tap = New(Config{Sink: p.sink, LeaveMasked: true})
	p.client = h.serve(t, p.tap, func(c net.Conn, _ *bufio.ReadWriter) {
		ready <- c
		<-left
	})
	t.Cleanup(p.leave)
	_, _ = io.WriteString(p.client, request)
	p.server = await.Receive(t, ready)
	p.from = bufio.NewReader(p.client)
	readHead(t, p.from)
	injector, ok := p.tap.Injector(1)
	if !ok {
		t.Fatal("the open connection is not found")
	}
	p.injector = injector
	return p
}

// inject injects frames and fails the test when that does not work.
func (p *pair) inject(t *testing.T, dir record.Dir, frames []byte) Injected {
	t.Helper()
	where, err := p.injector.Inject(await.Context(t), dir, Injection{Frames: frames})
	if err != nil {
		t.Fatal(err)
	}
	return where
}

// wantBytes reads exactly what is wanted.
func wantBytes(t *testing.T, r io.Reader, want []byte) {
	t.Helper()
	got := make([]byte, len(want))
	if n, err := readFull(t, r, got); err != nil || !bytes.Equal(got, want) {
		t.Fatalf("read %x, %v\nwant %x", got[:n], err, want)
	}
}

// TestInjectionsArrive byte for byte, to a reader that waits and to one that comes later, over TLS or not, and are marked.
func TestInjectionsArrive(t *testing.T) {
	for _, h := range hows {
		t.Run(h.name, func(t *testing.T) {
			p := connect(t, h)
			down, up := plain(frame.Text, "to you"), masked(frame.Binary, "to me")
			where := p.inject(t, record.In, down)
			wantBytes(t, p.from, down)
			if where != (Injected{}) {
				t.Errorf("%+v", where)
			}
			received := make(chan error, 1)
			go func() { // waits before anything is there
				got := make([]byte, len(up))
				_, err := io.ReadFull(p.server, got)
				if err == nil && !bytes.Equal(got, up) {
					err = fmt.Errorf("the server read %x", got)
				}
				received <- err
			}()
			p.inject(t, record.Out, up)
			if err := await.Receive(t, received); err != nil {
				t.Fatal(err)
			}
			truth := masked(frame.Text, "really")
			_, _ = p.client.Write(truth)
			wantBytes(t, p.server, truth)
			p.leave()
			p.sink.untilEnd(t, 1)
			var marks []string
			for _, r := range p.sink.list {
				if r.Kind == record.KindFrame {
					marks = append(marks, fmt.Sprintf("%s %s %q %s", r.Dir, r.Header.Opcode, r.Payload, r.Marks))
				}
			}
			want := `in text "to you" injected, out binary "to me" injected, out text "really" `
			if got := strings.Join(marks, ", "); got != want {
				t.Errorf("recorded %s", got)
			}
		})
	}
}

// TestFramesNeverMix: both directions carry traffic of the application in pieces of any size while several goroutines inject
// frames; every frame arrives whole, each stream in its order, and no fragmented message has data of another in it.
func TestFramesNeverMix(t *testing.T) {
	for _, h := range []how{hows[0], hows[4]} {
		t.Run(h.name, func(t *testing.T) {
			p := connect(t, h)
			const each = 150
			var all sync.WaitGroup
			all.Go(func() { writeMessages(p.server, false, each, 1) })
			all.Go(func() { writeMessages(p.client, true, each, 2) })
			for by := range 3 {
				for _, dir := range []record.Dir{record.In, record.Out} {
					all.Go(func() {
						for i := range each {
							ins := Injection{Frames: injectedFrames(by, i, dir == record.Out), Inside: InsideWait}
							if _, err := p.injector.Inject(t.Context(), dir, ins); err != nil {
								t.Error(err)
								return
							}
						}
					})
				}
			}
			all.Go(func() { readMessages(t, p.from, each) })
			all.Go(func() { readMessages(t, p.server, each) })
			await.Group(t, &all)
			if p.injector.Place(record.In).Waiting+p.injector.Place(record.Out).Waiting != 0 {
				t.Error("an injection still waits")
			}
		})
	}
}

// injectedFrames is the i-th message that an injector sends: a ping for the even ones, a text in two frames for the odd.
func injectedFrames(by, i int, mask bool) []byte {
	h := frame.Header{Fin: true, Opcode: frame.Ping, Masked: mask, Key: [4]byte{byte(by), byte(i), 7, 9}}
	text := fmt.Appendf(nil, "put %d %d", by, i)
	if i%2 == 0 {
		return frame.AppendFrame(nil, h, text)
	}
	h.Opcode = frame.Text
	return frame.AppendFragments(nil, h, text, 5, func() [4]byte { return h.Key })
}

// writeMessages writes numbered messages of the application, fragmented, cut at random places.
func writeMessages(w io.Writer, mask bool, n int, seed uint64) {
	rng := rand.New(rand.NewPCG(seed, 1))
	var b []byte
	for i := range n {
		h := frame.Header{Fin: true, Opcode: frame.Binary, Masked: mask, Key: [4]byte{byte(i), 1, 2, 3}}
		payload := make([]byte, 8+rng.IntN(3000))
		binary.BigEndian.PutUint64(payload, uint64(i))
		b = frame.AppendFragments(b, h, payload, 1+rng.IntN(1500), func() [4]byte { return h.Key })
	}
	for len(b) > 0 {
		k := min(len(b), 1+rng.IntN(4000))
		if _, err := w.Write(b[:k]); err != nil {
			return
		}
		b = b[k:]
	}
}

// readMessages decodes until the last message of each sender has come.
func readMessages(t *testing.T, r io.Reader, each int) {
	dec := frame.NewDecoder(frame.Config{FromClient: true})
	next := map[string]int{}
	left := 4 * each
	buf := make([]byte, 1000)
	for left > 0 {
		n, err := r.Read(buf)
		dec.Feed(buf[:n], func(f *frame.Frame) {
			if v := f.Violations &^ (frame.UnmaskedClient | frame.RepeatedKey); v != 0 {
				t.Errorf("%s", v)
			}
			body := f.Payload
			if f.Message != nil {
				body = f.Message.Body
			} else if !f.Opcode.IsControl() {
				return
			}
			who, i := "app", 0
			if bytes.HasPrefix(body, []byte("put ")) {
				var by int
				_, _ = fmt.Sscanf(string(body), "put %d %d", &by, &i)
				who = fmt.Sprint(by)
			} else if len(body) >= 8 {
				i = int(binary.BigEndian.Uint64(body))
			}
			if next[who] != i {
				t.Errorf("%s: message %d came in place of %d", who, i, next[who])
			}
			next[who] = i + 1
			left--
		})
		if err != nil {
			t.Errorf("%d messages missing: %v", left, err)
			return
		}
	}
}

// TestInsideAMessage: control frames go between fragments, data frames are refused, wait, or are forced in.
func TestInsideAMessage(t *testing.T) {
	p := connect(t, hows[0])
	begin := frame.AppendFrame(nil, frame.Header{Opcode: frame.Text}, []byte("be"))
	_, _ = p.server.Write(begin)
	wantBytes(t, p.from, begin)
	p.inject(t, record.In, plain(frame.Ping, "p"))
	wantBytes(t, p.from, plain(frame.Ping, "p"))
	if _, err := p.injector.Inject(await.Context(t), record.In, Injection{Frames: plain(frame.Text, "no")}); !errors.Is(err, ErrInMessage) {
		t.Errorf("data inside a message: %v", err)
	}
	waited := make(chan error, 1)
	go func() {
		_, err := p.injector.Inject(t.Context(), record.In, Injection{Frames: plain(frame.Text, "later"), Inside: InsideWait})
		waited <- err
	}()
	await.Until(t, "an injection that waits", func() bool { return p.injector.Place(record.In).Waiting > 0 })
	p.inject(t, record.In, plain(frame.Pong, "passes")) // others overtake one that waits
	forced, err := p.injector.Inject(await.Context(t), record.In, Injection{Frames: plain(frame.Text, "now"), Inside: InsideForce})
	if err != nil || forced.Violations != frame.MessageInsideMessage || forced.Offset != uint64(len(begin)+3+8) {
		t.Errorf("forced: %+v, %v", forced, err)
	}
	wantBytes(t, p.from, append(plain(frame.Pong, "passes"), plain(frame.Text, "now")...))
	if err := await.Receive(t, waited); err != nil { // the forced one ended the message
		t.Error(err)
	}
	wantBytes(t, p.from, plain(frame.Text, "later"))
}

// TestInsideAFrame: nothing is injected inside a frame, and an injection that is given up is never sent.
func TestInsideAFrame(t *testing.T) {
	p := connect(t, hows[0])
	long := plain(frame.Text, "a long story")
	_, _ = p.server.Write(long[:7])
	wantBytes(t, p.from, long[:7])
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := p.injector.Inject(ctx, record.In, Injection{Frames: plain(frame.Ping, "never")}); !errors.Is(err, ErrWaiting) {
		t.Errorf("inside a frame: %v", err)
	}
	done := make(chan error, 1)
	go func() {
		_, err := p.injector.Inject(t.Context(), record.In, Injection{Frames: plain(frame.Ping, "p")})
		done <- err
	}()
	await.Until(t, "an injection that waits", func() bool { return p.injector.Place(record.In).Waiting > 0 })
	next := plain(frame.Text, "next")
	_, _ = p.server.Write(append(bytes.Clone(long[7:]), next...))
	if err := await.Receive(t, done); err != nil {
		t.Error(err)
	}
	wantBytes(t, p.from, bytes.Join([][]byte{long[7:], plain(frame.Ping, "p"), next}, nil))
}

// TestCompressionSurvives: with context takeover negotiated, uncompressed messages that are injected between compressed ones
// disturb neither the receiver's inflater nor the tap's.
func TestCompressionSurvives(t *testing.T) {
	var out bytes.Buffer
	w, _ := flate.NewWriter(&out, 9)
	pack := func(s string) []byte {
		out.Reset()
		_, _ = io.WriteString(w, s)
		_ = w.Flush()
		return bytes.TrimSuffix(bytes.Clone(out.Bytes()), []byte{0, 0, 0xff, 0xff})
	}
	const offer = "Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n"
	srv, nc := net.Pipe()
	defer nc.Close()
	sink := &memory{}
	c := New(Config{Sink: sink, LeaveMasked: true}).newConn(srv, &responseWriter{id: 1, name: "x", request: []byte(strings.TrimSuffix(request, "\r\n") + offer)})
	head := []byte("HTTP/1.1 101 Switching Protocols\r\n" + offer)
	c.in.begin(c.opened(head))
	defer c.Close()
	go func() { _, _ = io.Copy(io.Discard, nc) }()
	words := []string{"the same words again", "and the same words again", "the same words, and again the same words"}
	for _, s := range words {
		_, _ = c.Write(frame.AppendFrame(nil, frame.Header{Fin: true, Rsv: frame.RSV1, Opcode: frame.Text}, pack(s)))
		if _, err := (Injector{c}).Inject(await.Context(t), record.In, Injection{Frames: plain(frame.Text, "between the same words")}); err != nil {
			t.Fatal(err)
		}
	}
	i := 0
	for _, r := range sink.list {
		if r.Kind != record.KindFrame {
			continue
		}
		want := "between the same words"
		if i%2 == 0 {
			want = words[i/2]
		}
		if string(r.Bytes()) != want || r.Violations != 0 {
			t.Errorf("%q, %s", r.Bytes(), r.Violations)
		}
		i++
	}
	if i != 2*len(words) {
		t.Errorf("%d frames", i)
	}
}

// TestInjectErrors: each injection that is refused fails with its reason.
func TestInjectErrors(t *testing.T) {
	p := connect(t, hows[0])
	inject := func(b []byte) error {
		_, err := p.injector.Inject(await.Context(t), record.In, Injection{Frames: b})
		return err
	}
	for _, b := range [][]byte{nil, {0x81}, {0x81, 5, 'x'}, append(plain(frame.Ping, ""), 0x89)} {
		if err := inject(b); !errors.Is(err, ErrNotWhole) {
			t.Errorf("%x: %v", b, err)
		}
	}
	if _, err := p.injector.Inject(await.Context(t), record.Out, Injection{Frames: make([]byte, MaxWaitingBytes+2)}); !errors.Is(err, ErrFull) {
		t.Errorf("too much: %v", err)
	}
	_, _ = p.server.Write([]byte{0x81, 127, 0xFF, 0, 0, 0, 0, 0, 0, 0})
	if err := inject(plain(frame.Ping, "")); !errors.Is(err, ErrBroken) {
		t.Errorf("behind a frame without end: %v", err)
	}
	p.leave()
	await.Closed(t, p.injector.Done())
	if err := inject(plain(frame.Ping, "")); !errors.Is(err, ErrEnded) {
		t.Errorf("after the end: %v", err)
	}
	if err := errors.Join(p.injector.Reset(), p.injector.Finish(record.In)); !errors.Is(err, ErrEnded) {
		t.Errorf("ending what has ended: %v", err)
	}
	if _, ok := p.tap.Injector(1); ok || len(p.tap.Injectors()) != 0 {
		t.Error("a connection that ended is still open")
	}
}

// TestWaitingInjectionsFailAtTheEnd: an injection that waits fails when the connection ends.
func TestWaitingInjectionsFailAtTheEnd(t *testing.T) {
	for name, end := range map[string]func(*pair){
		"the server closes": func(p *pair) { p.leave() },
		"it is reset":       func(p *pair) { _ = p.injector.Reset() },
		"the client ends": func(p *pair) {
			_ = p.client.Close()
			_, _ = io.Copy(io.Discard, p.server)
		},
	} {
		t.Run(name, func(t *testing.T) {
			p := connect(t, hows[0])
			_, _ = p.client.Write(masked(frame.Text, "half")[:7])
			_, _ = io.ReadFull(p.server, make([]byte, 7))
			failed := make(chan error, 1)
			go func() {
				_, err := p.injector.Inject(t.Context(), record.Out, Injection{Frames: masked(frame.Ping, "")})
				failed <- err
			}()
			await.Until(t, "an injection that waits", func() bool { return p.injector.Place(record.Out).Waiting > 0 })
			end(p)
			if err := await.Receive(t, failed); !errors.Is(err, ErrEnded) {
				t.Error(err)
			}
		})
	}
}

// TestEndsOnOrder ends connections by an injector: a FIN in either direction and a reset, as both ends and the records see them.
func TestEndsOnOrder(t *testing.T) {
	for _, c := range []struct {
		name, client, server, how string
		do                        func(Injector) error
	}{
		{"FIN to the client", "EOF", "EOF", "ended towards the client (FIN)", func(i Injector) error { return i.Finish(record.In) }},
		{"FIN to the server", "EOF", "EOF", "ended towards the server (FIN)", func(i Injector) error { return i.Finish(record.Out) }},
		{"reset", "reset by peer", "closed", "reset (RST)", Injector.Reset},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := connect(t, hows[2])
			server := make(chan string, 1)
			go func() {
				_, err := io.Copy(io.Discard, p.server)
				p.leave()
				server <- fmt.Sprint(err)
			}()
			if err := c.do(p.injector); err != nil {
				t.Fatal(err)
			}
			_, err := readAll(t, p.from)
			_ = p.client.Close()
			for who, got := range map[string][2]string{"client": {fmt.Sprint(err), c.client}, "server": {await.Receive(t, server), c.server}} {
				if want := strings.Replace(got[1], "EOF", "<nil>", 1); !strings.Contains(got[0], want) {
					t.Errorf("the %s saw %s, want %s", who, got[0], want)
				}
			}
			list := p.sink.untilEnd(t, 1)
			last := list[len(list)-1]
			if !strings.HasPrefix(last.Reason, c.how) || last.Marks != record.Injected || last.By != record.SideNone {
				t.Errorf("recorded: %s, by %s", last.Describe(), last.By)
			}
		})
	}
}

// TestOwnerKeepsItsDeadline: waking a reader neither clears the deadline of the connection's owner nor makes its read time out.
func TestOwnerKeepsItsDeadline(t *testing.T) {
	p := connect(t, hows[0])
	_ = p.server.SetReadDeadline(time.Now().Add(time.Hour))
	p.injector.c.waker.wake(p.injector.c.Conn)
	_, _ = p.client.Write(masked(frame.Ping, "x"))
	wantBytes(t, p.server, masked(frame.Ping, "x"))
	p.injector.c.waker.wake(p.injector.c.Conn)
	_ = p.server.SetDeadline(time.Unix(1, 0))
	var timeout net.Error
	if _, err := p.server.Read(make([]byte, 1)); !errors.As(err, &timeout) || !timeout.Timeout() {
		t.Errorf("the owner's own deadline: %v", err)
	}
	_ = p.server.SetDeadline(time.Time{})
	go func() {
		_, _ = p.injector.Inject(context.Background(), record.Out, Injection{Frames: masked(frame.Ping, "y")})
	}()
	wantBytes(t, p.server, masked(frame.Ping, "y"))
}

// TestAnInjectedCloseIsMarked, and so is the closing handshake that it began.
func TestAnInjectedCloseIsMarked(t *testing.T) {
	p := connect(t, hows[0])
	p.inject(t, record.In, plain(frame.Close, "\x0f\xa1bye"))
	_, _ = p.client.Write(masked(frame.Close, "\x0f\xa1"))
	wantBytes(t, p.server, masked(frame.Close, "\x0f\xa1"))
	p.leave()
	list := p.sink.untilEnd(t, 1)
	for _, r := range list {
		if r.Kind == record.KindClose {
			if got := r.Describe(); got != `close 4001 (Private Use) by server, clean true, reason "bye" [injected]` {
				t.Error(got)
			}
			return
		}
	}
	t.Error("no closing handshake was recorded")
}
