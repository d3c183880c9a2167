// These tests prove that a tapped connection carries exactly the bytes of an untapped one, that the records say what
// passed in the order in which it happened, and that no credential of a handshake reaches a record.
package tap

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/internal/capture/redact"
	"github.com/tetherscope/tetherscope/internal/frame"
	"github.com/tetherscope/tetherscope/internal/test/await"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// memory is a sink that keeps copies, unmasked.
type memory struct {
	mu   sync.Mutex
	list []record.Record
}

func (m *memory) Append(r *record.Record) {
	m.mu.Lock()
	defer m.mu.Unlock()
	r = r.Unmasked()
	c := *r
	c.Payload, c.Head, c.Transits = bytes.Clone(r.Payload), bytes.Clone(r.Head), slices.Clone(r.Transits)
	if r.Body != nil {
		c.Body = append([]byte{}, r.Body...)
	}
	m.list = append(m.list, c)
}

func (m *memory) AppendRun(r *record.Run) { r.Each(m.Append) }

// untilEnd returns the records once the ends of n connections are recorded.
func (m *memory) untilEnd(t *testing.T, n int) []record.Record {
	t.Helper()
	var list []record.Record
	await.Until(t, "the records of the ends of connections", func() bool {
		m.mu.Lock()
		defer m.mu.Unlock()
		ends := 0
		for _, r := range m.list {
			if r.Kind == record.KindEnd {
				ends++
			}
		}
		list = slices.Clone(m.list)
		return ends >= n
	})
	return list
}

// story is what was recorded, one word or two for each record.
func (m *memory) story() string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return story(m.list)
}

func story(list []record.Record) string {
	var words []string
	for _, r := range list {
		w := r.Kind.String()
		switch r.Kind {
		case record.KindFrame:
			w = fmt.Sprintf("%s:%s:%s", r.Dir, r.Header.Opcode, r.Payload)
			if r.Truncated {
				w += ":cut"
			}
		case record.KindClose:
			w = fmt.Sprintf("close:%d:%s:%s:%t", r.Code, r.By, r.Reason, r.Clean)
		case record.KindEnd:
			w = "end:" + r.By.String()
		case record.KindResponse:
			w = "response:" + string(r.Head[9:12])
		case record.KindRequest, record.KindBroken, record.KindNote, record.KindTransit:
		}
		words = append(words, w)
	}
	return strings.Join(words, " ")
}

// upgrade is a handler that answers the handshake by WriteHeader, as coder/websocket does, and then plays a script.
func upgrade(script func(c net.Conn, brw *bufio.ReadWriter)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Upgrade", "websocket")
		w.Header().Set("Connection", "Upgrade")
		w.Header().Set("Sec-WebSocket-Accept", frame.AcceptKey(r.Header.Get("Sec-WebSocket-Key")))
		w.WriteHeader(http.StatusSwitchingProtocols)
		c, brw, err := http.NewResponseController(w).Hijack()
		if err != nil {
			panic(err)
		}
		defer func() { _ = c.Close() }()
		script(c, brw)
	})
}

// byHand is a handler that hijacks first and writes the response itself, as other libraries do.
func byHand(script func(c net.Conn, brw *bufio.ReadWriter)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		c, brw, err := http.NewResponseController(w).Hijack()
		if err != nil {
			panic(err)
		}
		defer func() { _ = c.Close() }()
		head := "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"
		if _, err := io.WriteString(c, head[:20]); err != nil {
			panic(err)
		}
		if _, err := io.WriteString(c, head[20:]); err != nil {
			panic(err)
		}
		script(c, brw)
	})
}

const request = "GET /ws?x=1&token=SECRET HTTP/1.1\r\nhost: example.test\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
	"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\nX-odd-CASE: kept\r\nCookie: id=SECRET\r\n\r\n"

// how is a way to run a tapped server.
type how struct {
	name   string
	listen bool // through Listen and ConnContext
	tls    bool
	wrap   func(func(net.Conn, *bufio.ReadWriter)) http.Handler
}

