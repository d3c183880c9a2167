package app_test

import (
	"compress/flate"
	"fmt"
	"net/http"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/tetherscope/tetherscope/internal/app"
	"github.com/tetherscope/tetherscope/internal/frame"
	"github.com/tetherscope/tetherscope/internal/test/await"
	"github.com/tetherscope/tetherscope/wasm/chat"
)

// growth returns by how many bytes the live heap grew at most while attack ran, both ends counted. What is allocated while a collection runs counts
// as live until the next one, and on a slow machine that is much: what two collections in a row found is held.
func growth(t *testing.T, attack func()) int64 {
	t.Helper()
	defer debug.SetGCPercent(debug.SetGCPercent(5)) // so that garbage hides nothing
	runtime.GC()
	sample := []metrics.Sample{{Name: "/gc/heap/live:bytes"}, {Name: "/gc/cycles/total:gc-cycles"}}
	heap := func() (live int64, collections uint64) {
		metrics.Read(sample)
		return int64(sample[0].Value.Uint64()), sample[1].Value.Uint64()
	}
	base, collections := heap()
	before, peak := base, base
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		for {
			if live, now := heap(); now != collections {
				peak = max(peak, min(before, live))
				before, collections = live, now
			}
			select {
			case <-stop:
				return
			case <-time.After(time.Millisecond):
			}
		}
	}()
	attack()
	close(stop)
	await.Closed(t, stopped)
	return peak - base
}

