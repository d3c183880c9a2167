// These tests prove that what is put into a connection stands between its frames, in both directions, under load and in the
// middle of messages; that its records say so; and that what cannot be put in is refused with the reason.
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

	"github.com/tetherscope/tetherscope/internal/frame"
	"github.com/tetherscope/tetherscope/internal/record"
)

// pair is a tapped connection with both of its ends.
type pair struct {
	wire   Wire
	tap    *Tap
	sink   *memory
	client net.Conn      // raw
	from   *bufio.Reader // what the client reads, behind the handshake
	server net.Conn      // tapped
	leave  func()        // ends the server's handler
}

// connect opens a tapped connection.
func connect(t *testing.T, h how) *pair {
	t.Helper()
	p := &pair{sink: &memory{}}
	ready, left := make(chan net.Conn), make(chan struct{})
	p.leave = sync.OnceFunc(func() { close(left) })
	p.client = h.serve(t, p.sink, func(c net.Conn, _ *bufio.ReadWriter) {
		ready <- c
		<-left
	})
	t.Cleanup(p.leave)
	_, _ = io.WriteString(p.client, request)
	p.server = <-ready
	p.from = bufio.NewReader(p.client)
	readHead(t, p.from)
	_ = p.client.SetDeadline(time.Now().Add(2 * time.Minute))
	p.tap = p.server.(*conn).tap
	wire, ok := p.tap.Wire(1)
	if !ok {
		t.Fatal("the open connection is not found")
	}
	p.wire = wire
	return p
}

// put inserts frames and fails the test when that does not work.
func (p *pair) put(t *testing.T, dir record.Dir, frames []byte) Inserted {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	where, err := p.wire.Insert(ctx, dir, Insertion{Frames: frames})
	if err != nil {
		t.Fatal(err)
	}
	return where
}

// wantBytes reads exactly what is wanted.
func wantBytes(t *testing.T, r io.Reader, want []byte) {
	t.Helper()
	got := make([]byte, len(want))
	if n, err := io.ReadFull(r, got); err != nil || !bytes.Equal(got, want) {
		t.Fatalf("read %x, %v\nwant %x", got[:n], err, want)
	}
}

