package http2

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
)

// gathered is what a handler was given, as text.
type gathered struct {
	events []string
	data   map[string]string
}

func newGathered() *gathered { return &gathered{data: map[string]string{}} }

func (g *gathered) Headers(who int, stream uint32, fields []Field, end bool) {
	g.events = append(g.events, fmt.Sprint(who, stream, fields, end))
}

func (g *gathered) Data(who int, stream uint32, p []byte, end bool) {
	g.data[fmt.Sprint(who, " ", stream)] += string(p)
	if end {
		g.events = append(g.events, fmt.Sprint(who, stream, " ends"))
	}
}

func (g *gathered) Reset(who int, stream, code uint32) {
	g.events = append(g.events, fmt.Sprint(who, stream, " reset ", code))
}

func (g *gathered) Lost(who int, stream, n uint32) {
	g.events = append(g.events, fmt.Sprint(who, stream, " lost ", n))
}

// writer makes one half with the frames of golang.org/x/net.
type writer struct {
	b     bytes.Buffer
	f     *http2.Framer
	block bytes.Buffer
	enc   *hpack.Encoder
}

func newWriter() *writer {
	w := &writer{}
	w.f = http2.NewFramer(&w.b, nil)
	w.enc = hpack.NewEncoder(&w.block)
	return w
}

func (w *writer) headers(stream uint32, end bool, split int, fields ...string) {
	w.block.Reset()
	for i := 0; i < len(fields); i += 2 {
		_ = w.enc.WriteField(hpack.HeaderField{Name: fields[i], Value: fields[i+1]})
	}
	block := bytes.Clone(w.block.Bytes())
	split = min(split, len(block))
	_ = w.f.WriteHeaders(http2.HeadersFrameParam{
		StreamID: stream, BlockFragment: block[:split], EndStream: end, EndHeaders: split == len(block),
		PadLength: uint8(split % 7), Priority: http2.PriorityParam{Weight: uint8(split % 2)},
	})
	if split < len(block) {
		_ = w.f.WriteContinuation(stream, true, block[split:])
	}
}

// conversation is what a client sends: two streams whose second one refers to the fields of the first.
func conversation() (*writer, *gathered) {
	w, want := newWriter(), newGathered()
	w.b.WriteString(Preface)
	_ = w.f.WriteSettings(http2.Setting{ID: http2.SettingHeaderTableSize, Val: 8192})
	_ = w.f.WriteWindowUpdate(0, 1000)
	w.headers(1, false, 10, ":method", "CONNECT", ":protocol", "websocket", ":path", "/a", "x-long", strings.Repeat("v", 300))
	_ = w.f.WriteDataPadded(1, false, []byte("hello"), make([]byte, 9))
	_ = w.f.WriteData(1, false, bytes.Repeat([]byte("long "), 3000))
	w.headers(3, true, 1000, ":method", "GET", ":path", "/a", "x-long", strings.Repeat("v", 300))
	_ = w.f.WriteData(1, true, nil)
	_ = w.f.WriteRSTStream(5, http2.ErrCodeCancel)
	want.events = []string{
		fmt.Sprint(0, 1, []Field{{":method", "CONNECT"}, {":protocol", "websocket"}, {":path", "/a"}, {"x-long", strings.Repeat("v", 300)}}, false),
		fmt.Sprint(0, 3, []Field{{":method", "GET"}, {":path", "/a"}, {"x-long", strings.Repeat("v", 300)}}, true),
		"0 1 ends", "0 5 reset 8",
	}
	want.data["0 1"] = "hello" + strings.Repeat("long ", 3000)
	return w, want
}

// TestTablesTakeOfTheBudget proves that what a table of header fields may hold is counted, in the size that the peer allows.
func TestTablesTakeOfTheBudget(t *testing.T) {
	for _, allowed := range []uint32{4096, 64 << 10} {
		w := newWriter()
		w.b.WriteString(Preface)
		w.enc.SetMaxDynamicTableSizeLimit(allowed)
		w.enc.SetMaxDynamicTableSize(allowed)
		for n := range 300 {
			w.headers(uint32(2*n+1), true, 1000, ":method", "GET", "x-long", strings.Repeat("v", 300)+fmt.Sprint(n))
		}
		kept := 0
		c := New(newGathered(), func(n int) bool { kept += n; return true })
		server := newWriter()
		_ = server.f.WriteSettings(http2.Setting{ID: http2.SettingHeaderTableSize, Val: allowed})
		if err := errors.Join(c.Feed(1, server.b.Bytes()), c.Feed(0, w.b.Bytes())); err != nil || c.Unknown() != 0 {
			t.Fatal(err, c.Unknown())
		}
		if kept != int(allowed) {
			t.Errorf("with %d bytes allowed, %d are counted", allowed, kept)
		}
		if c.End(); kept != 0 {
			t.Errorf("%d bytes are not returned", kept)
		}
	}
}

