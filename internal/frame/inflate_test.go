package frame

import (
	"bytes"
	"compress/flate"
	"errors"
	"io"
	"math/rand/v2"
	"runtime"
	"testing"
)

// These tests prove that inflating is bounded whatever the peer sends, and agrees with compress/flate where it is not
// cut short.

// compressed is one message in one frame with RSV1.
func compressed(dst, payload []byte) []byte {
	return AppendFrame(dst, Header{Fin: true, Rsv: RSV1, Opcode: Binary}, payload)
}

func TestBomb(t *testing.T) {
	const limit = 100_000
	zeros := make([]byte, 3*limit) // past the limit, not past the work that the context is worth
	bomb := make([]byte, 100*limit)
	text := []byte("after the bomb, the same words: after the bomb, the same words")
	for _, c := range []struct {
		name     string
		noTake   bool
		first    []byte
		after    Violations
		afterLen uint64
	}{
		{"large message with takeover", false, zeros, 0, uint64(len(text))},
		{"bomb with takeover", false, bomb, InflateLost, 0},
		{"large message without takeover", true, zeros, 0, uint64(len(text))},
		{"bomb without takeover", true, bomb, 0, uint64(len(text))},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := DeflateParams{ServerNoContextTakeover: c.noTake}
			z := NewDeflater(p, false)
			wire := compressed(nil, z.Append(nil, text))
			wire = compressed(wire, z.Append(nil, c.first))
			wire = compressed(wire, z.Append(nil, text))
			frames, err := collectAnyhow(t, Config{MaxInflate: limit, Snap: 10, Deflate: &p}, wire)
			if err != nil || len(frames) != 3 {
				t.Fatalf("%d frames, %v", len(frames), err)
			}
			if f := frames[1]; f.Violations != InflateLimit || f.message.Length != limit || len(f.message.Body) != 10 {
				t.Errorf("the large one: %v, %d bytes", f.Violations, f.message.Length)
			}
			if f := frames[2]; f.Violations != c.after || f.message.Length != c.afterLen {
				t.Errorf("the one after: %v, %d bytes", f.Violations, f.message.Length)
			}
		})
	}
}

func TestLimitIsExact(t *testing.T) {
	for _, takeover := range []bool{false, true} {
		p := DeflateParams{ServerNoContextTakeover: !takeover}
		for n, want := range map[int]Violations{9_999: 0, 10_000: 0, 10_001: InflateLimit} {
			frames, _ := collect(Config{MaxInflate: 10_000, Deflate: &p}, compressed(nil, NewDeflater(p, false).Append(nil, make([]byte, n))))
			if frames[0].Violations != want {
				t.Errorf("%d bytes: %v", n, frames[0].Violations)
			}
		}
	}
}

func TestTheWholeWindowIsTakenOver(t *testing.T) {
	p := DeflateParams{}
	r := rand.New(rand.NewPCG(8, 8))
	first := make([]byte, maxWindow)
	for i := range first {
		first[i] = byte(r.Uint32())
	}
	z := NewDeflater(p, false)
	wire := compressed(nil, z.Append(nil, first))
	second := z.Append(nil, first[:200]) // a match at the greatest distance there is
	if len(second) > 100 {
		t.Fatalf("%d bytes: no match was made", len(second))
	}
	frames, _ := collect(Config{Deflate: &p}, compressed(wire, second))
	if m := frames[1].message; m.Violations != 0 || !bytes.Equal(m.Body, first[:200]) {
		t.Errorf("%v, %d bytes", m.Violations, m.Length)
	}
}

func TestTooMuchCompressedInputIsNotCollected(t *testing.T) {
	noise := make([]byte, 5000)
	r := rand.New(rand.NewPCG(1, 2))
	for i := range noise {
		noise[i] = byte(r.Uint32())
	}
	for _, noTake := range []bool{false, true} {
		p := DeflateParams{ServerNoContextTakeover: noTake}
		z := NewDeflater(p, false)
		wire := AppendFragments(nil, Header{Rsv: RSV1, Opcode: Binary}, z.Append(nil, noise), 700, nil)
		wire = compressed(wire, z.Append(nil, []byte("x")))
		frames, _ := collectAnyhow(t, Config{MaxInflate: 2000, Deflate: &p}, wire)
		m, after := frames[len(frames)-2].message, frames[len(frames)-1].message
		if m.Violations != InflateLimit || m.Wire < 5000 || m.Length != 0 {
			t.Errorf("%+v", m)
		}
		if lost := after.Violations == InflateLost; lost == noTake || lost != (after.Length == 0) {
			t.Errorf("takeover %t: the message after it: %+v", !noTake, after)
		}
	}
}

