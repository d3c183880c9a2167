package rawws

import (
	"bytes"
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/tetherscope/tetherscope/internal/frame"
)

const patience = 10 * time.Second

// pair returns both ends of a connection that the client opened with the header fields.
func pair(t *testing.T, header http.Header, c Choice) (client, server *Peer) {
	t.Helper()
	accepted := make(chan *Peer, 1)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Test", "kept")
		p, err := Accept(w, r, c)
		if err != nil {
			t.Error(err)
		}
		accepted <- p
	}))
	t.Cleanup(s.Close)
	client, err := Dial(testContext(t), Target{URL: &url.URL{Scheme: "ws", Host: "example.test", Path: "/a"}, Addr: s.Listener.Addr().String(), Header: header})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { client.Close() })
	select {
	case server = <-accepted:
	case <-time.After(patience):
		t.Fatal("the server accepted no connection")
	}
	t.Cleanup(func() { server.Close() })
	for _, p := range []*Peer{client, server} {
		if err := p.SetReadDeadline(time.Now().Add(patience)); err != nil {
			t.Fatal(err)
		}
	}
	return client, server
}

func testContext(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	return ctx
}

// TestHandshake: both ends keep the same valid heads, with the subprotocol and the compression that were agreed, and the
// server's own header fields.
func TestHandshake(t *testing.T) {
	header := http.Header{"Host": {"other.test"}, "Sec-Websocket-Protocol": {"b, a"}, "Sec-Websocket-Extensions": {"permessage-deflate; server_no_context_takeover"}}
	client, server := pair(t, header, Choice{Subprotocol: "a", Deflate: true})
	for name, p := range map[string]*Peer{"client": client, "server": server} {
		h := frame.ParseHandshake(p.Request, p.Response)
		if len(h.Problems) > 0 || h.Target != "/a" || h.Subprotocol != "a" || p.Deflate == nil || !p.Deflate.ServerNoContextTakeover {
			t.Errorf("%s: %+v %+v", name, h, p.Deflate)
		}
		if !bytes.Contains(p.Request, []byte("Host: other.test\r\n")) || !bytes.Contains(p.Response, []byte("X-Test: kept\r\n")) {
			t.Errorf("%s: %s %s", name, p.Request, p.Response)
		}
	}
}

// TestFrames: frames arrive as they were made, a client's with a mask, a server's without, and what is wrong with them
// shows at the other end.
func TestFrames(t *testing.T) {
	client, server := pair(t, nil, Choice{})
	var watched []byte
	client.BeforeWrite = func(b []byte) error { watched = append(watched, b...); return nil }
	if err := client.WriteFrame(frame.Header{Opcode: frame.Text}, []byte("in two ")); err != nil {
		t.Fatal(err)
	}
	if err := client.WriteFrame(frame.Header{Fin: true, Rsv: frame.RSV1, Opcode: frame.Continuation}, []byte("parts")); err != nil {
		t.Fatal(err)
	}
	if err := client.CloseWith(4001, "done"); err != nil {
		t.Fatal(err)
	}
	if err := client.CloseWith(4002, "again"); err != nil {
		t.Error("a second close frame is left out, without an error:", err)
	}
	if _, err := client.Write([]byte{0x81, 0}); !errors.Is(err, net.ErrClosed) {
		t.Error("after the close frame:", err)
	}
	client.Close()
	var got []frame.Header
	err := server.ReadFrames(frame.NewDecoder(frame.Config{FromClient: true}), func(f *frame.Frame) error {
		got = append(got, f.Header)
		return nil
	})
	if !errors.Is(err, ErrEnded) || len(got) != 3 || !got[0].Masked || got[0].Fin || got[1].Rsv != frame.RSV1 || got[2].Opcode != frame.Close {
		t.Errorf("%v %+v", err, got)
	}
	if n := len("in two ") + len("parts") + len("done") + 2 + 3*6; len(watched) != n {
		t.Errorf("BeforeWrite saw %d bytes of %d", len(watched), n)
	}
	if err := server.WriteFrame(frame.Header{Fin: true, Opcode: frame.Text}, nil); err != nil && !strings.Contains(err.Error(), "write") {
		t.Error(err)
	}
}

// TestReadStops: reading ends with the error of the caller, and with the decoder's when nothing can follow.
func TestReadStops(t *testing.T) {
	client, server := pair(t, nil, Choice{})
	if _, err := server.Write([]byte{0x81, 1, 'a', 0x81, 127, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF}); err != nil {
		t.Fatal(err)
	}
	enough := errors.New("enough")
	dec := frame.NewDecoder(frame.Config{})
	if err := client.ReadFrames(dec, func(*frame.Frame) error { return enough }); !errors.Is(err, enough) {
		t.Error(err)
	}
	var wrong *frame.Error
	if err := client.ReadFrames(dec, func(*frame.Frame) error { return nil }); !errors.As(err, &wrong) {
		t.Error(err)
	}
}

