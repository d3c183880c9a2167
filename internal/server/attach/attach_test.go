package attach

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/internal/cdp"
	"github.com/tetherscope/tetherscope/internal/test/await"
)

// The tests are in bubbles of testing/synctest: a socket is shown a second after its creation if its handshake is not sent, however slow the
// machine is.

// fake is a browser that says what a test has it say, and answers each command with an empty result.
type fake struct {
	out   chan []byte
	ctx   context.Context
	close context.CancelFunc
	begun chan struct{} // closed when we attach to its targets
	first []string      // events that come before the reply to that

	mu       sync.Mutex
	commands []string // session, method and parameters
	mute     string   // method that is not answered
	refuse   string   // method that is refused
}

func (f *fake) Read() ([]byte, error) {
	select {
	case b := <-f.out:
		if b == nil { // it leaves
			return nil, io.EOF
		}
		return b, nil
	case <-f.ctx.Done():
		return nil, io.EOF
	}
}

func (f *fake) Write(b []byte) error {
	var m struct {
		ID      int             `json:"id"`
		Session string          `json:"sessionId"`
		Method  string          `json:"method"`
		Params  json.RawMessage `json:"params"`
	}
	if err := json.Unmarshal(b, &m); err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.commands = append(f.commands, strings.TrimSpace(m.Session+" "+m.Method))
	if m.Session == "" && m.Method == "Target.setAutoAttach" {
		f.say(f.first...)
		defer close(f.begun)
	}
	switch m.Method {
	case f.mute:
	case f.refuse:
		f.out <- fmt.Appendf(nil, `{"id":%d,"error":{"code":1,"message":"Not allowed"}}`, m.ID)
	default:
		f.out <- fmt.Appendf(nil, `{"id":%d,"result":{}}`, m.ID)
	}
	return nil
}

func (f *fake) Close() error { f.close(); return nil }

// say sends events, each with its session and a space before: "s1 Network.webSocketCreated {…}".
func (f *fake) say(events ...string) {
	for _, e := range events {
		parts := strings.SplitN(e, " ", 3)
		f.out <- fmt.Appendf(nil, `{"method":%q,"params":%s,"sessionId":%q}`, parts[1], parts[2], parts[0])
	}
}

// watched is a browser that is being watched, and what came of it.
type watched struct {
	*fake
	mu      sync.Mutex
	records []record.Record
	reports []string
	ended   chan error
}

// watch begins to watch a fake browser.
func watch(t *testing.T, f *fake) *watched {
	t.Helper()
	f.out, f.begun = make(chan []byte, 100), make(chan struct{})
	f.ctx, f.close = context.WithCancel(t.Context())
	w := &watched{fake: f, ended: make(chan error, 1)}
	conns := uint32(0)
	feed := Feed{
		NewConn: func() uint32 { conns++; return conns },
		Append:  func(r *record.Record) { w.mu.Lock(); defer w.mu.Unlock(); w.records = append(w.records, r.Clone()) },
		Snap:    func() int { return 10 },
		Report: func(format string, args ...any) {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.reports = append(w.reports, fmt.Sprintf(format, args...))
		},
		Own: func(page string) bool { return strings.HasSuffix(page, "/panel/") },
	}
	b := &Browser{Name: "Chrome/1", conn: cdp.New(f)}
	go func() { w.ended <- b.Run(t.Context(), feed) }()
	await.Closed(t, f.begun)
	return w
}

// count returns how many records and reports there are.
func (w *watched) count() (records, reports int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.records), len(w.reports)
}

// leave lets the browser go away, and returns what was recorded until then, one record a line.
func (w *watched) leave(t *testing.T) string {
	t.Helper()
	w.out <- nil
	if err := await.Receive(t, w.ended); !errors.Is(err, ErrGone) {
		t.Errorf("the end is %v", err)
	}
	var b strings.Builder
	for _, r := range w.records {
		if r.Source != record.SourcePage {
			t.Errorf("%s is of the %s", r.Describe(), r.Source)
		}
		fmt.Fprintf(&b, "#%d %s", r.Conn, r.Kind)
		switch r.Kind {
		case record.KindRequest:
			fmt.Fprintf(&b, " %s of %s %q", r.Name, r.Remote, r.Head)
		case record.KindResponse:
			fmt.Fprintf(&b, " %q", r.Head)
		case record.KindFrame:
			fmt.Fprintf(&b, " %s %s %q of %d, message %d", r.Dir, r.Header.Opcode, r.Payload, r.Header.Length, r.Message)
		case record.KindNote:
			fmt.Fprintf(&b, " %s: %s", r.Name, r.Reason)
		case record.KindEnd, record.KindClose, record.KindBroken, record.KindTransit:
			fmt.Fprintf(&b, " %s", r.Reason)
		}
		b.WriteByte('\n')
	}
	return b.String()
}

