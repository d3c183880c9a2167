package tap

import (
	"bytes"
	"math/rand/v2"
	"strings"
	"testing"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"

	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/internal/frame"
)

// http2Side is what one end of an HTTP/2 connection sends, made with the frames of golang.org/x/net.
type http2Side struct {
	bytes.Buffer
	framer *http2.Framer
	block  bytes.Buffer
	enc    *hpack.Encoder
}

func newHTTP2Side() *http2Side {
	s := &http2Side{}
	s.framer = http2.NewFramer(&s.Buffer, nil)
	s.enc = hpack.NewEncoder(&s.block)
	return s
}

func (s *http2Side) headers(stream uint32, end bool, fields ...string) {
	s.block.Reset()
	for i := 0; i < len(fields); i += 2 {
		_ = s.enc.WriteField(hpack.HeaderField{Name: fields[i], Value: fields[i+1]})
	}
	_ = s.framer.WriteHeaders(http2.HeadersFrameParam{StreamID: stream, BlockFragment: s.block.Bytes(), EndStream: end, EndHeaders: true})
}

func (s *http2Side) connect(stream uint32, path string) {
	s.headers(stream, false, ":method", "CONNECT", ":protocol", "websocket", ":scheme", "https", ":authority", "a.test", ":path", path,
		"sec-websocket-version", "13", "sec-websocket-extensions", "permessage-deflate", "authorization", "Bearer s3cret")
}

func (s *http2Side) data(stream uint32, end bool, p []byte) { _ = s.framer.WriteData(stream, end, p) }

// take returns what was sent since the last call.
func (s *http2Side) take() []byte {
	b := bytes.Clone(s.Bytes())
	s.Reset()
	return b
}

// watched records a conversation: turns of both ends, client first.
func watched(t *testing.T, feed func(h *HTTP2, dir record.Dir, p []byte), turns ...[]byte) *memory {
	t.Helper()
	m := &memory{}
	h := New(Config{Sink: m}).WatchHTTP2("192.0.2.1:9", nil)
	for i, p := range turns {
		feed(h, record.Dir(i&1), p)
	}
	h.Close(record.SideServer, "the server closed the connection")
	if h.kept != 0 || len(h.sockets) != 0 {
		t.Errorf("%d bytes and %d WebSockets are still kept", h.kept, len(h.sockets))
	}
	return m
}

