// These tests prove that the writer and the reader understand another implementation, and that one understands them.
package wire

import (
	"bytes"
	"context"
	"encoding/binary"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/coder/websocket"

	"github.com/tetherscope/tetherscope/internal/frame"
	"github.com/tetherscope/tetherscope/internal/test/await"
)

// room returns p as Message wants it.
func room(p []byte) []byte { return append(make([]byte, Headroom), p...) }

// payload is n bytes that compress in part.
func payload(n int) []byte {
	p := bytes.Repeat([]byte("some text again and again "), n/26+1)[:n]
	for i := 0; i < n; i += 97 {
		p[i] = byte('a' + rand.IntN(26))
	}
	return p
}

// TestMessagesLeaveInFrames proves which frames a message becomes, that each is masked with a key of its own, and that control
// frames get between them.
func TestMessagesLeaveInFrames(t *testing.T) {
	for _, test := range []struct {
		size, most int
		want       []int // payloads of the frames
	}{
		{0, 1000, []int{0}},
		{1000, 1000, []int{1000}},
		{1001, 1000, []int{1000, 1}},
		{3000, 1000, []int{1000, 1000, 1000}},
		{150_000, 64 << 10, []int{65536, 65536, 18928}},
	} {
		var out bytes.Buffer
		w := NewWriter(&out, test.most)
		w.Between = func() error { return w.Pong([]byte("p")) }
		want := payload(test.size)
		if err := w.Message(true, room(want)); err != nil {
			t.Fatal(err)
		}
		if err := w.Flush(); err != nil {
			t.Fatal(err)
		}
		var got []byte
		var sizes []int
		pongs := 0
		for b := out.Bytes(); len(b) > 0; {
			h, n := frame.ParseHeader(b)
			if n == 0 || !h.Masked {
				t.Fatalf("%d bytes: the header %v is cut or not masked", test.size, h)
			}
			p := b[n : n+int(h.Length)]
			b = b[n+int(h.Length):]
			for i := range p {
				p[i] ^= h.Key[i&3]
			}
			if h.Opcode == frame.Pong {
				pongs++
				continue
			}
			if first := len(sizes) == 0; first != (h.Opcode == frame.Text) || h.Fin != (len(sizes) == len(test.want)-1) {
				t.Errorf("%d bytes: frame %d is %v", test.size, len(sizes), h)
			}
			sizes, got = append(sizes, len(p)), append(got, p...)
		}
		if !bytes.Equal(got, want) || len(sizes) != len(test.want) || pongs != len(sizes)-1 {
			t.Errorf("%d bytes became the frames %v with %d pongs, want %v", test.size, sizes, pongs, test.want)
		}
	}
}

// TestKeysMask proves the fast path of masking against the definition.
func TestKeysMask(t *testing.T) {
	for n := range 100 {
		p := payload(n)
		key := newKey()
		want := bytes.Clone(p)
		for i := range want {
			want[i] ^= key[i&3]
		}
		if mask(p, key); !bytes.Equal(p, want) {
			t.Errorf("%d bytes", n)
		}
	}
}

