//go:build !js

// These tests prove what a server of sessions does with clients that leave, come back, lie and flood.
package resumeserver_test

import (
	"context"
	"errors"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"go.uber.org/goleak"

	"github.com/tetherscope/tetherscope/internal/test/await"
	"github.com/tetherscope/tetherscope/wasm/resumeserver"
)

// TestMain fails the run if a session left a goroutine behind.
func TestMain(m *testing.M) {
	code := m.Run()
	http.DefaultClient.CloseIdleConnections()
	if err := goleak.Find(); err != nil && code == 0 {
		os.Stderr.WriteString(err.Error() + "\n")
		code = 1
	}
	os.Exit(code)
}

// TestConversation: in both versions of the protocol, with clients that know both, the newer alone and the older alone.
func TestConversation(t *testing.T) {
	for _, speaks := range [][]string{
		{resumeserver.Subprotocol, resumeserver.SubprotocolUnchecked}, {resumeserver.Subprotocol}, {resumeserver.SubprotocolUnchecked},
	} {
		t.Run(strings.Join(speaks, " "), func(t *testing.T) { speakAs(t, speaks) })
	}
}

func speakAs(t *testing.T, speaks []string) {
	t.Helper()
	b := serve(t, &resumeserver.Server{Subprotocols: []string{"chat.v1"}, Window: 4096, Lifetime: time.Minute})
	b.speaks = speaks
	c, w := b.hello("- 0 0 1000")
	if got := w[0] + " " + strings.Join(w[2:], " "); got != "new 0 0 4096 0 60000 chat.v1" || len(w[1]) < 22 {
		t.Fatalf("welcome %q", w)
	}
	s := await.Receive(t, b.sessions)
	c.say("m 1 0\none", "m 2 0\ntwo")
	if got := read(t, s) + read(t, s); got != "onetwo" {
		t.Fatal(got)
	}
	write(t, s, "three")
	if got := c.hear(); got != "m 1 2\nthree" {
		t.Fatalf("%q: the acknowledgement travels with a message", got)
	}
	c.say("m 3 1\nfour")
	_ = read(t, s)
	if got := c.hear(); got != "a 3" {
		t.Fatalf("%q: the acknowledgement travels alone", got)
	}
	if n, _ := s.Pending(); n != 0 || s.Subprotocol() != "chat.v1" || !s.Connected() {
		t.Error(n, s.Subprotocol(), s.Connected())
	}
	_ = c.CloseNow()
	await.Until(t, "the session is detached", func() bool { return b.Stats().Detached == 1 })
	write(t, s, "five")
	c, w2 := b.hello(w[1] + " 1 1 1000")
	if w2[0] != "resumed" || w2[1] != w[1] || w2[2] != "3" || w2[3] != "3" || w2[5] != "2" {
		t.Fatalf("welcome %q", w2)
	}
	if got := c.hear(); got != "m 2 3\nfive" {
		t.Fatalf("%q", got)
	}
	c.say("m 4 2\nsix", "e 4 2 1000")
	if got := read(t, s); got != "six" {
		t.Fatal(got)
	}
	_, _, err := s.Read(t.Context())
	if e, ok := errors.AsType[*resumeserver.EndError](err); !ok || e.Pending != 0 || !errors.Is(err, resumeserver.ErrLeft) {
		t.Errorf("the session ended with %v", err)
	}
	if code := c.closed(); code != websocket.StatusNormalClosure {
		t.Errorf("closed with %d", code)
	}
}

// TestASessionThatItsClientDoesNotKnowIsNotServed: the connection is lost before the client has shown that it got the
// welcome.
func TestASessionThatItsClientDoesNotKnowIsNotServed(t *testing.T) {
	b := serve(t, &resumeserver.Server{})
	p := b.dial(nil)
	p.say("resume - 0 0 1000")
	id := strings.Fields(p.hear())[1]
	_ = p.CloseNow()
	await.Until(t, "the session is detached", func() bool { return b.Stats().Detached == 1 })
	if len(b.sessions) > 0 {
		t.Fatal("the handler began")
	}
	b.hello(id + " 0 0 1000") // it had got it
	await.Receive(t, b.sessions)
}

func TestANewerConnectionTakesOver(t *testing.T) {
	b := serve(t, &resumeserver.Server{})
	old, w := b.hello("- 0 0 1000")
	s := await.Receive(t, b.sessions)
	c, w2 := b.hello(w[1] + " 0 0 1000")
	if w2[0] != "resumed" {
		t.Fatal(w2)
	}
	old.closed()
	c.say("m 1 0\nhere")
	if got := read(t, s); got != "here" || b.Stats().Detached != 0 {
		t.Error(got, b.Stats())
	}
}