func attaching(parent, session, kind, url string) string {
	return fmt.Sprintf(`%s Target.attachedToTarget {"sessionId":%q,"targetInfo":{"targetId":"of %s","type":%q,"url":%q},"waitingForDebugger":true}`, parent, session, session, kind, url)
}

const (
	created = `Network.webSocketCreated {"requestId":"1","url":"wss://a.example/live?token=s3cret-s3cret&x=1"}`
	asked   = `Network.webSocketWillSendHandshakeRequest {"requestId":"1","timestamp":5,"wallTime":1.7e9,"request":{"headers":{"Host":"a.example","Cookie":"id=s3cret-s3cret","Sec-WebSocket-Key":"k","Evil":"a\r\nX: y"}}}`
	allowed = `Network.webSocketHandshakeResponseReceived {"requestId":"1","timestamp":5.1,"response":{"status":101,"statusText":"Switching Protocols","headers":{"Upgrade":"websocket","Set-Cookie":"a=s3cret-s3cret\nb=2"}}}`
	sent    = `Network.webSocketFrameSent {"requestId":"1","timestamp":5.2,"response":{"opcode":1,"mask":true,"payloadData":"hello"}}`
	got     = `Network.webSocketFrameReceived {"requestId":"1","timestamp":5.3,"response":{"opcode":2,"mask":false,"payloadData":"AAECAwQFBgcICQoLDA0ODw=="}}`
	failed  = `Network.webSocketFrameError {"requestId":"1","timestamp":5.4,"errorMessage":"Invalid frame header"}`
	closed  = `Network.webSocketClosed {"requestId":"1","timestamp":5.5}`
)

// TestConversation: a socket of a page and one of a worker become records of a page's knowledge, with handshake, whole messages cut at the snap length, and
// without credentials; what is open when the browser goes away ends then.
func TestConversation(t *testing.T) { synctest.Test(t, conversation) }

func conversation(t *testing.T) {
	w := watch(t, &fake{})
	w.say(attaching("", "p", "page", "https://a.example/?key=s3cret-s3cret"), attaching("p", "w", "worker", "https://a.example/w.js"))
	for _, e := range []string{created, asked, allowed, sent, got, failed, closed} {
		w.say("p " + e)
	}
	w.say("w "+created, "w "+allowed, "w "+sent, "w "+sent, "p "+sent+" ") // the last is of a socket that has ended
	want := `#1 request wss://a.example/live?token=[hidden]&x=1 of https://a.example/?key=[hidden] "GET /live?token=[hidden]&x=1 HTTP/1.1\r\nCookie: [hidden]\r\nEvil: a \r\nEvil: X: y\r\nHost: a.example\r\nSec-WebSocket-Key: k\r\n\r\n"
#1 response "HTTP/1.1 101 Switching Protocols\r\nSet-Cookie: [hidden]\r\nSet-Cookie: [hidden]\r\nUpgrade: websocket\r\n\r\n"
#1 frame out text "hello" of 5, message 1
#1 frame in binary "\x00\x01\x02\x03\x04\x05\x06\a\b\t" of 16, message 1
#1 note error: Invalid frame header
#1 end closed; the DevTools protocol has no close code
#2 request wss://a.example/live?token=[hidden]&x=1 of worker https://a.example/w.js ""
#2 note open: no subprotocol
#2 frame out text "hello" of 5, message 1
#2 frame out text "hello" of 5, message 2
#3 request  of https://a.example/?key=[hidden] ""
#3 note open: it was open before tetherscope attached: its URL and what passed until now are not known
#3 frame out text "hello" of 5, message 1
`
	records := w.leave(t)
	begin, ends := records[:min(len(records), len(want))], records[min(len(records), len(want)):]
	if begin != want {
		t.Errorf("got\n%s\nwant\n%s", begin, want)
	}
	lines := strings.Split(strings.TrimSpace(ends), "\n")
	if slices.Sort(lines); !slices.Equal(lines, []string{"#2 end the browser went away", "#3 end the browser went away"}) {
		t.Errorf("the ends are %q", lines)
	}
}