// TestAnotherImplementationAnswers echoes messages of many sizes through coder/websocket's server, with each way to compress.
func TestAnotherImplementationAnswers(t *testing.T) {
	for name, test := range map[string]struct {
		offer  *Compression
		accept websocket.CompressionMode
		agreed string
	}{
		"plain":             {nil, websocket.CompressionContextTakeover, ""},
		"refused":           {&Compression{}, websocket.CompressionDisabled, ""},
		"context takeover":  {&Compression{Threshold: 10}, websocket.CompressionContextTakeover, "permessage-deflate"},
		"ours stands alone": {&Compression{NoContextTakeover: true}, websocket.CompressionContextTakeover, "permessage-deflate; client_no_context_takeover; server_no_context_takeover"},
		"both stand alone":  {&Compression{}, websocket.CompressionNoContextTakeover, "permessage-deflate; client_no_context_takeover; server_no_context_takeover"},
	} {
		t.Run(name, func(t *testing.T) {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { echo(w, r, test.accept) }))
			defer server.Close()
			h := &Handshake{
				Client: http.DefaultClient, URL: "ws" + strings.TrimPrefix(server.URL, "http"), Compression: test.offer,
				Subprotocols: []string{"one", "two"}, MaxMessage: 1 << 20, MaxFrame: 10_000,
			}
			c, err := h.Dial(await.Context(t))
			if err != nil {
				t.Fatal(err)
			}
			defer c.Cut()
			c.Between = func() error { return nil }
			if c.Extensions != test.agreed || c.Subprotocol != "two" {
				t.Errorf("agreed on %q and %q", c.Extensions, c.Subprotocol)
			}
			for i, n := range []int{0, 1, 9, 10, 125, 126, 1000, 65_535, 65_536, 300_000, 20, 1 << 20} {
				want := payload(n)
				if err := c.Message(i%2 == 0, room(want)); err != nil {
					t.Fatal(err)
				}
				if err := c.Flush(); err != nil {
					t.Fatal(err)
				}
				text, got, err := c.Next()
				if err != nil || text != (i%2 == 0) || !bytes.Equal(got, want) {
					t.Fatalf("%d bytes came back as %d bytes, %v", n, len(got), err)
				}
			}
			if arrived, taken := c.Traffic(); arrived < 10_000 || taken < 10_000 {
				t.Errorf("%d bytes arrived, %d left", arrived, taken)
			}
		})
	}
}

func echo(w http.ResponseWriter, r *http.Request, mode websocket.CompressionMode) {
	ws, err := websocket.Accept(w, r, &websocket.AcceptOptions{Subprotocols: []string{"two"}, CompressionMode: mode, CompressionThreshold: 1})
	if err != nil {
		return
	}
	defer ws.CloseNow()
	ws.SetReadLimit(-1)
	for {
		kind, p, err := ws.Read(context.Background())
		if err != nil || ws.Write(context.Background(), kind, p) != nil {
			return
		}
	}
}

// TestExtensionsAreChecked is the table of what a server may accept (RFC 7692 §7.1).
func TestExtensionsAreChecked(t *testing.T) {
	offer := &Compression{}
	for accepted, want := range map[string]*agreement{
		"permessage-deflate":                                                         {},
		"permessage-deflate;server_no_context_takeover":                              {serverAlone: true},
		"permessage-deflate ; client_no_context_takeover":                            {clientAlone: true},
		"permessage-deflate; server_max_window_bits=\"9\"":                           {},
		"permessage-deflate; server_max_window_bits=16":                              nil,
		"permessage-deflate; client_max_window_bits=9":                               nil, // not offered
		"permessage-deflate; x":                                                      nil,
		"permessage-deflate; server_no_context_takeover; server_no_context_takeover": nil,
		"permessage-deflate, permessage-deflate":                                     nil,
		"x-webkit-deflate-frame":                                                     nil,
	} {
		got, err := agree(offer, accepted)
		if (err == nil) != (want != nil) || err == nil && *got != *want {
			t.Errorf("%s: %v, %v", accepted, got, err)
		}
	}
	if _, err := agree(nil, "permessage-deflate"); err == nil {
		t.Error("an extension that was not offered was accepted")
	}
}

// TestABombIsRefused proves that a small compressed message cannot become a large one.
func TestABombIsRefused(t *testing.T) {
	d := &deflater{alone: true}
	packed, err := d.message(make([]byte, 64<<20))
	if err != nil {
		t.Fatal(err)
	}
	if len(packed) > 1<<20 {
		t.Fatalf("%d bytes", len(packed))
	}
	if got := story(strings.NewReader(raw(binaryF|rsv1Bit, string(packed[Headroom:]))), 1<<20, &inflater{}); got != ErrTooBig.Error() {
		t.Error(got)
	}
}

func TestACloseFrameCarriesCodeAndReason(t *testing.T) {
	var out bytes.Buffer
	w := NewWriter(&out, 1000)
	if err := w.Close(4001, "reason"); err != nil {
		t.Fatal(err)
	}
	h, n := frame.ParseHeader(out.Bytes())
	p := out.Bytes()[n:]
	mask(p, h.Key)
	if h.Opcode != frame.Close || binary.BigEndian.Uint16(p) != 4001 || string(p[2:]) != "reason" {
		t.Errorf("%v %q", h, p)
	}
}