// TestWhatIsPutInArrives: byte for byte, to a reader that waits and to one that comes later, over TLS or not, marked.
func TestWhatIsPutInArrives(t *testing.T) {
	for _, h := range hows {
		t.Run(h.name, func(t *testing.T) {
			p := connect(t, h)
			down, up := plain(frame.Text, "to you"), masked(frame.Binary, "to me")
			where := p.put(t, record.In, down)
			wantBytes(t, p.from, down)
			if where != (Inserted{}) {
				t.Errorf("%+v", where)
			}
			heard := make(chan error)
			go func() { // waits before anything is there
				got := make([]byte, len(up))
				_, err := io.ReadFull(p.server, got)
				if err == nil && !bytes.Equal(got, up) {
					err = fmt.Errorf("the server read %x", got)
				}
				heard <- err
			}()
			p.put(t, record.Out, up)
			if err := <-heard; err != nil {
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

// TestFramesNeverMix: both directions carry traffic of the application in pieces of any size while several goroutines put
// frames in; every frame arrives whole, each stream in its order, and no fragmented message has data of another in it.
func TestFramesNeverMix(t *testing.T) {
	for _, h := range []how{hows[0], hows[4]} {
		t.Run(h.name, func(t *testing.T) {
			p := connect(t, h)
			const each = 150
			var all sync.WaitGroup
			all.Go(func() { talk(p.server, false, each, 1) })
			all.Go(func() { talk(p.client, true, each, 2) })
			for by := range 3 {
				for _, dir := range []record.Dir{record.In, record.Out} {
					all.Go(func() {
						for i := range each {
							ins := Insertion{Frames: ours(by, i, dir == record.Out), Inside: InsideWait}
							if _, err := p.wire.Insert(t.Context(), dir, ins); err != nil {
								t.Error(err)
								return
							}
						}
					})
				}
			}
			all.Go(func() { listenTo(t, p.from, each) })
			all.Go(func() { listenTo(t, p.server, each) })
			all.Wait()
			if p.wire.Place(record.In).Waiting+p.wire.Place(record.Out).Waiting != 0 {
				t.Error("something still waits")
			}
		})
	}
}

// ours is the i-th message that somebody puts in: a ping for the even ones, a text in two frames for the odd.
func ours(by, i int, mask bool) []byte {
	h := frame.Header{Fin: true, Opcode: frame.Ping, Masked: mask, Key: [4]byte{byte(by), byte(i), 7, 9}}
	text := fmt.Appendf(nil, "put %d %d", by, i)
	if i%2 == 0 {
		return frame.AppendFrame(nil, h, text)
	}
	h.Opcode = frame.Text
	return frame.AppendFragments(nil, h, text, 5, func() [4]byte { return h.Key })
}

// talk writes numbered messages of the application, fragmented, in pieces that know nothing of frames.
func talk(w io.Writer, mask bool, n int, seed uint64) {
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

// listenTo decodes until each talker's last message has come.
func listenTo(t *testing.T, r io.Reader, each int) {
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
	p.put(t, record.In, plain(frame.Ping, "p"))
	wantBytes(t, p.from, plain(frame.Ping, "p"))
	if _, err := p.wire.Insert(t.Context(), record.In, Insertion{Frames: plain(frame.Text, "no")}); !errors.Is(err, ErrInMessage) {
		t.Errorf("data inside a message: %v", err)
	}
	waited := make(chan error)
	go func() {
		_, err := p.wire.Insert(t.Context(), record.In, Insertion{Frames: plain(frame.Text, "later"), Inside: InsideWait})
		waited <- err
	}()
	for p.wire.Place(record.In).Waiting == 0 {
		time.Sleep(time.Millisecond)
	}
	p.put(t, record.In, plain(frame.Pong, "passes")) // one that waits does not hold up the others
	forced, err := p.wire.Insert(t.Context(), record.In, Insertion{Frames: plain(frame.Text, "now"), Inside: InsideForce})
	if err != nil || forced.Violations != frame.MessageInsideMessage || forced.Offset != uint64(len(begin)+3+8) {
		t.Errorf("forced: %+v, %v", forced, err)
	}
	wantBytes(t, p.from, append(plain(frame.Pong, "passes"), plain(frame.Text, "now")...))
	if err := <-waited; err != nil { // the forced one ended the message
		t.Error(err)
	}
	wantBytes(t, p.from, plain(frame.Text, "later"))
}

// TestInsideAFrame: nothing is put into the middle of a frame, and whoever gives up leaves nothing behind.
func TestInsideAFrame(t *testing.T) {
	p := connect(t, hows[0])
	long := plain(frame.Text, "a long story")
	_, _ = p.server.Write(long[:7])
	wantBytes(t, p.from, long[:7])
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := p.wire.Insert(ctx, record.In, Insertion{Frames: plain(frame.Ping, "never")}); !errors.Is(err, ErrWaiting) {
		t.Errorf("inside a frame: %v", err)
	}
	done := make(chan error)
	go func() {
		_, err := p.wire.Insert(t.Context(), record.In, Insertion{Frames: plain(frame.Ping, "p")})
		done <- err
	}()
	for p.wire.Place(record.In).Waiting == 0 {
		time.Sleep(time.Millisecond)
	}
	next := plain(frame.Text, "next")
	_, _ = p.server.Write(append(bytes.Clone(long[7:]), next...))
	if err := <-done; err != nil {
		t.Error(err)
	}
	wantBytes(t, p.from, bytes.Join([][]byte{long[7:], plain(frame.Ping, "p"), next}, nil))
}

// TestCompressionSurvives: with context takeover agreed, uncompressed messages put between compressed ones disturb neither
// the receiver's inflater nor ours.
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
	c := newConn(srv, New(Config{Sink: sink}), 1, "x", []byte(strings.TrimSuffix(request, "\r\n")+offer))
	head := []byte("HTTP/1.1 101 Switching Protocols\r\n" + offer)
	c.in.begin(c.opened(head))
	defer c.Close()
	go func() { _, _ = io.Copy(io.Discard, nc) }()
	words := []string{"the same words again", "and the same words again", "the same words, and again the same words"}
	for _, s := range words {
		_, _ = c.Write(frame.AppendFrame(nil, frame.Header{Fin: true, Rsv: frame.RSV1, Opcode: frame.Text}, pack(s)))
		if _, err := (Wire{c}).Insert(t.Context(), record.In, Insertion{Frames: plain(frame.Text, "between the same words")}); err != nil {
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

// TestWhatCannotBePutIn gives each its reason.
func TestWhatCannotBePutIn(t *testing.T) {
	p := connect(t, hows[0])
	insert := func(b []byte) error {
		_, err := p.wire.Insert(t.Context(), record.In, Insertion{Frames: b})
		return err
	}
	for _, b := range [][]byte{nil, {0x81}, {0x81, 5, 'x'}, append(plain(frame.Ping, ""), 0x89)} {
		if err := insert(b); !errors.Is(err, ErrNotWhole) {
			t.Errorf("%x: %v", b, err)
		}
	}
	if _, err := p.wire.Insert(t.Context(), record.Out, Insertion{Frames: make([]byte, MaxWaitingBytes+2)}); !errors.Is(err, ErrFull) {
		t.Errorf("too much: %v", err)
	}
	_, _ = p.server.Write([]byte{0x81, 127, 0xFF, 0, 0, 0, 0, 0, 0, 0})
	if err := insert(plain(frame.Ping, "")); !errors.Is(err, ErrBroken) {
		t.Errorf("behind a frame without end: %v", err)
	}
	p.leave()
	<-p.wire.Done()
	if err := insert(plain(frame.Ping, "")); !errors.Is(err, ErrEnded) {
		t.Errorf("after the end: %v", err)
	}
	if err := errors.Join(p.wire.Reset(), p.wire.Finish(record.In)); !errors.Is(err, ErrEnded) {
		t.Errorf("ending what has ended: %v", err)
	}
	if _, ok := p.tap.Wire(1); ok || len(p.tap.Wires()) != 0 {
		t.Error("a connection that ended is still open")
	}
}

// TestWaitersHearOfTheEnd: whoever waits for a place is told when there will be none.
func TestWaitersHearOfTheEnd(t *testing.T) {
	for name, end := range map[string]func(*pair){
		"the server closes": func(p *pair) { p.leave() },
		"it is reset":       func(p *pair) { _ = p.wire.Reset() },
		"the client ends": func(p *pair) {
			_ = p.client.Close()
			_, _ = io.Copy(io.Discard, p.server)
		},
	} {
		t.Run(name, func(t *testing.T) {
			p := connect(t, hows[0])
			_, _ = p.client.Write(masked(frame.Text, "half")[:7])
			_, _ = io.ReadFull(p.server, make([]byte, 7))
			failed := make(chan error)
			go func() {
				_, err := p.wire.Insert(t.Context(), record.Out, Insertion{Frames: masked(frame.Ping, "")})
				failed <- err
			}()
			for p.wire.Place(record.Out).Waiting == 0 {
				time.Sleep(time.Millisecond)
			}
			end(p)
			if err := <-failed; !errors.Is(err, ErrEnded) {
				t.Error(err)
			}
		})
	}
}

// TestEndsOnOrder: a FIN in either direction and a reset, as both ends and the records see them.
func TestEndsOnOrder(t *testing.T) {
	for _, c := range []struct {
		name, client, server, how string
		do                        func(Wire) error
	}{
		{"FIN to the client", "EOF", "EOF", "ended towards the client (FIN)", func(w Wire) error { return w.Finish(record.In) }},
		{"FIN to the server", "EOF", "EOF", "ended towards the server (FIN)", func(w Wire) error { return w.Finish(record.Out) }},
		{"reset", "reset by peer", "closed", "reset (RST)", Wire.Reset},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := connect(t, hows[2])
			server := make(chan string)
			go func() {
				_, err := io.Copy(io.Discard, p.server)
				p.leave()
				server <- fmt.Sprint(err)
			}()
			if err := c.do(p.wire); err != nil {
				t.Fatal(err)
			}
			_, err := io.Copy(io.Discard, p.from)
			_ = p.client.Close()
			for who, got := range map[string][2]string{"client": {fmt.Sprint(err), c.client}, "server": {<-server, c.server}} {
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

// TestDeadlinesStayTheOwners: waking a reader neither takes its deadline away nor makes it time out.
func TestDeadlinesStayTheOwners(t *testing.T) {
	p := connect(t, hows[0])
	_ = p.server.SetReadDeadline(time.Now().Add(time.Hour))
	p.wire.c.alarm.ring(p.wire.c.Conn)
	_, _ = p.client.Write(masked(frame.Ping, "x"))
	wantBytes(t, p.server, masked(frame.Ping, "x"))
	p.wire.c.alarm.ring(p.wire.c.Conn)
	_ = p.server.SetDeadline(time.Unix(1, 0))
	var timeout net.Error
	if _, err := p.server.Read(make([]byte, 1)); !errors.As(err, &timeout) || !timeout.Timeout() {
		t.Errorf("the owner's own deadline: %v", err)
	}
	_ = p.server.SetDeadline(time.Time{})
	go func() {
		_, _ = p.wire.Insert(context.Background(), record.Out, Insertion{Frames: masked(frame.Ping, "y")})
	}()
	wantBytes(t, p.server, masked(frame.Ping, "y"))
}

// TestAnInjectedCloseIsMarked: the closing handshake that it began, too.
func TestAnInjectedCloseIsMarked(t *testing.T) {
	p := connect(t, hows[0])
	p.put(t, record.In, plain(frame.Close, "\x0f\xa1bye"))
	_, _ = p.client.Write(masked(frame.Close, "\x0f\xa1"))
	wantBytes(t, p.server, masked(frame.Close, "\x0f\xa1"))
	p.leave()
	list := p.sink.untilEnd(t, 1)
	for _, r := range list {
		if r.Kind == record.KindClose {
			if got := r.Describe(); got != `close 4001 (Application) by server, clean true, reason "bye" [injected]` {
				t.Error(got)
			}
			return
		}
	}
	t.Error("no closing handshake was recorded")
}