// TestAHandshakeOverHTTP2: its report has no key; it is recorded as HTTP/2 has it, with pseudo-header fields and without those of HTTP/1.1 or credentials.
func TestAHandshakeOverHTTP2(t *testing.T) { synctest.Test(t, aHandshakeOverHTTP2) }

func aHandshakeOverHTTP2(t *testing.T) {
	w := watch(t, &fake{})
	w.say(attaching("", "p", "page", "https://a.example/"), "p "+created,
		`p Network.webSocketWillSendHandshakeRequest {"requestId":"1","timestamp":5,"request":{"headers":{"Host":"a.example","Connection":"Upgrade","Upgrade":"websocket","Cookie":"id=s3cret-s3cret","Sec-WebSocket-Version":"13","Evil":"a\r\n:path: /"}}}`,
		`p Network.webSocketHandshakeResponseReceived {"requestId":"1","timestamp":5.1,"response":{"status":200,"statusText":"","headers":{"x-mine":"yes","set-cookie":"a=s3cret-s3cret"}}}`, "p "+sent)
	want := `#1 request wss://a.example/live?token=[hidden]&x=1 of https://a.example/ ":method: CONNECT\r\n:protocol: websocket\r\n:scheme: https\r\n:authority: a.example\r\n:path: /live?token=[hidden]&x=1\r\ncookie: [hidden]\r\nevil: a \r\nevil: :path: /\r\nsec-websocket-version: 13\r\n\r\n"
#1 response ":status: 200\r\nset-cookie: [hidden]\r\nx-mine: yes\r\n\r\n"
#1 frame out text "hello" of 5, message 1
`
	if records := w.leave(t); !strings.HasPrefix(records, want) {
		t.Errorf("got\n%s\nwant\n%s", records, want)
	}
}

// TestTargetsAreLetGo: every target goes on: one that is watched after its WebSockets are reported, and one that we leave, because it is a panel of
// ours, or is attached twice, at once. The end of a page is that of its sockets and of its workers'.
func TestTargetsAreLetGo(t *testing.T) { synctest.Test(t, targetsAreLetGo) }

func targetsAreLetGo(t *testing.T) {
	again := strings.Replace(attaching("", "z", "page", "x"), "of z", "of p", 1)
	w := watch(t, &fake{first: []string{attaching("", "p", "page", "https://a.example/"), attaching("", "o", "page", "http://127.0.0.1:1/panel/"), again, attaching("p", "w", "worker", "w.js")}})
	w.say("w "+created, "w "+asked, `x Target.targetInfoChanged {"targetInfo":{"targetId":"of p","url":"https://b.example/"}}`,
		"p "+created, "p "+asked, "o "+created, `x Target.detachedFromTarget {"sessionId":"p"}`, "w "+sent, "p "+sent)
	await.Until(t, "the browser is watched", func() bool { _, n := w.count(); return n > 0 })
	records := w.leave(t)
	if strings.Count(records, "request") != 2 || !strings.Contains(records, "of https://b.example/") || strings.Count(records, "end its page is gone")+strings.Count(records, "end its worker is gone") != 2 || strings.Contains(records, "frame") {
		t.Errorf("records:\n%s", records)
	}
	want := []string{
		"Target.setDiscoverTargets", "Target.setAutoAttach",
		"p Network.enable", "p Target.setAutoAttach", "p Runtime.runIfWaitingForDebugger",
		"o Runtime.runIfWaitingForDebugger", "Target.detachFromTarget",
		"z Runtime.runIfWaitingForDebugger", "Target.detachFromTarget",
		"w Network.enable", "w Target.setAutoAttach", "w Runtime.runIfWaitingForDebugger",
	}
	if !slices.Equal(w.commands, want) {
		t.Errorf("the commands are %q", w.commands)
	}
}