// TestHTTP2Sockets: WebSockets and other requests share a connection; each WebSocket is recorded as one, with its handshake as pseudo-header
// fields, what was sent early, its refusal or its end, however the bytes are cut.
func TestHTTP2Sockets(t *testing.T) {
	client, server := newHTTP2Side(), newHTTP2Side()
	var turns [][]byte
	turn := func() { turns = append(turns, client.take(), server.take()) }
	client.WriteString(http2.ClientPreface)
	_ = client.framer.WriteSettings()
	client.connect(1, "/one?token=abcdef123")
	client.headers(3, true, ":method", "GET", ":scheme", "https", ":authority", "a.test", ":path", "/page")
	client.connect(5, "/refused")
	client.data(1, false, masked(frame.Text, "early"))
	_ = server.framer.WriteSettings(http2.Setting{ID: http2.SettingEnableConnectProtocol, Val: 1})
	server.headers(3, false, ":status", "200")
	server.data(3, true, []byte("a page"))
	server.headers(5, true, ":status", "403", "content-length", "0")
	server.headers(1, false, ":status", "103")
	server.headers(1, false, ":status", "200")
	server.data(1, false, plain(frame.Text, "hello"))
	turn()
	client.connect(7, "/two")
	client.connect(9, "/three")
	server.headers(7, false, ":status", "200")
	server.headers(9, false, ":status", "200")
	server.data(7, false, plain(frame.Binary, strings.Repeat("x", 9000)))
	turn()
	client.data(1, true, masked(frame.Close, "\x03\xe8bye"))
	server.data(1, true, plain(frame.Close, "\x03\xe8"))
	_ = server.framer.WriteRSTStream(7, http2.ErrCodeCancel)
	turn()

	whole := watched(t, func(h *HTTP2, dir record.Dir, p []byte) { _ = h.Feed(dir, p) }, turns...)
	want := map[uint32]string{
		1: "request response:200 out:text:early in:text:hello out:close:\x03\xe8bye in:close:\x03\xe8 close:1000:client:bye:true end:client",
		2: "request response:403",
		3: "request response:200 in:binary:" + strings.Repeat("x", 9000) + " close:1006:none::false end:server",
		4: "request response:200 close:1006:none::false end:server",
	}
	check := func(m *memory) {
		t.Helper()
		by := map[uint32][]record.Record{}
		for _, r := range m.list {
			by[r.Conn] = append(by[r.Conn], r)
		}
		for conn, story1 := range want {
			if got := story(by[conn]); got != story1 {
				t.Errorf("connection %d: %.300q\nwant %.300q", conn, got, story1)
			}
		}
		if first := string(by[1][0].Head); !strings.HasPrefix(first, ":method: CONNECT\r\n:protocol: websocket\r\n") || strings.Contains(first, "s3cret") || strings.Contains(first, "abcdef") ||
			by[1][0].Remote != "192.0.2.1:9" || !strings.HasPrefix(by[1][0].Name, "/one?") {
			t.Errorf("the request is %q of %q, called %q", first, by[1][0].Remote, by[1][0].Name)
		}
	}
	check(whole)
	seed := rand.Uint64()
	random := rand.New(rand.NewPCG(seed, 0))
	t.Log("seed", seed)
	for range 20 {
		check(watched(t, func(h *HTTP2, dir record.Dir, p []byte) {
			for len(p) > 0 {
				n := min(1+random.IntN(200), len(p))
				_ = h.Feed(dir, p[:n])
				p = p[n:]
			}
		}, turns...))
	}
}

// TestHTTP2Bounds: a client that never waits for an answer, and bytes that are not HTTP/2, cost a bounded amount and are said.
func TestHTTP2Bounds(t *testing.T) {
	client := newHTTP2Side()
	client.WriteString(http2.ClientPreface)
	_ = client.framer.WriteSettings()
	client.connect(1, "/one")
	for range 8 {
		client.data(1, false, make([]byte, 16000))
	}
	m := watched(t, func(h *HTTP2, dir record.Dir, p []byte) { _ = h.Feed(dir, p) }, client.take())
	if got := m.story(); got != "request broken close:1006:none::false end:server" {
		t.Error(got)
	}
	client = newHTTP2Side()
	client.WriteString(http2.ClientPreface)
	client.connect(1, "/one")
	client.Write([]byte("\xff\xff\xff\x01garbage that is no frame"))
	m = watched(t, func(h *HTTP2, dir record.Dir, p []byte) { _ = h.Feed(dir, p) }, client.take(), nil, []byte("more"))
	if got := m.story(); got != "request broken close:1006:none::false end:server" {
		t.Error(got)
	}
}

// FuzzHTTP2: whatever both ends send, nothing panics and all memory is given back.
func FuzzHTTP2(f *testing.F) {
	client, server := newHTTP2Side(), newHTTP2Side()
	client.WriteString(http2.ClientPreface)
	client.connect(1, "/one")
	client.data(1, false, masked(frame.Text, "early"))
	server.headers(1, false, ":status", "200")
	server.data(1, true, plain(frame.Text, "hello"))
	f.Add(client.take(), server.take(), uint8(3))
	f.Fuzz(func(t *testing.T, a, b []byte, piece uint8) {
		watched(t, func(h *HTTP2, dir record.Dir, p []byte) {
			for n := int(piece) + 1; len(p) > 0; p = p[min(n, len(p)):] {
				_ = h.Feed(dir, p[:min(n, len(p))])
			}
		}, a, b)
	})
}