// TestWhoMayResume: the name of a session is not enough for another owner, and a guessed one is of no use.
func TestWhoMayResume(t *testing.T) {
	b := serve(t, &resumeserver.Server{Owner: func(r *http.Request) string { return r.Header.Get("X-User") }})
	alice := b.dial(http.Header{"X-User": {"alice"}})
	alice.say("resume - 0 0 1000")
	id := strings.Fields(alice.hear())[1]
	alice.say("a 0")
	s := await.Receive(t, b.sessions)
	for _, user := range []string{"mallory", ""} {
		m := b.dial(http.Header{"X-User": {user}})
		m.say("resume " + id + " 0 0 1000")
		if w := strings.Fields(m.hear()); w[0] != "gone" || w[2] != "-" || w[1] == id {
			t.Errorf("%q got %q", user, w)
		}
	}
	alice.say("m 1 0\nstill here")
	if got := read(t, s); got != "still here" || s.Owner() != "alice" {
		t.Error(got, s.Owner())
	}
	alice.say("e 1 0 1000")
	alice.closed()
	m := b.dial(http.Header{"X-User": {"mallory"}})
	m.say("resume " + id + " 0 0 1000")
	if w := strings.Fields(m.hear()); w[0] != "gone" || w[2] != "-" {
		t.Errorf("mallory learns of a session that is over: %q", w)
	}
}

// TestLiesEndTheConnection and nothing else: the session can be resumed.
func TestLiesEndTheConnection(t *testing.T) {
	b := serve(t, &resumeserver.Server{Window: 2000})
	flood := make([]string, 100)
	for i := range flood {
		flood[i] = "m " + strconv.Itoa(i+1) + " 0\n"
	}
	for name, frames := range map[string][]string{
		"acknowledges what was not sent": {"a 1"},
		"a huge acknowledgement":         {"a 18446744073709551615"},
		"skips a number":                 {"m 2 0\nx"},
		"no frame":                       {"hello"},
		"a second hello":                 {"resume - 0 0 1000"},
		"more than the window":           flood,
		"one large message too many":     {"m 1 0\n" + strings.Repeat("x", 3000), "m 2 0\nx"},
	} {
		c, w := b.hello("- 0 0 1000")
		for _, f := range frames {
			if c.try(f) != nil {
				break // the server has had enough
			}
		}
		if code := c.closed(); code != websocket.StatusProtocolError {
			t.Errorf("%s: closed with %d", name, code)
		}
		if _, w2 := b.hello(w[1] + " 0 0 1000"); w2[0] != "resumed" {
			t.Errorf("%s: %q", name, w2)
		}
	}
	for name, hello := range map[string]string{
		"not a hello": "m 1 0\nx", "window 0": "resume - 0 0 0", "a path": "resume ../../x 0 0 1", "a position without a session": "resume - 0 5 9",
	} {
		c := b.dial(nil)
		c.say(hello)
		if code := c.closed(); code != websocket.StatusProtocolError {
			t.Errorf("%s: closed with %d", name, code)
		}
	}
	_, w := b.hello("- 0 0 1000")
	if _, w2 := b.hello(w[1] + " 7 7 1000"); w2[0] != "gone" {
		t.Errorf("a position that cannot be: %q", w2)
	}
	c, _ := b.hello("- 0 0 1000")
	_ = c.try("m 1 0\n\xff")
	if code := c.closed(); code != websocket.StatusInvalidFramePayloadData {
		t.Errorf("text that is not UTF-8: closed with %d", code)
	}
}

func TestRepeatsAreLeftOut(t *testing.T) {
	b := serve(t, &resumeserver.Server{})
	c, _ := b.hello("- 0 0 1000")
	s := await.Receive(t, b.sessions)
	c.say("m 1 0\na", "m 1 0\na", "m 2 0\nb", "m 1 0\na", "m 3 0\nc")
	if got := read(t, s) + read(t, s) + read(t, s); got != "abc" {
		t.Error(got)
	}
}

