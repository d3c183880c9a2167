//go:build !js

// These tests prove what a client with sessions makes of a server that lies, forgets, floods or leaves: here the server is
// the test, frame by frame.
package tether_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/tetherscope/tetherscope/internal/test/await"
	"github.com/tetherscope/tetherscope/wasm/codec"
	"github.com/tetherscope/tetherscope/wasm/internal/session"
	"github.com/tetherscope/tetherscope/wasm/tether"
)

// scripted is a client and the connections it makes.
type scripted struct {
	*tether.Client[string, string]
	t      *testing.T
	conns  chan *websocket.Conn
	gaps   chan tether.Gap
	lost   chan tether.Lost
	opened chan tether.Opened
	ended  chan error
}

// script is with a server of version 1, whose frames are easier to read.
func script(t *testing.T, opts ...tether.Option) *scripted {
	t.Helper()
	return scriptOf(t, session.Subprotocol, opts...)
}

func scriptOf(t *testing.T, version string, opts ...tether.Option) *scripted {
	t.Helper()
	s := &scripted{
		t: t, conns: make(chan *websocket.Conn, 10), gaps: make(chan tether.Gap, 10), lost: make(chan tether.Lost, 100),
		opened: make(chan tether.Opened, 100), ended: make(chan error, 1),
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, err := websocket.Accept(w, r, &websocket.AcceptOptions{Subprotocols: []string{version}})
		if err == nil {
			s.conns <- c
		}
	}))
	var err error
	s.Client, err = tether.New("ws"+server.URL[4:], codec.String(), append(opts, fast, tether.WithResume(tether.Resume{Window: 4000}))...)
	if err != nil {
		t.Fatal(err)
	}
	tether.On(s.Client, func(e tether.Gap) { s.gaps <- e })
	tether.On(s.Client, func(e tether.Lost) { s.lost <- e })
	tether.On(s.Client, func(e tether.Opened) { s.opened <- e })
	go func() { s.ended <- s.Run(context.Background()) }()
	t.Cleanup(func() {
		s.Close()
		server.Close()
	})
	return s
}

// next takes the client's next connection, expects its hello and answers.
func (s *scripted) next(hello, welcome string) *websocket.Conn {
	s.t.Helper()
	c := await.Receive(s.t, s.conns)
	s.t.Cleanup(func() { _ = c.CloseNow() })
	s.expect(c, hello)
	s.say(c, welcome)
	if strings.HasPrefix(welcome, "new ") && hello[:8] == "resume -" || strings.HasPrefix(welcome, "gone ") && hello[:8] != "resume -" {
		s.expect(c, "a 0")
	}
	return c
}

// expect reads what the client must say next, but for what it may say before.
func (s *scripted) expect(c *websocket.Conn, want string, before ...string) {
	s.t.Helper()
	_, p, err := c.Read(await.Context(s.t))
	for err == nil && slices.Contains(before, string(p)) {
		_, p, err = c.Read(await.Context(s.t))
	}
	if err != nil || string(p) != want {
		s.t.Fatalf("the client says %q, %v; want %q", p, err, want)
	}
}

func (s *scripted) say(c *websocket.Conn, frame string) {
	s.t.Helper()
	if err := c.Write(s.t.Context(), websocket.MessageText, []byte(frame)); err != nil {
		s.t.Fatal(err)
	}
}

func (s *scripted) send(texts ...string) {
	s.t.Helper()
	for _, text := range texts {
		if err := s.Send(s.t.Context(), text); err != nil {
			s.t.Fatal(err)
		}
	}
}