// TestTheFeedOfAPanelIsLeftOut: it carries the records themselves.
func TestTheFeedOfAPanelIsLeftOut(t *testing.T) { synctest.Test(t, theFeedOfAPanelIsLeftOut) }

func theFeedOfAPanelIsLeftOut(t *testing.T) {
	w := watch(t, &fake{})
	w.say(attaching("", "p", "page", "https://a.example/"), `p Network.webSocketCreated {"requestId":"1","url":"ws://127.0.0.1:1/api/tap?cut=1"}`, "p "+asked, "p "+allowed, "p "+sent, "p "+got, "p "+closed)
	if records := w.leave(t); records != "" {
		t.Errorf("records:\n%s", records)
	}
}

// TestALateHandshake: a socket whose request is not sent, because its server does not accept TCP, is shown after a second.
func TestALateHandshake(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := watch(t, &fake{})
		w.say(attaching("", "p", "page", "https://a.example/"), "p "+created)
		synctest.Wait()
		if n, _ := w.count(); n != 0 {
			t.Errorf("%d records at once", n)
		}
		time.Sleep(handshakeWait)
		synctest.Wait()
		if n, _ := w.count(); n != 1 {
			t.Errorf("%d records after %v", n, handshakeWait)
		}
		w.say("p "+asked, "p "+allowed)
		if records := w.leave(t); !strings.HasSuffix(records, "#1 note open: no subprotocol\n#1 end the browser went away\n") || strings.Count(records, "request") != 1 {
			t.Errorf("records:\n%s", records)
		}
	})
}

// TestTargetsThatDoNotAnswer: it is said that the others are watched.
func TestTargetsThatDoNotAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := watch(t, &fake{mute: "Network.enable", first: []string{attaching("", "p", "page", "https://a.example/")}})
		synctest.Wait()
		if _, n := w.count(); n != 0 {
			t.Errorf("%d reports at once", n)
		}
		time.Sleep(readyWait)
		synctest.Wait()
		w.leave(t)
		if len(w.reports) != 1 || !strings.Contains(w.reports[0], "Attached to Chrome/1: its 1 pages") {
			t.Errorf("said: %q", w.reports)
		}
	})
}

// TestARefusal: a browser that attaches us to nothing is an error.
func TestARefusal(t *testing.T) { synctest.Test(t, aRefusal) }

func aRefusal(t *testing.T) {
	w := watch(t, &fake{refuse: "Target.setAutoAttach"})
	if err := await.Receive(t, w.ended); err == nil || errors.Is(err, ErrGone) || !strings.Contains(err.Error(), "Not allowed") {
		t.Errorf("%v", err)
	}
}

// direct is a watcher that gets events without a connection, and what came of them.
type direct struct {
	*watcher
	records, said []string
}

func newDirect(most limits) *direct {
	d := &direct{}
	d.watcher = newWatcher("Chrome/1", Feed{
		NewConn: func() uint32 { return 1 }, Snap: func() int { return 10 }, Own: func(string) bool { return false },
		Append: func(r *record.Record) { d.records = append(d.records, r.Describe()) },
		Report: func(format string, args ...any) { d.said = append(d.said, fmt.Sprintf(format, args...)) },
	}, func(string, string, any, func(error)) error { return nil })
	d.most = most
	return d
}

func (d *direct) take(events ...string) {
	for _, e := range events {
		parts := strings.SplitN(e, " ", 3)
		d.event(parts[0], parts[1], json.RawMessage(parts[2]))
	}
}

// TestBounds: what a browser can make us keep is bounded, and what is left out is said: once for targets and sockets, in its connection for a
// message whose report cannot be read.
func TestBounds(t *testing.T) { synctest.Test(t, bounds) }

