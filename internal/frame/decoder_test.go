package frame

import (
	"bytes"
	"encoding/hex"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
)

// These tests prove that a decoder finds the frames that RFC 6455 says are there, however the bytes are cut.

// unhex reads hex with spaces.
func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// seen is a Frame that outlives its emit call.
type seen struct {
	Frame
	message *Message
}

// collect decodes the pieces and returns copies of all frames and the error.
func collect(c Config, pieces ...[]byte) (frames []seen, err error) {
	d := NewDecoder(c)
	emit := func(f *Frame) { frames = append(frames, keep(f)) }
	for _, p := range pieces {
		before := bytes.Clone(p)
		d.Feed(p, emit)
		if !bytes.Equal(before, p) {
			panic("the decoder wrote to its input")
		}
		clear(p) // what the decoder keeps must not alias its input
		copy(p, before)
	}
	d.End(emit)
	return frames, d.Err()
}

func keep(f *Frame) seen {
	s := seen{Frame: *f}
	s.Payload = append([]byte{}, f.Payload...)
	if f.Message != nil {
		m := *f.Message
		m.Body = append([]byte{}, m.Body...)
		s.message = &m
	}
	s.Message = nil
	if s.LeftMasked {
		s.unmask()
	}
	return s
}

// unmask makes a frame that was left masked what it is without that.
func (s *seen) unmask() {
	s.LeftMasked = false
	Unmask(s.Payload, s.Key)
	if s.message != nil {
		Unmask(s.message.Body, s.Key)
	}
}

// split cuts b at random places; size 1 cuts everywhere.
func split(b []byte, most int, r *rand.Rand) (pieces [][]byte) {
	for len(b) > 0 {
		n := min(len(b), 1+r.IntN(most))
		pieces = append(pieces, b[:n])
		b = b[n:]
	}
	return pieces
}

// collectAnyhow decodes b whole, byte by byte and in random pieces, with and without leaving frames masked, and fails when they differ.
func collectAnyhow(t testing.TB, c Config, b []byte) ([]seen, error) {
	t.Helper()
	want, wantErr := collect(c, b)
	c.LeaveMasked = true
	if got, err := collect(c, b); !reflect.DeepEqual(got, want) || !reflect.DeepEqual(err, wantErr) {
		t.Fatalf("left masked where that can be:\n got %+v, %v\nwant %+v, %v", got, err, want, wantErr)
	}
	r := rand.New(rand.NewPCG(1, uint64(len(b))))
	for _, most := range []int{1, 2, 7, 64, 4096} {
		c.LeaveMasked = !c.LeaveMasked
		got, err := collect(c, split(b, most, r)...)
		if !reflect.DeepEqual(got, want) || !reflect.DeepEqual(err, wantErr) {
			t.Fatalf("in pieces of up to %d bytes:\n got %+v, %v\nwant %+v, %v", most, got, err, want, wantErr)
		}
	}
	return want, wantErr
}

// vectors are known frames: each is decoded to its fields and encoded from them.
var vectors = []struct {
	name    string
	wire    string
	header  Header
	payload string
	line    string
}{
	{"text", "81 05 48 65 6c 6c 6f", Header{Fin: true, Opcode: Text, Length: 5, Size: 2}, "Hello", "↑ Text FIN:1 MASK:0 LEN:5"},
	{
		"masked text", "81 85 37 fa 21 3d 7f 9f 4d 51 58",
		Header{Fin: true, Opcode: Text, Masked: true, Key: [4]byte{0x37, 0xfa, 0x21, 0x3d}, Length: 5, Size: 6},
		"Hello", "↑ Text FIN:1 MASK:1 LEN:5",
	},
	{"first fragment", "01 03 48 65 6c", Header{Opcode: Text, Length: 3, Size: 2}, "Hel", "↑ Text FIN:0 MASK:0 LEN:3"},
	{"last fragment", "80 02 6c 6f", Header{Fin: true, Length: 2, Size: 2}, "lo", "↑ Continuation FIN:1 MASK:0 LEN:2"},
	{"binary", "82 04 de ad be ef", Header{Fin: true, Opcode: Binary, Length: 4, Size: 2}, "\xde\xad\xbe\xef", "↑ Binary FIN:1 MASK:0 LEN:4"},
	{"empty close", "88 00", Header{Fin: true, Opcode: Close, Size: 2}, "", "↑ Close FIN:1 MASK:0 LEN:0"},
	{"empty ping", "89 00", Header{Fin: true, Opcode: Ping, Size: 2}, "", "↑ Ping FIN:1 MASK:0 LEN:0"},
	{"pong", "8a 05 48 65 6c 6c 6f", Header{Fin: true, Opcode: Pong, Length: 5, Size: 2}, "Hello", "↑ Pong FIN:1 MASK:0 LEN:5"},
	{"compressed", "c1 01 00", Header{Fin: true, Rsv: RSV1, Opcode: Text, Length: 1, Size: 2}, "\x00", "↑ Text FIN:1 RSV:4 MASK:0 LEN:1"},
	{"reserved", "f3 00", Header{Fin: true, Rsv: 7, Opcode: 3, Size: 2}, "", "↑ Reserved 3 FIN:1 RSV:7 MASK:0 LEN:0"},
	{
		"16-bit length", "82 7e 01 00" + strings.Repeat("61", 256),
		Header{Fin: true, Opcode: Binary, Length: 256, Size: 4},
		strings.Repeat("a", 256), "↑ Binary FIN:1 MASK:0 LEN:256",
	},
	{
		"64-bit length", "82 7f 00 00 00 00 00 01 00 00" + strings.Repeat("61", 65536),
		Header{Fin: true, Opcode: Binary, Length: 65536, Size: 10},
		strings.Repeat("a", 65536), "↑ Binary FIN:1 MASK:0 LEN:65536",
	},
	{"length in too many bytes", "82 7e 00 01 61", Header{Fin: true, Opcode: Binary, Length: 1, Size: 4}, "a", "↑ Binary FIN:1 MASK:0 LEN:1"},
	{"length in far too many bytes", "82 7f 00 00 00 00 00 00 00 01 61", Header{Fin: true, Opcode: Binary, Length: 1, Size: 10}, "a", "↑ Binary FIN:1 MASK:0 LEN:1"},
}

func TestKnownFramesDecode(t *testing.T) {
	for _, v := range vectors {
		t.Run(v.name, func(t *testing.T) {
			frames, err := collectAnyhow(t, Config{FromClient: v.header.Masked}, unhex(t, v.wire))
			if err != nil || len(frames) != 1 {
				t.Fatalf("got %d frames, %v", len(frames), err)
			}
			if frames[0].Header != v.header || string(frames[0].Payload) != v.payload {
				t.Errorf("got %+v %q", frames[0].Header, frames[0].Payload)
			}
		})
	}
}

func TestKnownFramesEncode(t *testing.T) {
	for _, v := range vectors {
		t.Run(v.name, func(t *testing.T) {
			got := AppendFrame(nil, v.header, []byte(v.payload))
			if want := unhex(t, v.wire); !bytes.Equal(got, want) {
				t.Errorf("got %x, want %x", got, want)
			}
		})
	}
}

func TestKnownFramesInALogLine(t *testing.T) {
	for _, v := range vectors {
		if got := LogLine(ArrowOut, v.header); got != v.line {
			t.Errorf("%s: got %q, want %q", v.name, got, v.line)
		}
	}
}