// TestEndlessFinalBlocksEnd: each final block restarts the inflater, which costs far more than its two bytes.
func TestEndlessFinalBlocksEnd(t *testing.T) {
	p := DeflateParams{}
	wire := compressed(nil, bytes.Repeat([]byte{0x03, 0x00}, 50_000))
	frames, _ := collect(Config{MaxInflate: 1 << 20, Deflate: &p}, wire)
	if frames[0].Violations != InflateLimit {
		t.Errorf("got %v", frames[0].Violations)
	}
}

func TestABombCostsNoMemory(t *testing.T) {
	p := DeflateParams{}
	const limit = 256 << 10
	bomb := compressed(nil, NewDeflater(p, false).Append(nil, make([]byte, 16<<20)))
	d := NewDecoder(Config{MaxInflate: limit, Deflate: &p})
	if grown := heapGrowth(func() { d.Feed(bomb, func(*Frame) {}) }); grown > 2<<20 {
		t.Errorf("%d KiB of bomb cost %d KiB", len(bomb)>>10, grown>>10)
	}
	runtime.KeepAlive(d)
}

func TestALargeInputBufferIsNotKept(t *testing.T) {
	p := DeflateParams{}
	noise := make([]byte, 2*keptInput)
	r := rand.New(rand.NewPCG(1, 2))
	for i := range noise {
		noise[i] = byte(r.Uint32())
	}
	d := NewDecoder(Config{Deflate: &p})
	n := uint64(0)
	d.Feed(compressed(nil, NewDeflater(p, false).Append(nil, noise)), func(f *Frame) { n = f.Message.Length })
	if n != uint64(len(noise)) || cap(d.inflate.in) > keptInput {
		t.Errorf("%d bytes inflated, %d bytes of input still held", n, cap(d.inflate.in))
	}
}

// heapGrowth returns how many bytes run allocates, freed ones included.
func heapGrowth(run func()) int {
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	run()
	runtime.ReadMemStats(&after)
	return int(after.TotalAlloc - before.TotalAlloc)
}

func FuzzInflate(f *testing.F) {
	z := NewDeflater(DeflateParams{}, false)
	f.Add(z.Append(nil, []byte("Hello, Hello, Hello")), false)
	f.Add(z.Append(nil, make([]byte, 100_000)), true)
	f.Add([]byte{0xf3, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00, 0x00}, true)
	f.Add([]byte{0xf2, 0x48, 0x05, 0x00, 0x00, 0x00, 0xff, 0xff, 0xca, 0xc9, 0xc9, 0x07, 0x00}, false)
	f.Add([]byte{0x03, 0x00, 0x03, 0x00}, true)
	f.Add([]byte{0xff}, false)
	f.Fuzz(func(t *testing.T, payload []byte, noTakeover bool) {
		const limit = 50_000
		p := DeflateParams{ServerNoContextTakeover: noTakeover}
		d := NewDecoder(Config{MaxInflate: limit, Snap: limit, Deflate: &p})
		var m Message
		emit := func(f *Frame) {
			m = *f.Message
			m.Body = bytes.Clone(m.Body)
		}
		d.Feed(compressed(nil, payload), emit)
		d.End(emit)
		if len(m.Body) > limit || m.Length > limit {
			t.Fatalf("%d bytes kept of %d, the limit is %d", len(m.Body), m.Length, limit)
		}
		if cap(d.inflate.in) > keptInput || cap(d.inflate.window) > 2*maxWindow {
			t.Fatalf("holds %d bytes of input and %d of history", cap(d.inflate.in), cap(d.inflate.window))
		}
		want, err := inflateSlowly(payload)
		switch v := m.Violations; {
		case v&InflateLimit != 0:
			if !bytes.HasPrefix(want, m.Body) && len(payload) <= limit {
				t.Fatal("the start is not that of compress/flate")
			}
		case v&DeflateData != 0:
			if err == nil {
				t.Fatal("compress/flate finds nothing wrong")
			}
		case err != nil || !bytes.Equal(want, m.Body):
			t.Fatalf("%v: %d bytes, compress/flate %d, %v", v, len(m.Body), len(want), err)
		}
	})
}

// inflateSlowly is the obvious twin: streams one after the other, each with all output so far as its context.
func inflateSlowly(payload []byte) (out []byte, err error) {
	source := bytes.NewReader(append(bytes.Clone(payload), flateTail...))
	for first := true; source.Len() > 0; first = false {
		if !first && source.Len() == len(flateTail) {
			return out, nil
		}
		more, err := io.ReadAll(io.LimitReader(flate.NewReaderDict(source, out), 1<<20))
		out = append(out, more...)
		if err != nil || len(more) == 1<<20 {
			return out, errors.Join(err, errors.New("too long"))
		}
	}
	return out, nil
}
