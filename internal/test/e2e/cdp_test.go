package e2e

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/internal/frame"
	"github.com/tetherscope/tetherscope/internal/test/await"
	"github.com/tetherscope/tetherscope/internal/test/chrome"
)

// talk makes the page hold a conversation with the echo endpoint and with a demo that ends by itself, and resolves when
// both are closed.
const talk = `(async () => {
  const closed = (ws) => new Promise((done) => { ws.onclose = () => done(); });
  const demo = new WebSocket('/ws/demo?close=4001&reason=bye&after=12&beat=10ms');
  const echo = new WebSocket('/ws/echo');
  echo.onopen = () => {
    echo.send('text'); echo.send(''); echo.send('x'.repeat(300000));
    echo.send(new Uint8Array([1, 2, 3])); echo.send(JSON.stringify({ price: 1 }).repeat(200));
  };
  let echoes = 0;
  echo.onmessage = () => { if (++echoes === 5) echo.close(1000, 'enough'); };
  await Promise.all([closed(demo), closed(echo)]);
  return true;
})()`

// cdpMessage is Network.webSocketFrameSent and …Received: "an entire WebSocket message, not just a fragmented frame as
// the name suggests", says the protocol.
type cdpMessage struct {
	RequestID string `json:"requestId"`
	Response  struct {
		Opcode      int    `json:"opcode"`
		PayloadData string `json:"payloadData"`
	} `json:"response"`
}

// line renders a message for comparing.
func line(dir record.Dir, op frame.Opcode, payload []byte) string {
	return fmt.Sprintf("%s %s %d bytes %.200q", dir, op, len(payload), payload)
}

// TestOurMessagesAreChromiums: Chromium's devtools protocol and our Messages view agree on every message of the same
// connections; and our frames show what Chromium cannot: pings, pongs, fragments, compressed sizes and the close code.
func TestOurMessagesAreChromiums(t *testing.T) {
	s := serve(t, "127.0.0.1:0")
	b := chrome.New(t)
	p := chrome.Open(t, b, s.url+"/healthz")
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	if err := p.Call(ctx, "Network.enable", map[string]any{}, nil); err != nil {
		t.Fatal(err)
	}
	sent, received := p.Events("Network.webSocketFrameSent"), p.Events("Network.webSocketFrameReceived")
	created := p.Events("Network.webSocketCreated")
	if !chrome.Get[bool](t, p, talk) {
		t.Fatal("the page did not finish its conversation")
	}

	paths := map[string]string{} // CDP's request id → URL
	for _, raw := range created() {
		var e struct{ RequestID, URL string }
		if err := json.Unmarshal(raw, &e); err != nil {
			t.Fatal(err)
		}
		paths[e.RequestID] = e.URL
	}
	for name, c := range map[string]connection{"/ws/echo": s.ended(t, "/ws/echo"), "/ws/demo": s.ended(t, "/ws/demo")} {
		for dir, events := range map[record.Dir][]json.RawMessage{record.Out: sent(), record.In: received()} {
			theirs := cdpLines(t, dir, events, func(id string) bool { return onPath(paths[id], name) })
			var ours []string
			for _, r := range finals(c.frames(dir)) {
				ours = append(ours, line(dir, opcodeOf(c, r), whole(r)))
			}
			sameLines(t, name, ours, theirs)
		}
	}
	onlyOnTheWire(t, s)
}

// whole returns a message as the application got it. The conversation's long text is longer than the snap length: its
// true length is kept, its bytes are known.
func whole(r record.Record) []byte {
	kept := r.Bytes()
	for uint64(len(kept)) < r.Inflated {
		kept = append(kept, 'x')
	}
	return kept
}

// opcodeOf returns the opcode of a message: that of its first frame.
func opcodeOf(c connection, final record.Record) frame.Opcode {
	for _, r := range c.frames(final.Dir) {
		if r.Message == final.Message {
			return r.Header.Opcode
		}
	}
	return final.Header.Opcode
}

// onlyOnTheWire: what our records of the demo hold and CDP's events do not.
func onlyOnTheWire(t *testing.T, s *running) {
	t.Helper()
	c := s.ended(t, "/ws/demo")
	count := map[string]int{}
	for _, r := range c.frames(record.In) {
		switch r.Header.Opcode {
		case frame.Ping:
			count["pings"]++
		case frame.Pong:
			count["pongs"]++
		case frame.Continuation:
			count["continuation frames"]++
		case frame.Text, frame.Binary, frame.Close:
		}
		if r.Final && r.Compressed && r.Wire < r.Inflated {
			count["messages smaller on the wire"]++
		}
	}
	for _, r := range c.frames(record.Out) {
		if r.Header.Opcode == frame.Pong && r.Header.Masked {
			count["masked pongs of the browser"]++
		}
	}
	if r := c.of(t, record.KindClose); r.Code == 4001 && r.Reason == "bye" {
		count["close codes"]++
	}
	for _, what := range []string{"pings", "pongs", "continuation frames", "messages smaller on the wire", "masked pongs of the browser", "close codes"} {
		if count[what] == 0 {
			t.Errorf("no %s were recorded: %v", what, count)
		}
	}
	t.Logf("not in Chromium's protocol: %v", count)
}

// onPath reports whether a WebSocket URL is on path.
func onPath(url, path string) bool {
	_, rest, _ := strings.Cut(strings.TrimPrefix(url, "ws://"), "/")
	rest, _, _ = strings.Cut("/"+rest, "?")
	return rest == path
}

func cdpLines(t *testing.T, dir record.Dir, events []json.RawMessage, mine func(id string) bool) (lines []string) {
	t.Helper()
	for _, raw := range events {
		var e cdpMessage
		if err := json.Unmarshal(raw, &e); err != nil {
			t.Fatal(err)
		}
		if !mine(e.RequestID) {
			continue
		}
		payload, op := []byte(e.Response.PayloadData), frame.Opcode(e.Response.Opcode)
		if op != frame.Text {
			decoded, err := base64.StdEncoding.DecodeString(e.Response.PayloadData)
			if err != nil {
				t.Fatal(err)
			}
			payload = decoded
		}
		lines = append(lines, line(dir, op, payload))
	}
	return lines
}

func sameLines(t *testing.T, name string, ours, theirs []string) {
	t.Helper()
	for i := range max(len(ours), len(theirs)) {
		if i >= len(ours) || i >= len(theirs) || ours[i] != theirs[i] {
			t.Fatalf("%s: %d messages of ours, %d of Chromium's; they differ at %d:\nours     %v\nChromium %v",
				name, len(ours), len(theirs), i, ours[min(i, len(ours)):], theirs[min(i, len(theirs)):])
		}
	}
	t.Logf("%s: %d messages are the same", name, len(ours))
}

// ended waits until a connection to path has ended, and returns it.
func (s *running) ended(t *testing.T, path string) connection {
	t.Helper()
	var found connection
	await.Until(t, "the end of a connection to "+path+" is recorded", func() bool {
		for _, c := range s.all() {
			if c[0].Name == path && c.last().Kind == record.KindEnd {
				found = c
			}
		}
		return found != nil
	})
	return found
}
