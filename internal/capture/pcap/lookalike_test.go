package pcap

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/tetherscope/tetherscope/internal/frame"
)

// These tests prove that a stream whose messages are framed as WebSocket frames are, by chance or in every message, is not called a WebSocket as long
// as what it says under an invented mask is nothing that people send, and that what people send is found.

// filling makes a body of n bytes, as other protocols have them.
type filling func(r *rand.Rand, n int) []byte

var fillings = map[string]filling{
	"random": noise,
	"words": func(r *rand.Rand, n int) []byte {
		const letters = "etaoinshrdlu etaoin ETA0123456789-_.:/"
		return filled(n, func(int) byte { return letters[r.IntN(len(letters))] })
	},
	"numbered": func(r *rand.Rand, n int) []byte { // a 32-bit number, then text
		b := filled(n, func(int) byte { return "abcdefghijklmnopqrstuvwxyz "[r.IntN(27)] })
		return append(binary.BigEndian.AppendUint32(nil, uint32(r.IntN(1000))), b...)[:n]
	},
	"zeros": func(_ *rand.Rand, n int) []byte { return make([]byte, n) },
	"counters": func(r *rand.Rand, n int) []byte {
		return filled(n, func(i int) byte { return byte(i & 3 * r.IntN(3)) })
	},
	"base64": func(r *rand.Rand, n int) []byte {
		const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
		return filled(n, func(int) byte { return letters[r.IntN(64)] })
	},
	"json": func(r *rand.Rand, n int) []byte {
		return bytes.Repeat(fmt.Appendf(nil, `{"id":%d,"method":"call"}`, r.IntN(1e6)), 1+n/20)[:n]
	},
	"high": func(r *rand.Rand, n int) []byte { return filled(n, func(int) byte { return byte(0x80 | r.IntN(128)) }) },
}

func filled(n int, of func(i int) byte) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = of(i)
	}
	return b
}

// lookalikes make one message each of a protocol whose bytes look like the header of a masked frame.
var lookalikes = map[string]func(r *rand.Rand, fill filling) []byte{
	"frame": func(r *rand.Rand, fill filling) []byte { // each message is framed as a frame is
		n := r.IntN(126)
		return append([]byte{masking[r.IntN(len(masking))], 0x80 | byte(n)}, fill(r, 4+n)...)
	},
	"long frame": func(r *rand.Rand, fill filling) []byte {
		n := 126 + r.IntN(500)
		return append(binary.BigEndian.AppendUint16([]byte{0x82, 0xFE}, uint16(n)), fill(r, 4+n)...)
	},
	"text frame": func(r *rand.Rand, fill filling) []byte {
		n := r.IntN(126)
		return append([]byte{0x81, 0x80 | byte(n)}, fill(r, 4+n)...)
	},
	"compressed frame": func(r *rand.Rand, fill filling) []byte {
		n := r.IntN(126)
		return append([]byte{0xC1, 0x80 | byte(n)}, fill(r, 4+n)...)
	},
	"two frames": func(r *rand.Rand, fill filling) (b []byte) {
		for range 2 {
			n := r.IntN(30)
			b = append(append(b, 0x82, 0x80|byte(n)), fill(r, 4+n)...)
		}
		return b
	},
	"tagged": func(r *rand.Rand, fill filling) []byte { // a tag, a length with a flag, and no more
		n := r.IntN(128)
		return append([]byte{masking[r.IntN(len(masking))], 0x80 | byte(n)}, fill(r, n)...)
	},
	"long form": func(r *rand.Rand, fill filling) []byte { // BER: a context tag, and a length of one byte behind 0x81
		n := r.IntN(256)
		return append([]byte{0x82, 0x81, byte(n)}, fill(r, n)...)
	},
	"empty pings": func(r *rand.Rand, fill filling) []byte { return append([]byte{0x89, 0x80}, fill(r, 4)...) },
	"short":       func(r *rand.Rand, fill filling) []byte { return append([]byte{0x82, 0x81}, fill(r, 5)...) },
	"varint": func(r *rand.Rand, fill filling) []byte {
		n := 128 + r.IntN(128)
		return append([]byte{0x82, 0x80 | byte(n), 1}, fill(r, n)...)
	},
	"close": func(r *rand.Rand, fill filling) []byte { return append([]byte{0x88, 0x82}, fill(r, 6)...) },
	"frames in noise": func(r *rand.Rand, fill filling) []byte { // one message of three is framed so
		if r.IntN(3) > 0 {
			return noise(r, size(r))
		}
		n := r.IntN(60)
		return append([]byte{0x81, 0x80 | byte(n)}, fill(r, 4+n)...)
	},
}

// masking are the first bytes of whole frames that a message may begin with.
var masking = []byte{0x81, 0x82, 0x89, 0x8A, 0xC1, 0xC2}

