// These tests prove that the client writes to no memory but its own.
package tether

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/tetherscope/tetherscope/internal/test/await"
	"github.com/tetherscope/tetherscope/wasm/codec"
)

// careless is a codec that appends nothing: what it returns is the application's memory, or its own.
type careless struct {
	codec.Codec[codec.Message, codec.Message]
	result func(dst, v []byte) []byte
}

func (c careless) Append(dst []byte, v codec.Message) ([]byte, codec.MessageType, error) {
	return c.result(dst, v.Data), v.Type, nil
}

// TestACodecMayReturnAnyMemory proves that messages arrive as they were when they were sent, and that values stay as they
// are, whatever memory a codec returns.
func TestACodecMayReturnAnyMemory(t *testing.T) {
	scratch := make([]byte, 0, 100)
	for name, result := range map[string]func(dst, v []byte) []byte{
		"appended":          func(dst, v []byte) []byte { return append(dst, v...) },
		"its argument":      func(_, v []byte) []byte { return v },
		"part of it":        func(_, v []byte) []byte { return v[:len(v):len(v)] },
		"always the same":   func(_, v []byte) []byte { scratch = append(scratch[:0], v...); return scratch },
		"inside dst":        func(dst, v []byte) []byte { return append(append(dst, "xx"...), v...)[2:] },
		"dst, cut to size":  func(dst, v []byte) []byte { b := append(dst, v...); return b[:len(b):len(b)] },
		"what is not dst's": func(dst, v []byte) []byte { _ = append(dst, "xxxxxxxx"...); return slices.Clone(v) },
	} {
		synctest.Test(t, func(t *testing.T) {
			n := &fakeNet{}
			sent, want := sendCarelessly(t, n, result)
			for i, v := range sent {
				if v[0] != '.' || strings.Trim(string(v), ".") != "" {
					t.Errorf("%s: value %d was overwritten with %q", name, i, v)
				}
			}
			if got := strings.Join(n.last().got, " "); got != strings.Join(want, " ") {
				t.Errorf("%s: sent %s, want %s", name, got, want)
			}
		})
	}
}

// sendCarelessly sends messages, some of them large, while there is a connection and while there is none. The
// application overwrites each with dots as soon as it was accepted.
func sendCarelessly(t *testing.T, n *fakeNet, result func(dst, v []byte) []byte) (sent [][]byte, want []string) {
	t.Helper()
	c, err := New("ws://test", codec.Codec[codec.Message, codec.Message](careless{codec.Raw(), result}), func(o *options) error { o.dialer = n; return nil })
	if err != nil {
		t.Fatal(err)
	}
	for i := range 40 {
		want = append(want, strings.Repeat(string(rune('a'+i%26)), 1+i*i))
	}
	for i, s := range want {
		if i == 20 {
			runInBackground(t, c)
		}
		v := []byte(s)
		if err := c.TrySend(codec.Message{Type: codec.Text, Data: v}); err != nil {
			t.Fatal(err)
		}
		for i := range v {
			v[i] = '.'
		}
		sent = append(sent, v)
	}
	if err := c.Shutdown(t.Context(), CodeNormalClosure, ""); err != nil {
		t.Error(err)
	}
	return sent, want
}

func runInBackground(t *testing.T, c *Client[codec.Message, codec.Message]) {
	t.Helper()
	ended := make(chan error, 1)
	go func() { ended <- c.Run(t.Context()) }()
	if err := c.Open(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := await.Receive(t, ended); err != nil {
			t.Error(err)
		}
	})
}