// TestAGapIsReported with the numbers that the server still knew, and what never left goes to the new session.
func TestAGapIsReported(t *testing.T) {
	for _, tc := range []struct {
		name, welcome string
		gap           tether.Gap
	}{
		{"known", "gone new1 1 2 9000 6 1000 -", tether.Gap{Inbound: 5, Outbound: 1, Exact: true, Cause: tether.ErrSessionLost}},
		{"forgotten", "gone new1 - - 9000 - 1000 -", tether.Gap{Inbound: -1, Outbound: 2, Cause: tether.ErrSessionLost}},
		{"nothing was lost", "gone new1 3 3 9000 1 1000 -", tether.Gap{}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := script(t)
			c := s.next("resume - 0 0 4000", "new old1 0 0 150 0 1000 -")
			s.send("a", "b", "c", "d") // the window of 150 bytes lets three go at 65 each
			for i, want := range []string{"a", "b", "c"} {
				s.expect(c, "m "+strconv.Itoa(i+1)+" 0\n"+want)
			}
			s.say(c, "m 1 1\nhi")
			for text := range s.Messages(t.Context()) {
				if text != "hi" {
					t.Fatal(text)
				}
				break
			}
			s.expect(c, "m 4 1\nd") // what was acknowledged made room for one more
			_ = c.CloseNow()
			c = s.next("resume old1 1 1 4000", strings.Replace(tc.welcome, "gone new1 3 3", "gone new1 4 4", 1))
			want := tc.gap
			if tc.gap.Exact || tc.gap.Cause != nil && tc.gap.Outbound > 0 {
				want.Outbound++ // d was sent too
			}
			s.send("e")
			s.expect(c, "m 1 0\ne")
			if tc.gap.Cause == nil {
				if len(s.gaps) > 0 {
					t.Errorf("%+v", await.Receive(t, s.gaps))
				}
				return
			}
			if g := await.Receive(t, s.gaps); g != want {
				t.Errorf("%+v, want %+v", g, want)
			}
		})
	}
}

// TestAServerThatLies loses its connection, is resumed once, and then its session is given up, which is reported.
func TestAServerThatLies(t *testing.T) {
	for name, lie := range map[string]string{
		"acknowledges what was not sent": "a 7",
		"skips a message":                "m 9 0\nx",
		"no frame":                       "surprise",
		"a second welcome":               "new x 0 0 1 0 0 -",
	} {
		s := script(t)
		s.say(s.next("resume - 0 0 4000", "new s1 0 0 9000 0 1000 -"), lie)
		s.say(s.next("resume s1 0 0 4000", "resumed s1 0 0 9000 0 1000 -"), lie)
		s.next("resume - 0 0 4000", "new s2 0 0 9000 0 1000 -")
		g := await.Receive(t, s.gaps)
		if _, ok := errors.AsType[*session.ProtocolError](g.Cause); !ok || g.Inbound != -1 {
			t.Errorf("%s: %+v", name, g)
		}
		if e := await.Receive(t, s.lost); e.Err == nil {
			t.Errorf("%s: %+v", name, e)
		}
	}
	for name, welcome := range map[string]string{
		"resumes what was not asked for": "resumed s9 0 0 9000 0 1000 -",
		"gone, but none was asked for":   "gone s9 0 0 9000 0 1000 -",
		"not a welcome":                  "hello",
		"window of zero":                 "new s9 0 0 0 0 1000 -",
	} {
		s := script(t)
		s.say(await.Receive(t, s.conns), welcome)
		s.next("resume - 0 0 4000", "new s1 0 0 9000 0 1000 -")
		if e := await.Receive(t, s.opened); e.Attempt != 2 || e.Resumed {
			t.Errorf("%s: %+v", name, e)
		}
		if len(s.lost) > 0 {
			t.Errorf("%s: a connection that never opened is reported as lost: %+v", name, <-s.lost)
		}
	}
}

// checked is a connection of version 2 whose server is the test.
type checked struct {
	*websocket.Conn
	line session.Line
	s    *scripted
}

// nextChecked takes the client's next connection, expects its hello and answers.
func (s *scripted) nextChecked(hello, welcome string) *checked {
	s.t.Helper()
	c := &checked{await.Receive(s.t, s.conns), session.Line{Checked: true}, s}
	s.t.Cleanup(func() { _ = c.CloseNow() })
	c.hear(hello)
	c.tell(welcome)
	return c
}

// hear reads what the client must say next. That it asks whether all has arrived, as it does after a while, is left out, but where it must.
func (c *checked) hear(want string) {
	c.s.t.Helper()
	p, err := c.next()
	for err == nil && strings.HasPrefix(string(p), "s ") && !strings.HasPrefix(want, "s ") {
		p, err = c.next()
	}
	if err != nil || string(p) != want {
		c.s.t.Fatalf("the client says %q, %v; want %q", p, err, want)
	}
}