var hows = []how{
	{"plain", false, false, upgrade},
	{"by hand", false, false, byHand},
	{"exact heads", true, false, upgrade},
	{"exact heads by hand", true, false, byHand},
	{"TLS", false, true, upgrade},
	{"TLS with exact heads", true, true, upgrade},
}

// serve starts a tapped server and connects to it.
func (h how) serve(t *testing.T, tap *Tap, script func(net.Conn, *bufio.ReadWriter)) net.Conn {
	t.Helper()
	srv := httptest.NewUnstartedServer(tap.Handler("/ws", h.wrap(script)))
	addr := srv.Listener.Addr().String()
	insecure := &tls.Config{InsecureSkipVerify: true}
	switch {
	case h.listen && h.tls:
		certs := httptest.NewTLSServer(nil)
		cfg := &tls.Config{Certificates: certs.TLS.Certificates}
		certs.Close()
		srv.Listener = Listen(tls.NewListener(srv.Listener, cfg))
		srv.Config.ConnContext = ConnContext
		srv.Start()
	case h.tls:
		srv.StartTLS()
	case h.listen:
		srv.Listener = Listen(srv.Listener)
		srv.Config.ConnContext = ConnContext
		srv.Start()
	default:
		srv.Start()
	}
	t.Cleanup(srv.Close)
	var c net.Conn
	var err error
	if h.tls {
		c, err = tls.Dial("tcp", addr, insecure)
	} else {
		c, err = net.Dial("tcp", addr)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	_ = c.SetDeadline(time.Now().Add(await.Limit))
	return c
}

// readAll reads to the end.
func readAll(t *testing.T, r io.Reader) (b []byte, err error) {
	t.Helper()
	await.Return(t, "the end of a stream", func() { b, err = io.ReadAll(r) })
	return b, err
}

// readFull fills b.
func readFull(t *testing.T, r io.Reader, b []byte) (n int, err error) {
	t.Helper()
	await.Return(t, fmt.Sprintf("%d bytes", len(b)), func() { n, err = io.ReadFull(r, b) })
	return n, err
}

// readHead reads the response's head.
func readHead(t *testing.T, r *bufio.Reader) string {
	t.Helper()
	var head strings.Builder
	for !strings.HasSuffix(head.String(), "\r\n\r\n") {
		b, err := r.ReadByte() // with the deadline of serve
		if err != nil {
			t.Fatalf("the response ended after %q: %v", head.String(), err)
		}
		head.WriteByte(b)
	}
	return head.String()
}

func masked(op frame.Opcode, payload string) []byte {
	return frame.AppendFrame(nil, frame.Header{Fin: true, Masked: true, Key: [4]byte{1, 2, 3, 4}, Opcode: op}, []byte(payload))
}

func plain(op frame.Opcode, payload string) []byte {
	return frame.AppendFrame(nil, frame.Header{Fin: true, Opcode: op}, []byte(payload))
}

// TestFramesAreRecordedInOrder: whatever way the server upgrades, over TLS or not, the records are the same; frames that
// the client sent right behind its request, and which net/http had read already, are part of it.
func TestFramesAreRecordedInOrder(t *testing.T) {
	for _, h := range hows {
		t.Run(h.name, func(t *testing.T) {
			var sink memory
			c := h.serve(t, New(Config{Sink: &sink, LeaveMasked: true}), func(c net.Conn, brw *bufio.ReadWriter) {
				in := make([]byte, len(masked(frame.Text, "early")))
				if _, err := io.ReadFull(brw, in); err != nil {
					t.Errorf("the early frame did not reach the handler: %v", err)
				}
				_, _ = c.Write(plain(frame.Ping, "p"))
				_, _ = io.ReadFull(brw, make([]byte, len(masked(frame.Pong, "p"))+len(masked(frame.Close, "\x0f\xa1bye"))))
				_, _ = brw.Write(plain(frame.Close, "\x0f\xa1"))
				_ = brw.Flush()
			})
			if _, err := c.Write(append([]byte(request), masked(frame.Text, "early")...)); err != nil {
				t.Fatal(err)
			}
			r := bufio.NewReader(c)
			readHead(t, r)
			if _, err := readFull(t, r, make([]byte, 3)); err != nil {
				t.Fatal(err)
			}
			_, _ = c.Write(append(masked(frame.Pong, "p"), masked(frame.Close, "\x0f\xa1bye")...))
			if rest, err := readAll(t, r); err != nil || !bytes.Equal(rest, plain(frame.Close, "\x0f\xa1")) {
				t.Errorf("the client read %x, %v", rest, err)
			}
			sink.untilEnd(t, 1)
			want := "request response:101 out:text:early in:ping:p out:pong:p out:close:\x0f\xa1bye in:close:\x0f\xa1 close:4001:client:bye:true end:server"
			if got := sink.story(); got != want {
				t.Errorf("got  %q\nwant %q", got, want)
			}
		})
	}
}

// TestHeadsAreExactThroughListen: order, spelling and all, but for the credentials.
func TestHeadsAreExactThroughListen(t *testing.T) {
	for _, h := range hows {
		if !h.listen {
			continue
		}
		t.Run(h.name, func(t *testing.T) {
			var sink memory
			c := h.serve(t, New(Config{Sink: &sink, LeaveMasked: true}), func(net.Conn, *bufio.ReadWriter) {})
			// A request before it on the same connection must not get into the record.
			if _, err := io.WriteString(c, request); err != nil {
				t.Fatal(err)
			}
			r := bufio.NewReader(c)
			response := readHead(t, r)
			list := sink.untilEnd(t, 1)
			want := strings.NewReplacer("token=SECRET", "token="+redact.Placeholder, "id=SECRET", redact.Placeholder).Replace(request)
			if got := string(list[0].Head); got != want {
				t.Errorf("request\ngot  %q\nwant %q", got, want)
			}
			if got := string(list[1].Head); got != response {
				t.Errorf("response\ngot  %q\nwant %q", got, response)
			}
		})
	}
}

// TestReusedConnectionRecordsOnlyTheHandshake: requests that came before it on the connection, pipelined or not, are left out.
func TestReusedConnectionRecordsOnlyTheHandshake(t *testing.T) {
	var sink memory
	tapped := New(Config{Sink: &sink, LeaveMasked: true}).Handler("/ws", upgrade(func(net.Conn, *bufio.ReadWriter) {}))
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/ws" {
			tapped.ServeHTTP(w, r)
		}
	}))
	srv.Listener = Listen(srv.Listener)
	srv.Config.ConnContext = ConnContext
	srv.Start()
	defer srv.Close()
	c, err := net.Dial("tcp", srv.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	r := bufio.NewReader(c)
	const before = "GET /other HTTP/1.1\r\nHost: h\r\nX-Other: 1\r\n\r\n"
	_, _ = io.WriteString(c, before)
	readHead(t, r)
	_, _ = io.WriteString(c, before+request)
	readHead(t, r)
	readHead(t, r)
	list := sink.untilEnd(t, 1)
	if head := string(list[0].Head); !strings.HasPrefix(head, "GET /ws?x=1&token=") || strings.Contains(head, "X-Other") {
		t.Errorf("request %q", head)
	}
	if head := string(list[1].Head); !strings.HasPrefix(head, "HTTP/1.1 101 ") || strings.Count(head, "HTTP/1.1") != 1 {
		t.Errorf("response %q", head)
	}
}