// TestASilentClientMakesWriteWait: what is kept is bounded, attached or not.
func TestASilentClientMakesWriteWait(t *testing.T) {
	b := serve(t, &resumeserver.Server{Buffer: 10_000})
	c, w := b.hello("- 0 0 1000000")
	s := await.Receive(t, b.sessions)
	fill := func() {
		t.Helper()
		for range 10 {
			if err := s.Write(t.Context(), websocket.MessageText, make([]byte, 936)); err != nil {
				t.Fatal(err)
			}
		}
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		if err := s.Write(ctx, websocket.MessageText, make([]byte, 936)); !errors.Is(err, context.DeadlineExceeded) {
			t.Fatal("one more:", err)
		}
		if n, held := s.Pending(); n != 10 || held != 10_000 || b.Stats().Bytes != 10_000 {
			t.Fatalf("%d messages, %d bytes, %+v", n, held, b.Stats())
		}
	}
	fill()
	for range 10 {
		_ = c.hear() // what was not sent cannot be acknowledged
	}
	c.say("a 10")
	await.Until(t, "the acknowledgement made room", func() bool { n, _ := s.Pending(); return n == 0 })
	_ = c.CloseNow()
	await.Until(t, "the session is detached", func() bool { return !s.Connected() })
	fill()
	_, w2 := b.hello(w[1] + " 10 20 1000000")
	if w2[0] != "gone" {
		t.Errorf("a client that has what was never sent: %q", w2)
	}
}

// TestAMessageLargerThanTheBufferIsRefused at once, with or without a connection, and harms nothing.
func TestAMessageLargerThanTheBufferIsRefused(t *testing.T) {
	b := serve(t, &resumeserver.Server{Buffer: 10_000})
	c, _ := b.hello("- 0 0 1000000")
	s := await.Receive(t, b.sessions)
	refused := func() {
		t.Helper()
		if err := s.Write(t.Context(), websocket.MessageText, make([]byte, 10_001)); !errors.Is(err, resumeserver.ErrTooBig) {
			t.Error("a message of 10,001 bytes:", err)
		}
	}
	refused()
	if err := s.Write(t.Context(), websocket.MessageText, make([]byte, 10_000)); err != nil {
		t.Error("a message of 10,000 bytes:", err)
	}
	refused() // not made to wait, although the buffer is full
	_ = c.CloseNow()
	await.Until(t, "the session is detached", func() bool { return !s.Connected() })
	refused()
	if n, _ := s.Pending(); n != 1 {
		t.Errorf("%d messages are pending", n)
	}
}

// TestTheWindowOfTheClientIsKept: no more than it allows is on the wire.
func TestTheWindowOfTheClientIsKept(t *testing.T) {
	b := serve(t, &resumeserver.Server{})
	c, _ := b.hello("- 0 0 100")
	s := await.Receive(t, b.sessions)
	for range 5 {
		write(t, s, "x") // 65 bytes: one may begin at 0 and one at 65
	}
	if got := c.hear() + " " + c.hear(); got != "m 1 0\nx m 2 0\nx" {
		t.Fatalf("%q", got)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, p, err := c.Read(ctx); err == nil {
		t.Errorf("%q went beyond the window", p)
	}
}

// TestExpiryIsReportedToBothSides, with numbers.
func TestExpiryIsReportedToBothSides(t *testing.T) {
	b := serve(t, &resumeserver.Server{Lifetime: 30 * time.Millisecond})
	c, w := b.hello("- 0 0 60") // room for one message: the second stays at the server
	s := await.Receive(t, b.sessions)
	c.say("m 1 0\na", "m 2 0\nb")
	_, _ = read(t, s), read(t, s)
	write(t, s, "c")
	write(t, s, "d")
	c.hear()
	_ = c.CloseNow()
	await.Until(t, "the client has gone", func() bool { return !s.Connected() })
	_, _, err := s.Read(t.Context())
	if e, ok := errors.AsType[*resumeserver.EndError](err); !ok || !errors.Is(err, resumeserver.ErrExpired) || e.Pending != 2 {
		t.Errorf("the handler got %v", err)
	}
	if err := s.Write(t.Context(), websocket.MessageText, nil); !errors.Is(err, resumeserver.ErrExpired) {
		t.Errorf("Write: %v", err)
	}
	if _, w2 := b.hello(w[1] + " 1 1 1000"); w2[0] != "gone" || w2[3] != "2" || w2[5] != "2" {
		t.Errorf("the client received %q", w2)
	}
	if st := b.Stats(); st.Expired != 1 || st.Bytes != 0 {
		t.Errorf("%+v", st)
	}
}

// TestTheTableIsBounded: detached sessions give way, and attached ones never.
func TestTheTableIsBounded(t *testing.T) {
	b := serve(t, &resumeserver.Server{MaxSessions: 3})
	var ids []string
	var peers []*peer
	for range 3 {
		c, w := b.hello("- 0 0 1000")
		ids, peers = append(ids, w[1]), append(peers, c)
	}
	full := b.dial(nil)
	full.say("resume - 0 0 1000")
	if code := full.closed(); code != websocket.StatusTryAgainLater {
		t.Errorf("a fourth was closed with %d", code)
	}
	for i, c := range peers[:2] {
		_ = c.CloseNow()
		await.Until(t, "it is detached", func() bool { return b.Stats().Detached == i+1 })
	}
	if _, w := b.hello("- 0 0 1000"); w[0] != "new" {
		t.Errorf("no room was made: %q", w)
	}
	if _, w := b.hello(ids[1] + " 0 0 1000"); w[0] != "resumed" {
		t.Errorf("the younger one had to go: %q", w)
	}
	if st := b.Stats(); st.Sessions != 3 || st.Expired != 1 {
		t.Errorf("%+v", st)
	}
}

func TestAllSessionsTogetherAreBounded(t *testing.T) {
	b := serve(t, &resumeserver.Server{MaxBytes: 5000})
	c, w := b.hello("- 0 0 1000")
	first := await.Receive(t, b.sessions)
	write(t, first, strings.Repeat("x", 3000))
	_ = c.CloseNow()
	await.Until(t, "it is detached", func() bool { return b.Stats().Detached == 1 })
	_, _ = b.hello("- 0 0 1000")
	second := await.Receive(t, b.sessions)
	write(t, second, strings.Repeat("x", 3000))
	write(t, second, strings.Repeat("x", 1000)) // the first gives way
	if _, _, err := first.Read(t.Context()); !errors.Is(err, resumeserver.ErrEvicted) {
		t.Errorf("the first session ended with %v", err)
	}
	write(t, second, strings.Repeat("x", 1000))
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Millisecond)
	defer cancel()
	if err := second.Write(ctx, websocket.MessageText, nil); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("beyond the bound: %v", err)
	}
	full := b.dial(nil)
	full.say("resume " + w[1] + " 0 0 1000")
	if code := full.closed(); code != websocket.StatusTryAgainLater {
		t.Errorf("a session beyond the bound: %d", code)
	}
}