// TestSplits: headers, data, padding, priorities and continuations come out the same however the bytes are cut.
func TestSplits(t *testing.T) {
	w, want := conversation()
	seed := rand.Uint64()
	random := rand.New(rand.NewPCG(seed, 0))
	for range 200 {
		got := newGathered()
		c := New(got, nil)
		for b := w.b.Bytes(); len(b) > 0; {
			n := min(1+random.IntN(1+random.IntN(2000)), len(b))
			if err := c.Feed(0, b[:n]); err != nil {
				t.Fatalf("seed %d: %v", seed, err)
			}
			b = b[n:]
		}
		if fmt.Sprint(got) != fmt.Sprint(want) || c.Unknown() != 0 {
			t.Fatalf("seed %d: %.1000s\nwant %.1000s", seed, fmt.Sprint(got), fmt.Sprint(want))
		}
	}
}

// TestLost: bytes that are missing inside of data cost only themselves; behind others, frames are found again, and fields that refer to
// what was lost are unknown.
func TestLost(t *testing.T) {
	w, _ := conversation()
	all := w.b.Bytes()
	at := bytes.Index(all, []byte("long long"))
	got := newGathered()
	c := New(got, nil)
	_ = c.Feed(0, all[:at])
	c.Lose(0, 5)
	_ = c.Feed(0, all[at+5:])
	if got.events[1] != "0 1 lost 5" || got.data["0 1"] != "hello"+strings.Repeat("long ", 2999) || len(got.events) != 5 || c.Unknown() != 0 {
		t.Errorf("%.600s", fmt.Sprint(got.events))
	}
	second := bytes.LastIndex(all, []byte("long ")) + 5 // where the headers of stream 3 begin
	got = newGathered()
	c = New(got, nil)
	_ = c.Feed(0, all[:at-200])
	c.Lose(0, uint32(second-at+200))
	_ = c.Feed(0, all[second:])
	want := fmt.Sprint(0, 3, []Field{{":method", "GET"}, {Unknown, Unknown}, {Unknown, Unknown}}, true)
	if events := fmt.Sprint(got.events); !strings.Contains(events, want) || !strings.Contains(events, "0 1 ends") || c.Unknown() != 2 {
		t.Errorf("%d unknown: %.600s", c.Unknown(), events)
	}
}

// TestUnknownNames: the name of a new entry may refer to a missing one; what comes behind is counted right.
func TestUnknownNames(t *testing.T) {
	enc := newWriter()
	enc.headers(1, false, 1000, "x-name", "one")
	enc.b.Reset()
	enc.headers(3, false, 1000, "x-name", "two", "x-other", "three")
	enc.headers(5, false, 1000, "x-name", "two", "x-other", "three")
	got := newGathered()
	c := New(got, nil)
	c.halves[0].began = true
	_ = c.Feed(0, enc.b.Bytes())
	want := []string{"0 3 [{unknown two} {x-other three}] false", "0 5 [{unknown two} {x-other three}] false"}
	if !slices.Equal(got.events, want) || c.Unknown() != 1 {
		t.Errorf("%d unknown: %q", c.Unknown(), got.events)
	}
}

func TestBegins(t *testing.T) {
	for text, want := range map[string][2]bool{
		Preface:                                {true, false},
		Preface + "x":                          {true, false},
		"PRI * ":                               {false, true},
		"PUT / HTTP/1.1":                       {false, false},
		"\x00\x00\x06\x04\x00\x00\x00\x00\x00": {true, false},
		"\x00\x00\x06\x04":                     {false, true},
		"\x00\x00\x05\x04\x00\x00\x00\x00\x00": {false, false},
		"\x81\x05hello":                        {false, false},
	} {
		if yes, more := Begins([]byte(text)); yes != want[0] || more != want[1] {
			t.Errorf("%q: %v %v", text, yes, more)
		}
	}
}

// FuzzConn: whatever two ends send, with parts missing, nothing panics, and memory is bounded and given back.
func FuzzConn(f *testing.F) {
	w, _ := conversation()
	all := w.b.Bytes()
	f.Add(all[:600], uint16(0), uint16(0))
	f.Add(append(all[:500:500], all[len(all)-400:]...), uint16(300), uint16(40))
	f.Fuzz(func(t *testing.T, b []byte, at, lost uint16) {
		kept := 0
		c := New(newGathered(), func(n int) bool { kept += n; return kept < 1<<20 })
		n := min(int(at), len(b))
		_ = c.Feed(0, b[:n])
		c.Lose(int(lost&1), uint32(lost))
		_ = c.Feed(0, b[n:])
		_ = c.Feed(1, b)
		if c.End(); kept != 0 {
			t.Fatalf("%d bytes are not given back", kept)
		}
	})
}