// TestTapIsTransparent sends random bytes, good frames or garbage, in random pieces in both directions at once: both ends get
// what the other sent, whatever the decoder makes of it.
func TestTapIsTransparent(t *testing.T) {
	for seed := range uint64(8) {
		rng := rand.New(rand.NewPCG(seed, 1))
		up, down := noise(rng, seed%2 == 0), noise(rng, seed%3 == 0)
		h := hows[int(seed)%len(hows)]
		t.Run(fmt.Sprintf("%s %d", h.name, seed), func(t *testing.T) {
			var sink memory
			received := make(chan []byte, 1)
			c := h.serve(t, New(Config{Sink: &sink, LeaveMasked: true}), func(c net.Conn, brw *bufio.ReadWriter) {
				done := make(chan struct{})
				go func() {
					defer close(done)
					pieces(c, down, rand.New(rand.NewPCG(seed, 2)))
				}()
				got := make([]byte, len(up))
				n, _ := io.ReadFull(brw, got)
				received <- got[:n]
				await.Closed(t, done) // its writes end at the latest with the connection
			})
			_, _ = io.WriteString(c, request)
			r := bufio.NewReader(c)
			readHead(t, r)
			go pieces(c, up, rand.New(rand.NewPCG(seed, 3)))
			got := make([]byte, len(down))
			if n, err := readFull(t, r, got); err != nil || !bytes.Equal(got, down) {
				t.Errorf("the client got %d bytes, %v, or others than were sent", n, err)
			}
			if !bytes.Equal(await.Receive(t, received), up) {
				t.Error("the server got other bytes than were sent")
			}
			sink.untilEnd(t, 1)
		})
	}
}