func (c *checked) next() ([]byte, error) {
	kind, p, err := c.Read(await.Context(c.s.t))
	if err == nil {
		p, err = c.line.Open(kind == websocket.MessageText, p)
	}
	return p, err
}

func (c *checked) tell(frame string) { c.s.say(c.Conn, string(c.sealed(frame))) }

func (c *checked) sealed(frame string) []byte {
	f := append(c.line.Begin(nil), frame...)
	c.line.Seal(true, f)
	return f
}

// TestWhatIsAlteredComesAgain: the client takes no altered frame and none behind one that was lost, resumes however often that
// happens, and leaves out what comes once more just after itself.
func TestWhatIsAlteredComesAgain(t *testing.T) {
	s := scriptOf(t, session.Checked)
	c := s.nextChecked("resume - 0 0 4000", "new s1 0 0 9000 0 1000 -")
	c.hear("a 0")
	for i := range 5 { // more than a peer that breaks the protocol could
		switch i % 2 {
		case 0:
			f := c.sealed("m 1 0\none")
			f[len(f)-1] ^= 1
			s.say(c.Conn, string(f))
		case 1:
			_ = c.sealed("m 1 0\none") // lost
			c.tell("m 2 0\ntwo")
		}
		if e := await.Receive(t, s.lost); !errors.Is(e.Err, tether.ErrDamaged) {
			t.Fatalf("%+v", e)
		}
		c = s.nextChecked("resume s1 0 0 4000", "resumed s1 0 0 9000 0 1000 -")
	}
	f := string(c.sealed("m 1 0\none"))
	s.say(c.Conn, f)
	s.say(c.Conn, f)
	c.tell("m 2 0\ntwo")
	want := []string{"one", "two"}
	for got, err := range s.Messages(t.Context()) {
		if err != nil || got != want[0] {
			t.Fatalf("%q, %v; want %q", got, err, want[0])
		}
		if want = want[1:]; len(want) == 0 {
			break
		}
	}
	if len(s.gaps) > 0 || len(s.lost) > 0 {
		t.Error("something is reported as lost")
	}
}

// TestASilentServerIsAsked: whether it has what was sent; and it is answered itself.
func TestASilentServerIsAsked(t *testing.T) {
	t.Parallel() // it waits for seconds
	s := scriptOf(t, session.Checked)
	c := s.nextChecked("resume - 0 0 4000", "new s1 0 0 9000 0 1000 -")
	c.hear("a 0")
	s.send("one")
	c.hear("m 1 0\none")
	c.hear("s 0")
	c.hear("s 0")
	c.tell("s 1")
	c.hear("a 0")
}

// TestAFloodEndsAtTheWindow: a client whose reader is slow takes no more than inbox and window hold.
func TestAFloodEndsAtTheWindow(t *testing.T) {
	s := script(t, tether.WithInbox(tether.Limits{Messages: 10}))
	c := s.next("resume - 0 0 4000", "new s1 0 0 9000 0 1000 -")
	go func() {
		for i := 1; i < 10_000; i++ {
			if c.Write(t.Context(), websocket.MessageText, []byte("m "+strconv.Itoa(i)+" 0\n")) != nil {
				return
			}
		}
	}()
	e := await.Receive(t, s.lost)
	if _, ok := errors.AsType[*session.ProtocolError](e.Err); !ok {
		t.Errorf("%+v", e)
	}
	if held := s.Stats().Inbox.Messages; held > 4000/session.PerMessage+20 {
		t.Errorf("%d messages are held", held)
	}
}

// TestASlowReaderMakesTheServerWait: nothing is acknowledged beyond what the inbox has room for, nothing is lost.
func TestASlowReaderMakesTheServerWait(t *testing.T) {
	s := script(t, tether.WithInbox(tether.Limits{Messages: 10}))
	c := s.next("resume - 0 0 4000", "new s1 0 0 9000 0 1000 -")
	for i := range 50 {
		s.say(c, "m "+strconv.Itoa(i+1)+" 0\n"+strconv.Itoa(i))
	}
	s.expect(c, "a 5") // half of the inbox
	n := 0
	for text := range s.Messages(t.Context()) {
		if text != strconv.Itoa(n) {
			t.Fatalf("%q after %d messages", text, n)
		}
		if n++; n == 50 {
			break
		}
	}
}