func TestCloseLetsTheClientHaveEverything(t *testing.T) {
	b := serve(t, &resumeserver.Server{})
	c, w := b.hello("- 0 0 1000")
	s := await.Receive(t, b.sessions)
	write(t, s, "a")
	_ = c.CloseNow()
	await.Until(t, "it is detached", func() bool { return !s.Connected() })
	closed := make(chan error, 1)
	go func() { closed <- s.Close(4001, "bye") }()
	await.Until(t, "Write takes no more", func() bool {
		return errors.Is(s.Write(t.Context(), websocket.MessageText, nil), resumeserver.ErrClosed)
	})
	n, _ := s.Pending()
	c, _ = b.hello(w[1] + " 0 0 1000")
	for range n {
		c.hear()
	}
	c.say("a " + strconv.Itoa(n))
	await.Until(t, "it says that this was all", func() bool { return c.hear() == "e "+strconv.Itoa(n)+" 0 4001" })
	if code := c.closed(); code != 4001 {
		t.Errorf("closed with %d", code)
	}
	if err := await.Receive(t, closed); err != nil {
		t.Error(err)
	}
	if late, again := b.hello(w[1] + " 0 0 1000"); strings.Join(again, " ") != "e "+strconv.Itoa(n)+" 0 4001" || late.closed() != 4001 {
		t.Errorf("a client that did not learn of the end gets %q", again)
	}
}

func TestAHandlerThatPanicsEndsItsSessionAlone(t *testing.T) {
	rs := &resumeserver.Server{}
	ts := httptest.NewUnstartedServer(rs.Handler(func(context.Context, *resumeserver.Session) { panic("boom") }))
	var logged strings.Builder
	ts.Config.ErrorLog = log.New(&logged, "", 0)
	ts.Start()
	defer ts.Close()
	defer rs.Close()
	b := &bench{Server: rs, t: t, url: "ws" + strings.TrimPrefix(ts.URL, "http"), speaks: []string{resumeserver.Subprotocol}}
	c, _ := b.hello("- 0 0 1000")
	if code := c.closed(); code != websocket.StatusInternalError || !strings.Contains(logged.String(), "boom") {
		t.Errorf("closed with %d, logged %q", code, &logged)
	}
}

func TestAClientThatDoesNotSpeakItGetsAnError(t *testing.T) {
	b := serve(t, &resumeserver.Server{})
	_, resp, err := websocket.Dial(t.Context(), b.url, nil)
	if err == nil || resp.StatusCode != http.StatusUpgradeRequired {
		t.Error(err, resp)
	}
}

// TestADeadConnectionIsNoticed: a client that does not answer pings is detached, and its session expires.
func TestADeadConnectionIsNoticed(t *testing.T) {
	b := serve(t, &resumeserver.Server{Heartbeat: 20 * time.Millisecond, Lifetime: 20 * time.Millisecond})
	b.hello("- 0 0 1000") // and never reads, so never answers
	await.Until(t, "the session expired", func() bool { return b.Stats().Expired == 1 })
}