// noise returns random bytes: frames of random kinds, or no frames at all.
func noise(rng *rand.Rand, frames bool) []byte {
	var b []byte
	for len(b) < 200<<10 {
		p := make([]byte, rng.IntN(3000))
		for i := range p {
			p[i] = byte(rng.Uint32())
		}
		if !frames {
			b = append(b, p...)
			continue
		}
		h := frame.Header{Fin: rng.IntN(2) == 0, Rsv: uint8(rng.IntN(8)), Opcode: frame.Opcode(rng.IntN(16)), Masked: rng.IntN(2) == 0}
		b = frame.AppendFrame(b, h, p)
	}
	return b
}

// pieces writes b in random pieces.
func pieces(w io.Writer, b []byte, rng *rand.Rand) {
	for len(b) > 0 {
		n := min(len(b), 1+rng.IntN(5000))
		if _, err := w.Write(b[:n]); err != nil {
			return
		}
		b = b[n:]
	}
}

func TestEndings(t *testing.T) {
	cut := masked(frame.Text, "cut here")
	for name, c := range map[string]struct {
		client func(c net.Conn)
		server func(c net.Conn)
		want   string
	}{
		"client FIN":         {func(c net.Conn) { _ = c.Close() }, drain, "close:1006:none::false end:client"},
		"client reset":       {func(c net.Conn) { _ = c.(*net.TCPConn).SetLinger(0); _ = c.Close() }, drain, "close:1006:none::false end:client"},
		"server closes":      {func(net.Conn) {}, func(net.Conn) {}, "close:1006:none::false end:server"},
		"server half":        {func(c net.Conn) { drain(c); _ = c.Close() }, func(c net.Conn) { _ = c.(*conn).CloseWrite(); drain(c) }, "close:1006:none::false end:server"},
		"one close frame":    {func(c net.Conn) { _, _ = c.Write(masked(frame.Close, "\x03\xe9")); _ = c.Close() }, drain, "out:close:\x03\xe9 close:1001:client::false end:client"},
		"close without body": {func(c net.Conn) { _, _ = c.Write(masked(frame.Close, "")); _ = c.Close() }, drain, "out:close: close:1005:client::false end:client"},
		"inside a frame":     {func(c net.Conn) { _, _ = c.Write(cut[:len(cut)-4]); _ = c.Close() }, drain, "out:text:cut :cut close:1006:none::false end:client"},
		"broken":             {func(c net.Conn) { _, _ = c.Write(bytes.Repeat([]byte{0xFF}, 40)); _ = c.Close() }, drain, "out:reserved F::cut broken close:1006:none::false end:client"},
	} {
		t.Run(name, func(t *testing.T) {
			var sink memory
			nc := hows[0].serve(t, New(Config{Sink: &sink, LeaveMasked: true}), func(sc net.Conn, _ *bufio.ReadWriter) { c.server(sc) })
			_, _ = io.WriteString(nc, request)
			readHead(t, bufio.NewReader(nc))
			c.client(nc)
			got := story(sink.untilEnd(t, 1)[2:])
			if got != c.want {
				t.Errorf("got  %q\nwant %q", got, c.want)
			}
		})
	}
}

func drain(c net.Conn) { _, _ = io.Copy(io.Discard, c) }