// TestShutdownWaitsForTheAcknowledgement, and a client that must close without it says so.
func TestShutdownWaitsForTheAcknowledgement(t *testing.T) {
	s := script(t)
	c := s.next("resume - 0 0 4000", "new s1 0 0 9000 0 1000 -")
	s.send("a")
	s.expect(c, "m 1 0\na")
	down := make(chan error, 1)
	go func() { down <- s.Shutdown(t.Context(), 4000, "bye") }()
	select {
	case err := <-down:
		t.Fatal("it did not wait:", err)
	case <-time.After(50 * time.Millisecond):
	}
	s.say(c, "a 1")
	s.expect(c, "e 1 0 4000")
	_, _, err := c.Read(t.Context())
	if websocket.CloseStatus(err) != 4000 || await.Receive(t, down) != nil {
		t.Error(err)
	}

	s = script(t)
	c = s.next("resume - 0 0 4000", "new s1 0 0 9000 0 1000 -")
	s.send("a")
	s.expect(c, "m 1 0\na")
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if err := s.Shutdown(ctx, 1000, ""); !errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
	if g := await.Receive(t, s.gaps); g.Outbound != 1 || !errors.Is(g.Cause, tether.ErrClosed) {
		t.Errorf("%+v", g)
	}
}

// TestTheServerEndsTheSession: what it could not send is reported when the client goes on with a new one.
func TestTheServerEndsTheSession(t *testing.T) {
	s := script(t)
	c := s.next("resume - 0 0 4000", "new s1 0 0 9000 0 1000 -")
	s.say(c, "e 3 0 4100")
	_ = c.CloseNow() // the close itself gets lost
	s.next("resume - 0 0 4000", "new s2 0 0 9000 0 1000 -")
	if g := await.Receive(t, s.gaps); g.Inbound != 3 || !errors.Is(g.Cause, tether.ErrSessionOver) {
		t.Errorf("%+v", g)
	}
}

// TestTheHeartbeatNeedsNoApplication: the layer on the other side answers.
func TestTheHeartbeatNeedsNoApplication(t *testing.T) {
	t.Parallel() // it waits for seconds: our first answer must be in time on any machine
	s := script(t, tether.WithHeartbeat(tether.Heartbeat{Interval: 20 * time.Millisecond, Timeout: 4 * time.Second}))
	pongs := make(chan tether.PongReceived, 100)
	tether.On(s.Client, func(e tether.PongReceived) { pongs <- e })
	c := s.next("resume - 0 0 4000", "new s1 0 0 9000 0 1000 -")
	s.expect(c, "p 1")
	s.say(c, "q 1")
	await.Receive(t, pongs)
	s.say(c, "p 77")
	s.expect(c, "q 77", "p 2")                                                 // whose time may have come before
	if e := await.Receive(t, s.lost); !errors.Is(e.Err, tether.ErrHeartbeat) { // the next ping is not answered
		t.Errorf("%+v", e)
	}
	s.next("resume s1 0 0 4000", "resumed s1 0 0 9000 0 1000 -")
}

// TestTheServerGivesTheSessionAToken: the client confirms it, and comes back with it.
func TestTheServerGivesTheSessionAToken(t *testing.T) {
	s := script(t)
	c := s.next("resume - 0 0 4000", "new S1 0 0 9000 0 1000 -")
	for _, token := range []string{"4294967297", "18446744073709551615"} {
		s.say(c, "g "+token)
		s.expect(c, "q "+token)
		_ = c.CloseNow()
		c = s.next("resume S1g"+token+" 0 0 4000", "resumed S1g"+token+" 0 0 9000 0 1000 -")
	}
}

// TestAPongInsideASessionIsTheApplications: the session layer has pings of its own.
func TestAPongInsideASessionIsTheApplications(t *testing.T) {
	s := script(t, tether.WithHeartbeat(tether.Heartbeat{Interval: 20 * time.Millisecond, Timeout: time.Minute}))
	c := s.next("resume - 0 0 4000", "new s1 0 0 9000 0 1000 -")
	s.expect(c, "p 1")
	s.say(c, "m 1 0\n"+`{"type":"pong"}`)
	for got, err := range s.Messages(await.Context(t)) {
		if err != nil || got != `{"type":"pong"}` {
			t.Errorf("read %q, %v", got, err)
		}
		break
	}
}