// TestCompress: a message compressed by one end is read by the other, with its context kept between messages.
func TestCompress(t *testing.T) {
	client, server := pair(t, http.Header{"Sec-Websocket-Extensions": {"permessage-deflate"}}, Choice{Deflate: true})
	text := []byte(strings.Repeat("the same words ", 20))
	for range 2 {
		b, ok := client.Compress(text)
		if !ok {
			t.Fatal("compression was not agreed")
		}
		if err := client.WriteFrame(frame.Header{Fin: true, Rsv: frame.RSV1, Opcode: frame.Text}, b); err != nil {
			t.Fatal(err)
		}
	}
	client.Close()
	n := 0
	_ = server.ReadFrames(frame.NewDecoder(frame.Config{FromClient: true, Deflate: server.Deflate}), func(f *frame.Frame) error {
		if n++; f.Message == nil || !bytes.Equal(f.Message.Body, text) {
			t.Errorf("message %d: %+v", n, f.Message)
		}
		return nil
	})
	if n != 2 {
		t.Errorf("%d messages came", n)
	}
}

// TestReset: the other end sees an error, not an orderly end.
func TestReset(t *testing.T) {
	client, server := pair(t, nil, Choice{})
	if err := server.Reset(); err != nil {
		t.Fatal(err)
	}
	err := client.ReadFrames(frame.NewDecoder(frame.Config{}), func(*frame.Frame) error { return nil })
	if !errors.Is(err, ErrEnded) || !strings.Contains(err.Error(), "reset") {
		t.Error(err)
	}
}

// TestRefusals: a server that does not open the connection, or answers the key wrongly, is a typed error.
func TestRefusals(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/wrong" {
			w.Header().Set("Connection", "Upgrade")
			w.Header().Set("Upgrade", "websocket")
			w.Header().Set("Sec-WebSocket-Accept", "AAAA")
			w.WriteHeader(http.StatusSwitchingProtocols)
			return
		}
		http.Error(w, "go away", http.StatusForbidden)
	}))
	t.Cleanup(s.Close)
	for path, want := range map[string]string{"/": `refuses the handshake: 403 Forbidden "go away`, "/wrong": `its Sec-WebSocket-Accept is "AAAA"`} {
		u := &url.URL{Scheme: "ws", Host: s.Listener.Addr().String(), Path: path}
		_, err := Dial(testContext(t), Target{URL: u})
		var refused *RefusedError
		if !errors.As(err, &refused) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", path, err)
		}
	}
}

// TestWrongRequests: a request that is no opening handshake is refused with what is wrong, and not answered.
func TestWrongRequests(t *testing.T) {
	for problem, change := range map[string]func(*http.Request){
		"method":                     func(r *http.Request) { r.Method = http.MethodPost },
		"upgrade the connection":     func(r *http.Request) { r.Header.Del("Upgrade") },
		"Version must be 13":         func(r *http.Request) { r.Header.Set("Sec-WebSocket-Version", "8") },
		"must have one Sec-":         func(r *http.Request) { r.Header.Add(keyField, "dGhlIHNhbXBsZSBub25jZQ==") },
		"must be 16 bytes in base64": func(r *http.Request) { r.Header.Set(keyField, "c2hvcnQ=") },
	} {
		target := Target{URL: &url.URL{Scheme: "ws", Host: "example.test"}}
		r, err := target.request(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		change(r)
		w := httptest.NewRecorder()
		_, err = Accept(w, r, Choice{})
		var wrong *RequestError
		if !errors.As(err, &wrong) || !strings.Contains(wrong.Problem, problem) || w.Body.Len() > 0 {
			t.Errorf("%s: %v %s", problem, err, w.Body)
		}
	}
}

// TestZone: the zone of an address stays on this machine (RFC 6874 §1).
func TestZone(t *testing.T) {
	u, err := url.Parse("ws://[fe80::1%25eth0]:81/")
	if err != nil {
		t.Fatal(err)
	}
	req, err := (&Target{URL: u}).request(t.Context())
	if err != nil || req.Host != "[fe80::1]:81" || req.URL.Host != "[fe80::1%eth0]:81" {
		t.Errorf("%q %q %v", req.Host, req.URL.Host, err)
	}
}
