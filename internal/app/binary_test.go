package app_test

import (
	"bytes"
	"encoding/binary"
	"math"
	"reflect"
	"strings"
	"testing"

	"github.com/coder/websocket"
	"github.com/fxamacker/cbor/v2"
	"github.com/tinylib/msgp/msgp"

	"github.com/tetherscope/tetherscope/internal/app"
	"github.com/tetherscope/tetherscope/wasm/chat"
)

// speak connects to /ws/bin with a subprotocol and returns the client.
func speak(t *testing.T, n *node, protocol string) *peer {
	t.Helper()
	opt := &websocket.DialOptions{HTTPHeader: header(origin)}
	if protocol != "" {
		opt.Subprotocols = []string{protocol}
	}
	p := dial(t, n.url, "/ws/bin", opt)
	if got := p.conn.Subprotocol(); got != protocol {
		t.Fatalf("subprotocol %q, want %q", got, protocol)
	}
	return p
}

// exchange sends b and returns the binary answer.
func (p *peer) exchange(b []byte) []byte {
	p.t.Helper()
	p.write(websocket.MessageBinary, b)
	kind, out := p.read()
	if kind != websocket.MessageBinary {
		p.t.Fatalf("got text %s", out)
	}
	return out
}

// TestFloatsAreDoubled: the bytes of a Float32Array return with each value doubled, special values included.
func TestFloatsAreDoubled(t *testing.T) {
	p := speak(t, start(t, app.Config{}), "tetherscope.float32")
	in := []float32{0, 1, -1.5, math.MaxFloat32, math.SmallestNonzeroFloat32, float32(math.Inf(-1))}
	var b bytes.Buffer
	_ = binary.Write(&b, binary.LittleEndian, in)
	out := make([]float32, len(in))
	if err := binary.Read(bytes.NewReader(p.exchange(b.Bytes())), binary.LittleEndian, out); err != nil {
		t.Fatal(err)
	}
	for i, v := range in {
		if out[i] != v*2 {
			t.Errorf("%v became %v", v, out[i])
		}
	}
	if len(p.exchange(nil)) != 0 {
		t.Error("an empty message was answered with floats")
	}
}

// TestBlobsComeBack: any bytes up to the limit return unchanged, with and without the subprotocol.
func TestBlobsComeBack(t *testing.T) {
	n := start(t, app.Config{})
	for _, protocol := range []string{"", "tetherscope.blob"} {
		p := speak(t, n, protocol)
		for _, size := range []int{0, 1, 4096, 1 << 20} {
			in := bytes.Repeat([]byte{0, 0xFF, 'x'}, size/3+1)[:size]
			if out := p.exchange(in); !bytes.Equal(in, out) {
				t.Errorf("%q: %d bytes came back as %d others", protocol, size, len(out))
			}
		}
	}
}

// TestValuesSurviveTheRoundTrip: every kind of value that both formats have is decoded and encoded again without a change.
func TestValuesSurviveTheRoundTrip(t *testing.T) {
	n := start(t, app.Config{})
	in := map[string]any{"null": nil, "yes": true, "text": "é", "list": []any{int64(-1), "x", []any{}}, "map": map[string]any{"pi": 3.5}, "bytes": []byte{0, 255}}
	mp, err := msgp.AppendIntf(nil, in)
	if err != nil {
		t.Fatal(err)
	}
	back, rest, err := msgp.ReadIntfBytes(speak(t, n, "tetherscope.msgpack").exchange(mp))
	if err != nil || len(rest) > 0 || !reflect.DeepEqual(back, any(in)) {
		t.Errorf("MessagePack: %v, %v", back, err)
	}
	cb, err := cbor.Marshal(in)
	if err != nil {
		t.Fatal(err)
	}
	var got map[string]any
	if err := cbor.Unmarshal(speak(t, n, "tetherscope.cbor").exchange(cb), &got); err != nil || got["text"] != "é" || len(got) != len(in) {
		t.Errorf("CBOR: %v, %v", got, err)
	}
}

// TestWrongValuesAreExplained: an invalid value is answered with an error message, and the connection stays open.
func TestWrongValuesAreExplained(t *testing.T) {
	n := start(t, app.Config{})
	deep := strings.Repeat("\x81", 40)
	for _, c := range []struct{ protocol, sent, want string }{
		{"tetherscope.float32", "1234567", "7 bytes are no whole number of float32s"},
		{"tetherscope.msgpack", "\xdd\xff\xff\xff\xff", "byte 0: the message ends inside a value, or a length in it exceeds the bytes that follow"},
		{"tetherscope.msgpack", strings.Repeat("\x91", 40) + "\x01", "byte 32: the message nests deeper than the limit"},
		{"tetherscope.msgpack", strings.Repeat("x", 64<<10+1), "the value has more than 65536 bytes"},
		{"tetherscope.cbor", deep + "\x01", "CBOR: cbor: exceeded max nested level 32"},
		{"tetherscope.cbor", "\x9b\xff\xff\xff\xff\xff\xff\xff\xff", "CBOR: "},
		{"tetherscope.cbor", "\x01\x02", "CBOR: "},
		{"tetherscope.cbor", "\xa2\x01\x01\x01\x02", "CBOR: "},
		{"tetherscope.cbor", strings.Repeat("x", 64<<10+1), "the value has more than 65536 bytes"},
	} {
		p := speak(t, n, c.protocol)
		p.write(websocket.MessageBinary, []byte(c.sent))
		if m := p.expect(chat.TypeError); !strings.HasPrefix(m["message"].(string), c.want) && !strings.Contains(m["message"].(string), c.want) {
			t.Errorf("%s % x: got %v, want %q", c.protocol, c.sent[:min(5, len(c.sent))], m, c.want)
		}
		p.write(websocket.MessageText, []byte("x"))
		p.expect(chat.TypeError)
	}
}
