// These tests prove that each script does what the package documentation says, seen by a client that is not ours.
package wstest_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"go.uber.org/goleak"

	"github.com/tetherscope/tetherscope/internal/test/await"
	"github.com/tetherscope/tetherscope/internal/test/wstest"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("net/http.(*persistConn).readLoop"), goleak.IgnoreAnyFunction("net/http.(*persistConn).writeLoop"))
}

// visit dials a script and returns the messages it sent and how the connection ended. A script that stays is left a moment
// after that many messages.
func visit(t *testing.T, s *wstest.Server, path string, stays bool, after int) (messages []string, end error) {
	t.Helper()
	patience, moment := 2*time.Minute, 300*time.Millisecond
	if stays && after == 0 {
		patience = moment
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	c, _, err := websocket.Dial(ctx, s.URL+path, nil)
	if err != nil {
		return nil, err
	}
	defer c.CloseNow()
	for {
		if stays && len(messages) == after {
			ctx, cancel = context.WithTimeout(ctx, moment)
			defer cancel()
		}
		_, p, err := c.Read(ctx)
		if err != nil {
			return messages, err
		}
		messages = append(messages, string(p))
	}
}

func TestEachScriptEndsAsItsPathSays(t *testing.T) {
	s := wstest.Start()
	defer s.Close()
	for _, test := range []struct {
		path, messages, end string
		code                websocket.StatusCode
	}{
		{"/close?n=3&code=4001&reason=token+expired", "0 1 2", "token expired", 4001},
		{"/close?code=0", "", "StatusNoStatusRcvd", 1005},
		{"/drop?n=2", "0 1", "EOF", -1},
		{"/drop?n=1&rst=1", "", "", -1},
		{"/push?n=2&size=3", "xxx xxx", "context deadline", -1},
		{"/refuse?status=403", "", "403", -1},
		{"/plain", "", "200", -1},
		{"/nonsense", "", "404", -1},
		{"/bad-accept", "", "Sec-WebSocket-Accept", -1},
		{"/badframe?n=1", "0", "rsv", -1},
		{"/stall", "", "context deadline", -1},
	} {
		t.Run(test.path, func(t *testing.T) {
			messages, end := visit(t, s, test.path, strings.HasPrefix(test.end, "context"), len(strings.Fields(test.messages)))
			if !strings.HasPrefix(strings.Join(messages, " "), test.messages) || end == nil || !strings.Contains(end.Error(), test.end) {
				t.Errorf("sent %q and ended with %v", messages, end)
			}
			if got := websocket.CloseStatus(end); got != test.code {
				t.Errorf("close code %d, want %d", got, test.code)
			}
		})
	}
}

func TestEchoReturnsAndCounts(t *testing.T) {
	s := wstest.Start()
	defer s.Close()
	ctx := t.Context()
	c, _, err := websocket.Dial(ctx, s.URL+"/echo?key=a", &websocket.DialOptions{Subprotocols: []string{"one", "two"}})
	if err != nil {
		t.Fatal(err)
	}
	if c.Subprotocol() != "one" {
		t.Errorf("subprotocol %q, want the first offered", c.Subprotocol())
	}
	c.SetReadLimit(1 << 20)
	for _, size := range []int{0, 1, 125, 126, 65535, 65536, 300_000} {
		want := strings.Repeat("z", size)
		if err := c.Write(ctx, websocket.MessageText, []byte(want)); err != nil {
			t.Fatal(err)
		}
		if _, got, err := c.Read(ctx); err != nil || string(got) != want {
			t.Fatalf("size %d came back as %d bytes, %v", size, len(got), err)
		}
	}
	if err := c.Close(4000, "done"); err != nil {
		t.Error(err)
	}
	st := s.Stats("a")
	if st.Accepted != 1 || st.Messages != 7 || len(st.Closes) != 1 || st.Closes[0] != (wstest.Close{Code: 4000, Reason: "done"}) {
		t.Errorf("stats %+v", st)
	}
}

func TestFlakyRefusesThenAccepts(t *testing.T) {
	s := wstest.Start()
	defer s.Close()
	var story []string
	for range 3 {
		c, _, err := websocket.Dial(t.Context(), s.URL+"/flaky?key=k&fail=2", nil)
		if err != nil {
			story = append(story, "refused")
			continue
		}
		story = append(story, "open")
		c.CloseNow()
	}
	if got := strings.Join(story, " "); got != "refused refused open" {
		t.Error(got)
	}
}

func TestNeverCloseAndBlackHoleKeepTheConnection(t *testing.T) {
	s := wstest.Start()
	defer s.Close()
	for _, path := range []string{"/never-close?key=n", "/blackhole?key=n", "/badframe-on-close?key=n"} {
		c, _, err := websocket.Dial(t.Context(), s.URL+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		if _, _, err := c.Read(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%s: read returned %v", path, err)
		}
		cancel()
	}
}

// TestAskedScriptsWaitForTheirRelease: a connection with ask=1 goes on when the release of its key is requested, and not when that of another is;
// who has the handshake's answer is counted.
func TestAskedScriptsWaitForTheirRelease(t *testing.T) {
	s := wstest.Start()
	defer s.Close()
	defer http.DefaultClient.CloseIdleConnections()
	for _, script := range []string{"close", "drop"} {
		c, _, err := websocket.Dial(t.Context(), s.URL+"/"+script+"?ask=1&code=4001&key="+script, nil)
		if err != nil {
			t.Fatal(err)
		}
		if st := s.Stats(script); st.Accepted != 1 || st.Live != 1 {
			t.Errorf("%s: with the answer in hand the counts are %+v", script, st)
		}
		ended := make(chan error, 1)
		go func() {
			_, _, err := c.Read(t.Context())
			ended <- err
		}()
		for _, key := range []string{"another", script} {
			select {
			case err := <-ended:
				t.Fatalf("%s: ended before its release: %v", script, err)
			default:
			}
			resp, err := http.Get("http" + strings.TrimPrefix(s.URL, "ws") + "/release?key=" + key)
			if err != nil {
				t.Fatal(err)
			}
			_ = resp.Body.Close()
		}
		if err := await.Receive(t, ended); script == "close" && websocket.CloseStatus(err) != 4001 {
			t.Errorf("ended with %v", err)
		}
	}
}

func TestStatsOverHTTP(t *testing.T) {
	s := wstest.Start()
	defer s.Close()
	defer http.DefaultClient.CloseIdleConnections()
	resp, err := http.Get("http" + strings.TrimPrefix(s.URL, "ws") + "/stats?key=none")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var st wstest.Stats
	if err := json.NewDecoder(resp.Body).Decode(&st); err != nil || st.Closes == nil || st.Live != 0 {
		t.Errorf("%+v, %v", st, err)
	}
	if resp.Header.Get("Access-Control-Allow-Origin") != "*" {
		t.Error("a page of another origin cannot read the statistics")
	}
}
