// These tests prove that a client behaves the same over every transport. They run natively against a server in the same
// process, and in a browser against the one at $WS_TEST_URL. They use real time, since a browser has no other.
package tether_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tetherscope/tetherscope/internal/test/await"
	"github.com/tetherscope/tetherscope/internal/test/wstest"
	"github.com/tetherscope/tetherscope/wasm/codec"
	"github.com/tetherscope/tetherscope/wasm/tether"
)

// fast retries at once, so that no test waits for a backoff.
var fast = tether.WithBackoff(tether.Backoff{Base: time.Millisecond, Max: 20 * time.Millisecond, MinUptime: time.Hour})

// running is a client of raw messages against a script of the server.
type running struct {
	*tether.Client[codec.Message, codec.Message]
	t     *testing.T
	key   string
	ended chan struct{} // closed when Run has returned err
	err   error
}

// start runs a client until the test ends.
func start(t *testing.T, path string, opts ...tether.Option) *running {
	t.Helper()
	r := prepare(t, path, opts...)
	r.run()
	return r
}

// prepare makes a client that run starts: a test adds its listeners in between, so that none misses an event.
func prepare(t *testing.T, path string, opts ...tether.Option) *running {
	t.Helper()
	sep := "?"
	if strings.Contains(path, "?") {
		sep = "&"
	}
	r := &running{t: t, key: "k" + strconv.FormatUint(rand.Uint64(), 36), ended: make(chan struct{})}
	var err error
	r.Client, err = tether.New(serverURL(t)+path+sep+"key="+r.key, codec.Raw(), opts...)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// run starts the client, which runs until the test ends.
func (r *running) run() {
	go func() {
		r.err = r.Run(context.Background())
		close(r.ended)
	}()
	r.t.Cleanup(func() {
		r.Close()
		_ = r.end()
	})
}

// end waits for the end of Run and returns its error.
func (r *running) end() error {
	r.t.Helper()
	await.Closed(r.t, r.ended)
	return r.err
}

// open waits for the connection.
func (r *running) open() {
	r.t.Helper()
	if err := r.Open(deadline(r.t)); err != nil {
		r.t.Fatal("open:", err)
	}
}

// receive returns the next message.
func (r *running) receive() codec.Message {
	r.t.Helper()
	for m, err := range r.Messages(deadline(r.t)) {
		if err != nil {
			r.t.Fatal("receive:", err)
		}
		return m
	}
	r.t.Fatal("the messages ended")
	return codec.Message{}
}

// saw asks the server what it saw of this client until it is as wanted.
func (r *running) saw(what string, wanted func(wstest.Stats) bool) {
	r.t.Helper()
	await.Until(r.t, "the server to see that "+what, func() bool { return wanted(serverStats(r.t, r.key)) })
}

func serverStats(t *testing.T, key string) (st wstest.Stats) {
	t.Helper()
	resp := ask(t, "/stats?key="+key)
	defer resp.Body.Close()
	if err := json.NewDecoder(resp.Body).Decode(&st); err != nil {
		t.Fatal(err)
	}
	return st
}

// ask makes an ordinary request to the server.
func ask(t *testing.T, path string) *http.Response {
	t.Helper()
	resp, err := http.Get("http" + strings.TrimPrefix(serverURL(t), "ws") + path)
	if err != nil {
		t.Fatal(err)
	}
	return resp
}

func deadline(t *testing.T) context.Context {
	t.Helper()
	return await.Context(t)
}

func text(s string) codec.Message { return codec.Message{Type: codec.Text, Data: []byte(s)} }

func TestEveryKindOfMessageComesBackAsItWas(t *testing.T) {
	c := start(t, "/echo")
	large := make([]byte, 300_000)
	for i := range large {
		large[i] = byte(i * 7)
	}
	for name, m := range map[string]codec.Message{
		"text": text("hello"), "empty text": text(""), "unicode": text("žluťoučký 馬 🐎\x00end"),
		"text of 125 bytes": text(strings.Repeat("a", 125)), "text of 64 KiB": text(strings.Repeat("é", 32<<10)),
		"binary":       {Type: codec.Binary, Data: []byte{0xDE, 0xAD, 0xBE, 0xEF}},
		"empty binary": {Type: codec.Binary, Data: []byte{}}, "large binary": {Type: codec.Binary, Data: large},
	} {
		if err := c.Send(deadline(t), m); err != nil {
			t.Fatal(name, err)
		}
		if got := c.receive(); got.Type != m.Type || !bytes.Equal(got.Data, m.Data) {
			t.Errorf("%s: got %v of %d bytes, want %v of %d", name, got.Type, len(got.Data), m.Type, len(m.Data))
		}
	}
}

func TestOrderHoldsOverManyMessages(t *testing.T) {
	c := start(t, "/echo")
	const n = 2000
	go func() {
		for i := range n {
			if c.Send(context.Background(), text(strconv.Itoa(i))) != nil {
				return
			}
		}
	}()
	for i := range n {
		if got := string(c.receive().Data); got != strconv.Itoa(i) {
			t.Fatalf("message %d is %q", i, got)
		}
	}
}

func TestSubprotocolIsOfferedAndReported(t *testing.T) {
	opened := make(chan tether.Opened, 1)
	c := prepare(t, "/slow-accept?ms=100&protocol=two", tether.WithSubprotocols("one", "two"))
	tether.On(c, func(e tether.Opened) { opened <- e })
	c.run()
	c.open()
	if e := await.Receive(t, opened); e.Subprotocol != "two" || e.Attempt != 1 {
		t.Errorf("%+v", e)
	}
}

// P25, and 1.4 and 1.5 of coder/websocket's browser half: the reader is late on purpose.
func TestNoMessageIsLostBeforeAClose(t *testing.T) {
	var all sync.WaitGroup
	for i := range 60 {
		c := start(t, "/close?n=5&code=4001&reason=token+expired")
		all.Go(func() {
			switch i % 3 { // the reader comes at once, between two messages, after the end
			case 1:
				await.Until(t, "the first message", func() bool { return c.Stats().Inbox.Messages > 0 })
			case 2:
				_ = c.end()
			}
			got := ""
			for m := range c.Messages(deadline(t)) {
				got += string(m.Data)
			}
			if got != "01234" {
				t.Errorf("connection %d: read %q", i, got)
			}
			if stop, ok := errors.AsType[*tether.StopError](c.end()); !ok || stop.Rule == "" {
				t.Errorf("connection %d: Run returned %v", i, c.err)
			}
			if e, ok := errors.AsType[*tether.CloseError](c.err); !ok || e.Code != 4001 || e.Reason != "token expired" || !e.Clean {
				t.Errorf("connection %d: closed with %v", i, c.err)
			}
		})
	}
	await.Group(t, &all)
}

func TestEventsComeInTheOrderOfTheMessages(t *testing.T) {
	c := start(t, "/close?n=2&code=4000&reason=enough")
	_ = c.end() // the reader comes late
	var story []string
	for it := range c.Events(deadline(t)) {
		switch e := it.(type) {
		case tether.StateChanged:
			story = append(story, e.New.String())
		case tether.Opened:
			story = append(story, "opened")
		case tether.Received[codec.Message]:
			story = append(story, string(e.Value.Data))
		case tether.Lost:
			story = append(story, "lost "+strconv.Itoa(int(e.Code)))
		}
	}
	if got := strings.Join(story, ", "); got != "Connecting, Open, opened, 0, 1, lost 4000, Closed" {
		t.Error(got)
	}
}

func TestWhatWasSentWhileAwayArrivesAfterTheReconnect(t *testing.T) {
	c := start(t, "/drop-first?times=2&n=1", fast)
	for i := range 5 {
		if err := c.Send(deadline(t), text("m"+strconv.Itoa(i))); err != nil {
			t.Fatal(err)
		}
	}
	c.saw("it came back", func(st wstest.Stats) bool { return st.Accepted == 3 && st.Live == 1 })
	await.Until(t, "the client to see it too", func() bool { return c.Stats().Opens == 3 })
}

func TestARefusedHandshakeIsRetried(t *testing.T) {
	retries := make(chan tether.Retrying, 10)
	c := prepare(t, "/flaky?fail=2&status=503", fast)
	tether.On(c, func(e tether.Retrying) { retries <- e })
	c.run()
	c.open()
	if err := c.Send(deadline(t), text("at last")); err != nil {
		t.Fatal(err)
	}
	if got := string(c.receive().Data); got != "at last" {
		t.Error(got)
	}
	for attempt := 2; attempt <= 3; attempt++ {
		if e := await.Receive(t, retries); e.Attempt != attempt || e.Cause == nil {
			t.Errorf("%+v", e)
		}
	}
}

// A server that reads late: Send waits until there is room, and goes on by itself.
//
// P6: what is handed to the platform is bounded.
func TestSendWaitsForRoomAndGoesOn(t *testing.T) {
	const n, size, buffer, waiting = 80, 256 << 10, 256 << 10, 4
	c := start(t, "/late?ms=700", tether.WithSendBuffer(buffer), tether.WithOutbox(tether.Limits{Messages: waiting}, tether.OverflowBlock))
	c.open()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute) // 20 MiB through the race detector
	defer cancel()
	sent := make(chan error, 1)
	go func() {
		var err error
		for range n {
			err = errors.Join(err, c.Send(ctx, codec.Message{Type: codec.Binary, Data: make([]byte, size)}))
		}
		sent <- errors.Join(err, c.Send(ctx, text("end")))
	}()
	await.Until(t, "Send to be held back: 20 MiB are more than all buffers on the way hold", func() bool {
		return c.Stats().Outbox.Messages >= waiting
	})
	if err := await.Receive(t, sent); err != nil {
		t.Error(err)
	}
	for m, err := range c.Messages(ctx) {
		if string(m.Data) != "end" || err != nil {
			t.Errorf("the echo is %.20q, %v", m.Data, err)
		}
		break
	}
	c.saw("everything", func(st wstest.Stats) bool { return st.Messages == n+1 })
}

func TestReconnectReplacesTheConnection(t *testing.T) {
	c := start(t, "/echo")
	c.open()
	c.Reconnect(nil)
	c.saw("one connection followed another", func(st wstest.Stats) bool { return st.Accepted == 2 && st.Live == 1 })
}

func TestPauseClosesAndResumeConnects(t *testing.T) {
	c := start(t, "/echo")
	c.open()
	c.Pause()
	c.saw("the connection was closed", func(st wstest.Stats) bool { return st.Live == 0 && len(st.Closes) == 1 })
	c.Resume()
	c.saw("a new connection", func(st wstest.Stats) bool { return st.Accepted == 2 && st.Live == 1 })
}

func TestAMessageThatIsTooBigClosesAndStops(t *testing.T) {
	c := start(t, "/push?n=1&size=5000", tether.WithMaxMessage(4096))
	if err := c.end(); !errors.Is(err, tether.ErrMessageTooBig) {
		t.Errorf("Run returned %v", err)
	}
	c.saw("1009, or what a browser may say instead", func(st wstest.Stats) bool {
		return len(st.Closes) == 1 && st.Closes[0].Code == onBrowser(4909, 1009)
	})
}