func bounds(t *testing.T) {
	d := newDirect(limits{targets: 2, sockets: 3})
	defer d.stop()
	for i := range 4 {
		d.take(attaching("", fmt.Sprint("t", i), "page", strings.Repeat("u", 2*maxURL)))
	}
	for i := range 5 {
		d.take(fmt.Sprintf(`t0 Network.webSocketCreated {"requestId":"%d","url":"ws://a/"}`, i))
	}
	d.take(`t0 Network.webSocketFrameSent {"requestId":"1","response":{"opcode":2,"payloadData":"!"}}`, `t0 Network.webSocketFrameSent {"requestId":"1","response":{"opcode":77,"payloadData":""}}`,
		`t1 Network.webSocketFrameSent {"requestId":"0","response":{"opcode":1,"payloadData":"of a socket for which there is no room"}}`, "t3 "+created)
	missing := "missing: a message is missing: the browser's report of it cannot be read"
	if want := []string{"request / (ws://a) from " + strings.Repeat("u", maxURL) + "…", missing, missing}; !slices.Equal(d.records, want) {
		t.Errorf("records: %.300q", d.records)
	}
	if len(d.targets) != 2 || d.sockets != 3 || len(d.said) != 2 || !strings.Contains(d.said[0], "more than 2 pages") || !strings.Contains(d.said[1], "More than 3 WebSockets") {
		t.Errorf("%d targets, %d sockets, said: %q", len(d.targets), d.sockets, d.said)
	}
	d.take(`t0 Network.webSocketClosed {"requestId":"1","timestamp":1}`, `t0 Network.webSocketCreated {"requestId":"9","url":"ws://a/"}`)
	if d.sockets != 3 || len(d.said) != 2 {
		t.Errorf("after an end there are %d sockets, said: %q", d.sockets, d.said)
	}
	if most := newWatcher("", Feed{}, nil).most; most != (limits{maxTargets, maxSockets}) {
		t.Errorf("the limits are %+v", most)
	}
}

// TestAnEventThatIsTooLong: it is said, and in its connection if it can be found.
func TestAnEventThatIsTooLong(t *testing.T) { synctest.Test(t, anEventThatIsTooLong) }

func anEventThatIsTooLong(t *testing.T) {
	d := newDirect(limits{9, 9})
	d.take(attaching("", "p", "page", "https://a.example/"), "p "+created, "p "+asked)
	for _, begin := range []string{`{"method":"Network.webSocketFrameSent","params":{"requestId":"1","t`, `{"method":"Network.webSocketFrameSent","params":{"requestId":"2","t`, `{"method":"Network.other","params":{"requestId":"1"`} {
		d.tooLong(&cdp.TooLongError{Begin: []byte(begin), Size: 20<<20 + 1})
	}
	want := "missing: a message is missing: its event of 21 MiB is longer than 16 MiB"
	if len(d.records) != 2 || d.records[1] != want || len(d.said) != 1 {
		t.Errorf("%q, said %q", d.records, d.said)
	}
}

// TestClock: times of the browser keep their distances, and one that is out of all proportion counts as now.
func TestClock(t *testing.T) {
	now := time.Unix(1000, 0)
	var c clock
	for _, step := range []struct {
		seconds float64
		passed  time.Duration // since the step before
		want    time.Duration // after 1000 s
	}{
		{50, 0, 0},
		{50.25, time.Second, 250 * time.Millisecond},
		{51, 0, time.Second},
		{1e300, time.Second, 2 * time.Second},
		{1e300, 0, 2 * time.Second},
		{-5, 0, 2 * time.Second},
		{-4, time.Second, 3 * time.Second},
		{96, time.Hour, time.Hour + 3*time.Second},
	} {
		now = now.Add(step.passed)
		if got := c.at(step.seconds, now) - time.Unix(1000, 0).UnixNano(); got != int64(step.want) {
			t.Errorf("at %v: %v, want %v", step.seconds, time.Duration(got), step.want)
		}
	}
}

// TestWhatCannotBeAttachedTo: the error says what was found and what to do.
func TestWhatCannotBeAttachedTo(t *testing.T) {
	s := httptest.NewServer(http.NotFoundHandler())
	defer s.Close()
	for _, address := range []string{s.URL, "ws" + strings.TrimPrefix(s.URL, "http") + "/devtools/browser/7"} {
		_, err := Dial(t.Context(), address)
		if !errors.Is(err, ErrNotReached) || !strings.Contains(err.Error(), s.Listener.Addr().String()) || !strings.Contains(err.Error(), "404") || !strings.Contains(err.Error(), "--remote-debugging-port=9222") {
			t.Errorf("%s: %v", address, err)
		}
	}
	if _, err := Dial(t.Context(), "ftp://x"); !errors.Is(err, cdp.ErrNoAddress) {
		t.Error(err)
	}
}