// bomb is a compressed message of some 260 KB that inflates to 256 MB: a flushed block of 1 MB, 256 times.
func bomb(t *testing.T) string {
	t.Helper()
	var b strings.Builder
	w, err := flate.NewWriter(&b, flate.BestCompression)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(make([]byte, 1<<20)); err != nil {
		t.Fatal(err)
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	return fr(frame.Binary, strings.TrimSuffix(strings.Repeat(b.String(), 256), "\x00\x00\xff\xff"), rsv(frame.RSV1))
}

// flood sends first, and then total times what follows, in pieces: neither end holds all of it.
func flood(first, again string, total int) func(*raw) {
	const piece = 1000
	chunk := []byte(strings.Repeat(again, piece))
	return func(c *raw) {
		c.send([]byte(first), 0)
		for range total / piece {
			if _, err := c.conn.Write(chunk); err != nil {
				return
			}
		}
	}
}

// once sends all at once.
func once(sent string) func(*raw) { return flood(sent, "", 0) }

// TestHostileClients: each gets the promised answer, costs less than 2 MB, and leaves a server that serves the next.
func TestHostileClients(t *testing.T) {
	const limit = 256 << 10
	n := start(t, app.Config{Limits: app.Limits{BinaryBytes: limit, Messages: 1000, AddressDials: 10000, AddressMessages: 10000}})
	plain := rawRequest("/ws/bin", nil)
	deflate := rawRequest("/ws/bin", func(h http.Header) { h["Sec-Websocket-Extensions"] = []string{"permessage-deflate"} })
	for name, c := range map[string]struct {
		request string
		attack  func(*raw)
		want    string
	}{
		"256 MB in 260 KB":              {deflate, once(bomb(t)), "close 1009"},
		"no deflate stream":             {deflate, once(fr(frame.Binary, "\xff\xff\xff\xff", rsv(frame.RSV1))), "close 1002"},
		"a message at the limit":        {plain, once(fr(frame.Binary, strings.Repeat("x", limit))), "binary x"},
		"a message over the limit":      {plain, once(fr(frame.Binary, strings.Repeat("x", limit+1))), "close 1009"},
		"the same in two fragments":     {plain, once(fr(frame.Binary, strings.Repeat("x", limit), more) + fr(frame.Continuation, "x")), "close 1009"},
		"64 MB":                         {plain, flood(lying(frame.Binary, 64<<20), strings.Repeat("x", 64), 1<<20), "close 1009"},
		"2^62 bytes declared":           {plain, once(lying(frame.Binary, 1<<62)), "close 1009"},
		"a million empty fragments":     {plain, flood(fr(frame.Binary, "", more), fr(frame.Continuation, "", more), 1e6), "close 1009"},
		"a million fragments of a byte": {plain, flood(fr(frame.Binary, "", more), fr(frame.Continuation, "a", more), 1e6), "close 1009"},
	} {
		grew := growth(t, func() {
			peer := rawDial(t, n, c.request)
			done := make(chan struct{})
			go func() {
				defer close(done)
				c.attack(peer)
			}()
			if got := peer.next(); !strings.HasPrefix(got, c.want) {
				t.Errorf("%s: got %.40q, want %s", name, got, c.want)
			}
			peer.conn.Close()
			await.Closed(t, done)
		})
		if grew > 2<<20 {
			t.Errorf("%s: the heap grew by %d bytes", name, grew)
		}
		checkFrames(t, n, fr(frame.Binary, "next"), []string{"binary next"}, 0)
	}
}

// TestPingFloodIsBackPressure: 80,000 pings by a client that reads no pong make the server stop reading, not grow.
func TestPingFloodIsBackPressure(t *testing.T) {
	n := start(t, app.Config{})
	pings := flood("", fr(frame.Ping, strings.Repeat("x", 125)), 80000)
	grew := growth(t, func() {
		peer := rawDial(t, n, rawRequest("/ws/bin", nil))
		if err := peer.conn.SetWriteDeadline(time.Now().Add(2 * time.Second)); err != nil {
			t.Fatal(err)
		}
		pings(peer)
		peer.conn.Close()
	})
	if grew > 2<<20 {
		t.Errorf("the heap grew by %d bytes", grew)
	}
	checkFrames(t, n, fr(frame.Binary, "next"), []string{"binary next"}, 0)
}

// TestSlowReadersAreDisconnected: a client that does not read is dropped, after a bounded backlog, and no other waits for it.
func TestSlowReadersAreDisconnected(t *testing.T) {
	n := start(t, app.Config{
		WriteTimeout: 2 * time.Second,
		Limits:       app.Limits{Messages: 100000, AddressMessages: 100000, OutboxBytes: 256 << 10},
	})
	slow := rawDial(t, n, rawRequest("/ws/chat?token="+n.token("sloth", time.Hour), nil))
	ada, bob := n.join("ada"), n.join("bob")
	text := strings.Repeat("x", chat.MaxMessage)
	for end := time.Now().Add(patience); !strings.Contains(n.log.String(), `"user":"sloth","path":"/ws/chat","by":"server","code":1013`); {
		if time.Now().After(end) {
			t.Fatalf("a client that does not read is still there after %v; it may block one write for 2 s", patience)
		}
		ada.say(message{"type": "chat", "message": text})
		for _, p := range []*peer{ada, bob} {
			p.expect(chat.TypeChat)
		}
	}
	slow.conn.Close()
	bob.silent()
}

// TestHeaderFlood: 2,000 headers are served or refused, and the server lives.
func TestHeaderFlood(t *testing.T) {
	n := start(t, app.Config{})
	status := rawDialMayFail(t, n, rawRequest("/ws/bin", func(h http.Header) {
		for i := range 2000 {
			h[fmt.Sprintf("X-%d", i)] = []string{"y"}
		}
	}))
	if status != 101 && status/100 != 4 {
		t.Errorf("HTTP %d", status)
	}
	checkFrames(t, n, fr(frame.Binary, "next"), []string{"binary next"}, 0)
}

// TestDeflateParameters: an offer that the server cannot meet is declined or refused; what it answers is always without
// context takeover, both ways.
func TestDeflateParameters(t *testing.T) {
	n := start(t, app.Config{Limits: app.Limits{AddressDials: 10000}})
	agreed := "permessage-deflate; client_no_context_takeover; server_no_context_takeover"
	alt := "permessage-deflate; server_no_context_takeover; client_no_context_takeover"
	for offer, must := range map[string]string{
		"permessage-deflate": "agreed", "permessage-deflate; client_max_window_bits": "agreed",
		"permessage-deflate; server_max_window_bits=15": "declined", "permessage-deflate; client_no_context_takeover": "agreed",
		"permessage-deflate; server_max_window_bits=0": "declined", "permessage-deflate; server_max_window_bits=7": "declined",
		"permessage-deflate; server_max_window_bits=16": "declined", "permessage-deflate; server_max_window_bits=99": "declined",
		"permessage-deflate; client_max_window_bits=0": "declined", "permessage-deflate; client_max_window_bits=7": "declined",
		"permessage-deflate; client_max_window_bits=16": "declined", "permessage-deflate; client_max_window_bits=99": "declined",
		"permessage-deflate; client_max_window_bits=x": "declined", "permessage-deflate; client_max_window_bits=8": "agreed",
		"permessage-deflate; server_no_context_takeover; server_no_context_takeover": "declined",
		"permessage-deflate; server_max_window_bits=x":                               "declined", "permessage-deflate; nonsense": "declined", "": "declined",
	} {
		c := rawDial(t, n, rawRequest("/ws/bin", func(h http.Header) { h["Sec-Websocket-Extensions"] = []string{offer} }))
		got := c.header.Get("Sec-WebSocket-Extensions")
		if must == "agreed" && got != agreed && got != alt || must == "declined" && (c.status == 101 && got != "") {
			t.Errorf("%q: HTTP %d %q, should be %s", offer, c.status, got, must)
		}
		c.conn.Close()
	}
}

// TestCompressionFrom1024Bytes: one byte less goes out as it is.
func TestCompressionFrom1024Bytes(t *testing.T) {
	n := start(t, app.Config{})
	request := rawRequest("/ws/bin", func(h http.Header) { h["Sec-Websocket-Extensions"] = []string{"permessage-deflate"} })
	for size, compressed := range map[int]bool{1023: false, 1024: true} {
		c := rawDial(t, n, request)
		c.send([]byte(fr(frame.Binary, strings.Repeat("x", size))), 0)
		first, err := c.r.ReadByte()
		if err != nil || first&0x40 != 0 != compressed {
			t.Errorf("%d bytes: first byte %#x, %v", size, first, err)
		}
		c.conn.Close()
	}
}

// TestNoTokenComesBack: whatever way a token takes to the server, and whether it is right or wrong, no answer holds it: nothing
// that compression could give away stands beside text that another user chose.
func TestNoTokenComesBack(t *testing.T) {
	n := start(t, app.Config{})
	good := n.token("ada", time.Hour)
	bad := good[:len(good)-8] + "AAAAAAAA"
	for _, token := range []string{good, bad} {
		for path, first := range map[string]string{
			"/ws/chat?token=" + token: "", "/ws/chat": "", "/ws/chat?auth=message": `{"type":"auth","token":"` + token + `"}`,
		} {
			c := rawDial(t, n, rawRequest(path, func(h http.Header) {
				h["Sec-Websocket-Extensions"] = []string{"permessage-deflate"}
				if path == "/ws/chat" {
					h["Sec-Websocket-Protocol"] = []string{"tetherscope.chat.v1, token." + token}
				}
			}))
			if first != "" {
				c.send([]byte(fr(frame.Text, first)), 0)
			}
			answer := c.next()
			if all := fmt.Sprint(c.header, answer); strings.Contains(all, token[:20]) {
				t.Errorf("%.20s: the answer holds the token: %s", path, all)
			}
			if token == good && !strings.HasPrefix(answer, `text {"type":"welcome"`) {
				t.Errorf("%.20s: %s", path, answer)
			}
			c.conn.Close()
		}
	}
}

// TestLogInjection: whatever a client puts into its origin, its path, its name and its close reason, each event is one line of
// JSON without a control character.
func TestLogInjection(t *testing.T) {
	n := start(t, app.Config{DevTokens: true})
	for name, status := range map[string]int{`ada\r\nlevel=ERROR`: 400, `\u001b[31mada`: 400, `ada\",\"level\":\"ERROR`: 200} {
		if got := n.devLogin(name); got != status {
			t.Errorf("the name %s is answered with %d, not %d", name, got, status)
		}
	}
	n.join(`ada","level":"ERROR`) // a name that may be: it is quoted
	for _, evil := range []string{"http://evil\x1b[2J.test", "http://evil\u2028.test", `http://evil","level":"ERROR`} {
		c := rawDial(t, n, rawRequest("/ws/chat", func(h http.Header) { h["Origin"] = []string{evil} }))
		_ = c.next()
		c.conn.Close()
	}
	c := rawDial(t, n, rawRequest("/ws/bin?x=%0d%0aevil", nil))
	c.send([]byte(closing(1000, "bye\r\n{\"level\":\"ERROR\"}\x1b[31m")), 0)
	_ = c.next()
	eventually(t, "closed is logged", func() bool { return strings.Contains(n.log.String(), `"by":"client","code":1000`) })
	events := 0
	for line := range strings.Lines(n.log.String()) {
		events++
		if !validJSON(line) || strings.ContainsFunc(strings.TrimSuffix(line, "\n"), func(r rune) bool { return r < ' ' || r == 0x7f || r == '\u2028' }) {
			t.Errorf("%q", line)
		}
		if strings.Contains(line, `"level":"ERROR"`) {
			t.Errorf("forged: %s", line)
		}
	}
	if events < 4 {
		t.Errorf("%d lines:\n%s", events, n.log)
	}
}

// devLogin asks for a token for a user, written as in JSON, and returns the status of the answer.
func (n *node) devLogin(user string) int {
	n.t.Helper()
	r, err := http.NewRequestWithContext(n.t.Context(), http.MethodPost, n.url+"/app/dev-token", strings.NewReader(`{"user":"`+user+`"}`))
	if err != nil {
		n.t.Fatal(err)
	}
	r.Header.Set("Origin", origin)
	r.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		n.t.Fatal(err)
	}
	res.Body.Close()
	return res.StatusCode
}

// TestLeavingWhileWriting: three ways to leave while messages are under way, many times: nothing hangs, nothing is left (goleak).
func TestLeavingWhileWriting(t *testing.T) {
	rounds := 100
	if testing.Short() {
		rounds = 20
	}
	n := start(t, app.Config{Limits: app.Limits{AddressDials: 100000, AddressMessages: 1000000, Messages: 1000}})
	for i := range rounds {
		p := n.join("ada")
		done := make(chan struct{})
		go func() {
			defer close(done)
			for err := error(nil); err == nil; {
				err = p.conn.Write(t.Context(), websocket.MessageText, []byte(`{"type":"echo","message":"x"}`))
			}
		}()
		switch i % 3 {
		case 0:
			p.conn.CloseNow()
		case 1:
			go func() { _ = p.conn.Close(websocket.StatusNormalClosure, "") }()
			p.closed()
		case 2:
			_, _ = p.read()
			p.conn.CloseNow()
		}
		await.Closed(t, done)
	}
	eventually(t, "all are gone", func() bool { return strings.Count(n.log.String(), `"msg":"closed"`) == rounds })
}
