package cdp

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/coder/websocket"

	"github.com/tetherscope/tetherscope/internal/test/await"
)

// serve is a browser: talk gets its WebSocket.
func serve(t *testing.T, talk func(context.Context, *websocket.Conn)) *httptest.Server {
	t.Helper()
	mux := http.NewServeMux()
	mux.HandleFunc("/json/version", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `{"Browser":"Chrome/1","webSocketDebuggerUrl":"ws://elsewhere.invalid:1/devtools/browser/7"}`)
	})
	mux.HandleFunc("/devtools/browser/7", func(w http.ResponseWriter, r *http.Request) {
		c, err := websocket.Accept(w, r, nil)
		if err != nil {
			return
		}
		defer c.CloseNow()
		talk(r.Context(), c)
	})
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	return s
}

// connect finds the browser at an address, and connects.
func connect(t *testing.T, address string) *Conn {
	t.Helper()
	u, err := ParseAddress(address)
	if err != nil {
		t.Fatal(err)
	}
	target, err := Find(await.Context(t), u)
	if err != nil {
		t.Fatal(err)
	}
	transport, err := Dial(await.Context(t), target)
	if err != nil {
		t.Fatal(err)
	}
	c := New(transport)
	t.Cleanup(func() { c.Close(errors.New("the test is over")) })
	return c
}

// TestConversation: replies go to their calls, refusals are errors, events come in order, an event that is too long is passed over and said, and
// a browser that leaves ends the calls that wait. The host that the browser names is not believed.
func TestConversation(t *testing.T) {
	s := serve(t, func(ctx context.Context, c *websocket.Conn) {
		say := func(text string) { _ = c.Write(ctx, websocket.MessageText, []byte(text)) }
		for range 3 {
			if _, _, err := c.Read(ctx); err != nil {
				return
			}
		}
		say(`{"method":"A.b","params":{"n":1},"sessionId":"s"}`)
		say(`{"method":"` + strings.Repeat("x", MaxMessage) + `"}`)
		say(`{"method":"A.b","params":{"n":2},"sessionId":"s"}`)
		say(`{"id":3,"error":{"code":-1,"message":"no"}}`)
		say(`{"id":2,"result":{}}`)
		say(`{"id":1,"result":{"product":"Chrome/1"}}`)
		_, _, _ = c.Read(ctx) // the fourth command has no reply
	})
	c := connect(t, strings.TrimPrefix(s.URL, "http://"))
	var seen []string
	c.Observe(Observer{
		Event:   func(session, method string, p json.RawMessage) { seen = append(seen, session+" "+method+" "+string(p)) },
		TooLong: func(e *TooLongError) { seen = append(seen, fmt.Sprint(len(e.Begin), " of ", e.Size)) },
	})
	type reply struct{ Product string }
	got := make(chan reply, 1)
	failed := make(chan error, 4)
	go func() {
		var r reply
		failed <- c.Call(await.Context(t), "", "Browser.getVersion", nil, &r)
		got <- r
	}()
	await.Until(t, "the first command waits", func() bool { c.mu.Lock(); defer c.mu.Unlock(); return c.id == 1 })
	posted := make(chan error, 2)
	for range 2 {
		if err := c.Post("s", "A.c", map[string]int{"x": 1}, func(err error) { posted <- err }); err != nil {
			t.Fatal(err)
		}
	}
	var refused *Error
	if err := await.Receive(t, posted); !errors.As(err, &refused) || refused.Message != "no" || refused.Method != "A.c" {
		t.Errorf("a refusal is %v", err)
	}
	if err := await.Receive(t, posted); err != nil {
		t.Error(err)
	}
	if err := await.Receive(t, failed); err != nil || await.Receive(t, got).Product != "Chrome/1" {
		t.Errorf("the call: %v", err)
	}
	want := fmt.Sprintf("[s A.b {\"n\":1} %d of %d s A.b {\"n\":2}]", maxBegin, MaxMessage+13)
	if fmt.Sprint(seen) != want {
		t.Errorf("saw %.300s, want %s", fmt.Sprint(seen), want)
	}
	if err := c.Call(await.Context(t), "", "A.d", nil, nil); err == nil || c.Err() == nil {
		t.Errorf("a browser that leaves: %v, %v", err, c.Err())
	}
	await.Closed(t, c.Done())
}

// TestUnansweredCommandsAreBounded: a browser that answers nothing cannot make us keep more and more.
func TestUnansweredCommandsAreBounded(t *testing.T) {
	r, _ := io.Pipe()
	c := New(&silent{r})
	defer c.Close(io.EOF)
	for range maxWaiting {
		if err := c.Post("", "A.b", nil, func(error) {}); err != nil {
			t.Fatal(err)
		}
	}
	if err := c.Post("", "A.b", nil, func(error) {}); err == nil {
		t.Error("one more was taken")
	}
}

// silent is a browser that says nothing.
type silent struct{ r *io.PipeReader }

func (s *silent) Read() ([]byte, error) {
	_, err := s.r.Read(make([]byte, 1)) // until Close
	return nil, err
}
func (s *silent) Write([]byte) error { return nil }
func (s *silent) Close() error       { return s.r.Close() }

// TestAddresses: what is taken as an address, and as what.
func TestAddresses(t *testing.T) {
	for text, want := range map[string]string{
		"127.0.0.1:9222": "ws://127.0.0.1:9222", "ws://a:1/": "ws://a:1", "http://a:1/json/version": "ws://a:1", "https://a?token=x": "wss://a?token=x",
		"ws://a:1/devtools/browser/7": "ws://a:1/devtools/browser/7", "[::1]:9222": "ws://[::1]:9222", "ws://a/devtools/browser": "ws://a/devtools/browser",
	} {
		if u, err := ParseAddress(text); err != nil || u.String() != want {
			t.Errorf("%q is %v, %v; want %q", text, u, err, want)
		}
	}
	for _, text := range []string{"", "ftp://a", "ws://", "ws://a/devtools/page/7", "a:b:c", "\x1b[2J", "ws://u:secret\x7f@a"} {
		if u, err := ParseAddress(text); !errors.Is(err, ErrNoAddress) || strings.Contains(fmt.Sprint(err), "secret") {
			t.Errorf("%q is %v, %v", text, u, err)
		}
	}
}

// TestWhatIsNoBrowser: each answer that is not a browser's is an error that says so, no redirection is followed, and no error has the query.
func TestWhatIsNoBrowser(t *testing.T) {
	answers := map[string]http.HandlerFunc{
		"HTTP 404": http.NotFound,
		"no JSON":  func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "<html>") },
		"HTTP 302": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://elsewhere.invalid/", http.StatusFound)
		},
		"names no": func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, `{"webSocketDebuggerUrl":"ws://a/b"}`)
		},
		"no JSON ": func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, `{"a":"`+strings.Repeat("x", 2*maxVersion)+`"}`)
		},
	}
	for want, answer := range answers {
		s := httptest.NewServer(answer)
		u, err := ParseAddress(s.URL + "?token=secret")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := Find(await.Context(t), u); err == nil || !strings.Contains(err.Error(), strings.TrimSpace(want)) || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: %v", want, err)
		}
		s.Close()
		if _, err := Find(await.Context(t), u); err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("a closed port: %v", err)
		}
		if _, err := Dial(await.Context(t), "ws"+strings.TrimPrefix(s.URL, "http")+"/?token=secret"); err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("a WebSocket to a closed port: %v", err)
		}
	}
}