// TestLookalikesAreNoWebSockets reads more than 10,000 streams of which one half or both look like masked frames, whole and with lost
// packets.
func TestLookalikesAreNoWebSockets(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(13, 1))
	count := 0
	for _, name := range slices.Sorted(maps.Keys(lookalikes)) {
		for _, body := range slices.Sorted(maps.Keys(fillings)) {
			var list [][]said
			for i := range 110 {
				list = append(list, lookalike(r, i%4, i%3 == 0, func() []byte { return lookalikes[name](r, fillings[body]) }))
			}
			count += len(list)
			if got := readStreams(t, list, false); len(got) > 0 {
				t.Errorf("%s of %s: %d records, the first ones %v", name, body, len(got), got[:min(len(got), 3)])
			}
		}
	}
	if count < 10_000 {
		t.Errorf("only %d streams", count)
	}
}

// lookalike is a stream of up to 30 messages: of one end (kinds 0 and 1), of both (2), or of one that another protocol answers (3).
func lookalike(r *rand.Rand, kind int, lossy bool, message func() []byte) (talk []said) {
	for range 2 + r.IntN(29) {
		one := said{r.IntN(2), message()}
		switch {
		case kind < 2:
			one.who = kind
		case kind == 3 && one.who == 1:
			one.payload = prefixed(r, nil, 4, nil, false)
		}
		if lossy && r.IntN(8) == 0 {
			one.payload = nil
		}
		talk = append(talk, one)
	}
	return talk
}

// messages of real programs, as text.
var spoken = []string{
	`{"type":"subscribe","channel":"ticker","id":7}`, "42[\"chat message\",\"hello there\"]", "message with ünïcödé in it", "一二三四五六七八九十,你好",
	"SEND\ndestination:/queue/a\n\nhello queue a\n\x00", `{"event":"phx_join","topic":"room:lobby","payload":{},"ref":"1"}`, "the quick brown fox jumps",
}

// TestRealStreamsAreFoundMidStream: the masked frames of a client alone, or with what the server answers, are found in a capture of a few frames,
// whether they say text, structured bytes or compressed messages; and so are two halves whose messages say nothing to others.
func TestRealStreamsAreFoundMidStream(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		frames int
		both   bool
		body   func(r *rand.Rand, i int) (frame.Header, []byte)
	}{
		"text of a client": {3, false, func(_ *rand.Rand, i int) (frame.Header, []byte) {
			return header(frame.Text, 0), []byte(spoken[i%len(spoken)])
		}},
		"text of both": {2, true, func(_ *rand.Rand, i int) (frame.Header, []byte) {
			return header(frame.Text, 0), []byte(spoken[i%len(spoken)])
		}},
		"short text of both": {4, true, func(_ *rand.Rand, i int) (frame.Header, []byte) {
			return header(frame.Text, 0), fmt.Appendf(nil, "hello %d", i)
		}},
		"numbers of a client": {6, false, func(r *rand.Rand, _ int) (frame.Header, []byte) { return header(frame.Binary, 0), numbers(r) }},
		"compressed by a client": {5, false, func(r *rand.Rand, i int) (frame.Header, []byte) {
			return header(frame.Text, frame.RSV1), deflated(fmt.Sprint(spoken[i%len(spoken)], r.Uint64()))
		}},
		"opaque of both": {16, true, func(r *rand.Rand, _ int) (frame.Header, []byte) {
			return header(frame.Binary, 0), noise(r, 1+r.IntN(300))
		}},
	} {
		for seed := range uint64(100) {
			r := rand.New(rand.NewPCG(seed, 3))
			var talk []said
			for i := range c.frames {
				h, body := c.body(r, i+int(seed))
				one := said{}
				if c.both {
					one.who = i & 1
				}
				if h.Masked = one.who == 0; h.Masked {
					copy(h.Key[:], noise(r, 4))
				}
				one.payload = frame.AppendFrame(nil, h, body)
				talk = append(talk, one)
			}
			if got := texts(readStreams(t, [][]said{talk}, false)); len(got) != c.frames {
				t.Errorf("%s, seed %d: %d of %d frames", name, seed, len(got), c.frames)
			}
		}
	}
}

func header(op frame.Opcode, rsv uint8) frame.Header {
	return frame.Header{Fin: true, Opcode: op, Rsv: rsv}
}

// numbers are a structure of small integers, as games send them.
func numbers(r *rand.Rand) (b []byte) {
	for range 8 {
		b = binary.BigEndian.AppendUint32(b, uint32(r.IntN(5000)))
	}
	return b
}

// deflated is the payload of a compressed message (RFC 7692 §7.2.1).
func deflated(text string) []byte {
	var b bytes.Buffer
	w, _ := flate.NewWriter(&b, flate.DefaultCompression)
	_, _ = w.Write([]byte(text))
	_ = w.Flush()
	return bytes.TrimSuffix(b.Bytes(), []byte("\x00\x00\xff\xff"))
}