// TestRefusedHandshakeIsRecorded, also one that the server did not handle as a WebSocket.
func TestRefusedHandshakeIsRecorded(t *testing.T) {
	var sink memory
	srv := httptest.NewServer(New(Config{Sink: &sink, LeaveMasked: true}).Handler("/ws", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Set-Cookie", "s=SECRET")
		http.Error(w, "no", http.StatusForbidden)
	})))
	defer srv.Close()
	res, err := http.Get(srv.URL + "/ws")
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	if got := sink.story(); got != "request response:403" {
		t.Error(got)
	}
	if head := string(sink.list[1].Head); strings.Contains(head, "SECRET") || !strings.Contains(head, "Set-Cookie: "+redact.Placeholder) {
		t.Errorf("%q", head)
	}
}

// TestShortWriteIsRecorded: records are written before the bytes are sent, so the record of the end must say when they were not.
func TestShortWriteIsRecorded(t *testing.T) {
	var sink memory
	tapped := New(Config{Sink: &sink, LeaveMasked: true})
	c := tapped.newConn(shortConn{}, &responseWriter{id: 1})
	c.in.begin(c.opened([]byte("HTTP/1.1 101 Switching Protocols\r\n\r\n")))
	if _, err := c.Write(plain(frame.Text, "12345")); err == nil {
		t.Fatal("the write must fail")
	}
	_ = c.Close()
	last := sink.list[len(sink.list)-1]
	if last.Kind != record.KindEnd || !strings.Contains(last.Reason, "the last 4 bytes that the server wrote did not leave it") {
		t.Errorf("%q", last.Reason)
	}
}

type shortConn struct{ net.Conn }

func (shortConn) Write([]byte) (int, error) { return 3, errors.New("cable pulled") }
func (shortConn) Close() error              { return nil }

func TestBlank(t *testing.T) {
	for in, want := range map[string]string{
		"GET /a?token=X&q=1&api_key=X HTTP/1.1":                               "GET /a?token=[hidden]&q=1&api_key=[hidden] HTTP/1.1",
		"GET /a?code=X&code=&access_token=X HTTP/1.1":                         "GET /a?code=[hidden]&code=&access_token=[hidden] HTTP/1.1",
		"GET /a?q=eyJhbGciOiJI.eyJzdWIi.c2ln HTTP/1.1":                        "GET /a?q=[hidden] HTTP/1.1",
		"GET http://u:X@h/a?b=c HTTP/1.1":                                     "GET http://[hidden]@h/a?b=c HTTP/1.1",
		"HTTP/1.1 101 Switching Protocols":                                    "HTTP/1.1 101 Switching Protocols",
		"Authorization: Bearer X":                                             "Authorization: [hidden]",
		"cookie:a=X; b=X":                                                     "cookie: [hidden]",
		"X-Tetherscope-Token: X":                                              "X-Tetherscope-Token: [hidden]",
		"Sec-WebSocket-Key: dGhl":                                             "Sec-WebSocket-Key: dGhl",
		"Sec-WebSocket-Protocol: chat, token.X":                               "Sec-WebSocket-Protocol: chat, token.[hidden]",
		"Sec-WebSocket-Protocol: bearer, X, chat":                             "Sec-WebSocket-Protocol: bearer, [hidden], chat",
		"Sec-WebSocket-Protocol: base64url.bearer.authorization.k8s.io.X, v4": "Sec-WebSocket-Protocol: base64url.bearer.[hidden], v4",
		"Referer: https://h/p?ticket=X&a=b":                                   "Referer: https://h/p?ticket=[hidden]&a=b",
		"Origin: https://example.com":                                         "Origin: https://example.com",
		"no colon":                                                            "no colon",
	} {
		line := in
		if !strings.HasPrefix(in, "GET") && !strings.HasPrefix(in, "HTTP") {
			line, want = "GET / HTTP/1.1\r\n"+in, "GET / HTTP/1.1\r\n"+want
		}
		if got := string(redact.Head([]byte(line + "\r\n\r\n"))); got != want+"\r\n\r\n" {
			t.Errorf("%q\n got %q\nwant %q", in, got, want)
		}
	}
}
