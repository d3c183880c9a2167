package frame

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
)

// These tests prove that a decoder's memory is bounded by its configuration and that it stops only where it must.

func TestLengthWithItsTopBitStopsTheDecoder(t *testing.T) {
	wire := wireOf(t, "81 01 61\n 82 7f 80 00 00 00 00 00 00 05 61 62 63 64 65\n 81 01 61")
	frames, err := collectAnyhow(t, Config{}, wire)
	if len(frames) != 2 || frames[1].Violations != LengthTopBit || !frames[1].Truncated || frames[1].Length != 1<<63+5 {
		t.Fatalf("%+v", frames)
	}
	var at *Error
	if !errors.As(err, &at) || at.Offset != 3 || !errors.Is(err, ErrLength) || !strings.Contains(err.Error(), "at byte 3") {
		t.Errorf("got %v", err)
	}
}

func TestHeaderThatIsCut(t *testing.T) {
	wire := wireOf(t, "81 01 61\n 82 ff 00 00 00 00 00 01 00 00 01 02 03 04")
	for n := 4; n < len(wire); n++ {
		frames, err := collectAnyhow(t, Config{}, wire[:n])
		var at *Error
		if len(frames) != 1 || !errors.As(err, &at) || at.Offset != 3 || !errors.Is(err, ErrHeaderCut) {
			t.Fatalf("%d bytes: %d frames, %v", n, len(frames), err)
		}
	}
}

func TestNothingIsDecodedAfterTheEnd(t *testing.T) {
	d := NewDecoder(Config{})
	n := 0
	emit := func(*Frame) { n++ }
	d.Feed([]byte{0x81}, emit)
	d.End(emit)
	first := d.Err()
	d.Feed([]byte{0x89, 0}, emit)
	d.End(emit)
	if n != 0 || first == nil || !errors.Is(d.Err(), first) {
		t.Errorf("%d frames, %v, then %v", n, first, d.Err())
	}
}

// TestBetweenFramesADecoderHoldsNoPayload: ten thousand idle connections cost no buffers, whatever passed on them before.
func TestBetweenFramesADecoderHoldsNoPayload(t *testing.T) {
	d := NewDecoder(Config{FromClient: true})
	wire := AppendFrame(nil, Header{Fin: true, Opcode: Binary, Masked: true, Key: [4]byte{1, 2, 3, 4}}, bytes.Repeat([]byte("x"), 50_000))
	for _, cut := range []int{len(wire), 7, 1000, len(wire) - 1} {
		var got []byte
		emit := func(f *Frame) { got = bytes.Clone(f.Payload) }
		d.Feed(wire[:cut], emit)
		if len(wire) > cut && d.buf == nil && cut > 8 {
			t.Errorf("cut at %d: no payload is held inside of a frame", cut)
		}
		d.Feed(wire[cut:], emit)
		if d.buf != nil || d.frame.Payload != nil || len(got) != 50_000 {
			t.Errorf("cut at %d: %d bytes were emitted, a buffer is held: %t", cut, len(got), d.buf != nil)
		}
	}
	d.Feed(wire[:1000], func(*Frame) {})
	if d.End(func(*Frame) {}); d.buf != nil {
		t.Error("a decoder at its end holds a buffer")
	}
}

func TestAnAbsurdLengthIsCountedNotKept(t *testing.T) {
	const passed = 8 << 20
	d := NewDecoder(Config{FromClient: true, Snap: 1000})
	var got seen
	emit := func(f *Frame) { got = keep(f) }
	grown := heapGrowth(func() {
		d.Feed(AppendHeader(nil, Header{Fin: true, Opcode: Text, Masked: true, Key: [4]byte{1, 2, 3, 4}, Length: 1 << 62}), emit)
		block := bytes.Repeat([]byte{'a' ^ 1, 'a' ^ 2, 'a' ^ 3, 'a' ^ 4}, 16<<10/4)
		for range passed / len(block) {
			d.Feed(block, emit)
		}
		d.End(emit)
	})
	if got.Length != 1<<62 || got.Violations != FrameCut || !got.Truncated || len(got.Payload) != 1000 || d.offset != passed+14 {
		t.Errorf("%+v, %d bytes kept, %v", got.Header, len(got.Payload), got.Violations)
	}
	if grown > 64<<10 {
		t.Errorf("%d KiB of payload cost %d KiB", passed>>10, grown>>10)
	}
}

func TestEndlessEmptyFragmentsCostNoMemory(t *testing.T) {
	for _, p := range []*DeflateParams{nil, {}} {
		d := NewDecoder(Config{Deflate: p})
		n := 0
		emit := func(*Frame) { n++ }
		start := Header{Opcode: Text}
		if p != nil {
			start.Rsv = RSV1
		}
		wire := AppendHeader(nil, start)
		d.Feed(wire, emit)
		block := bytes.Repeat([]byte{0, 0}, 8<<10)
		grown := heapGrowth(func() {
			for range 128 {
				d.Feed(block, emit)
			}
		})
		if n != 1+128*8<<10 || grown > 16<<10 {
			t.Errorf("%d frames cost %d bytes", n, grown)
		}
	}
}

func TestSteadyStateAllocatesNothing(t *testing.T) {
	p := &DeflateParams{}
	z := NewDeflater(*p, true)
	key := func() [4]byte { return [4]byte{9, 8, 7, 6} }
	text := bytes.Repeat([]byte("some text "), 2000)
	wire := AppendFragments(nil, Header{Opcode: Text, Masked: true}, text, 3000, key)
	wire = AppendFragments(wire, Header{Opcode: Binary, Masked: true}, text, 0, key)
	wire = AppendFragments(wire, Header{Opcode: Text, Masked: true}, nil, 0, key)
	wire = AppendFragments(wire, Header{Opcode: Text, Masked: true, Rsv: RSV1}, z.Append(nil, text), 50, key)
	wire = AppendFrame(wire, Header{Fin: true, Opcode: Ping, Masked: true, Key: key()}, []byte("ping"))
	wire = AppendFrame(wire, Header{Fin: true, Opcode: Close, Masked: true, Key: key()}, AppendClose(nil, 4001, "über"))

	// Without takeover, so that the same bytes mean the same every time.
	d := NewDecoder(Config{FromClient: true, Deflate: &DeflateParams{ClientNoContextTakeover: true}})
	emit := func(*Frame) {}
	for _, size := range []int{len(wire), 1400, 1} {
		allocs := testing.AllocsPerRun(10, func() {
			for rest := wire; len(rest) > 0; {
				n := min(size, len(rest))
				d.Feed(rest[:n], emit)
				rest = rest[n:]
			}
		})
		if allocs > 0 && !underRace {
			t.Errorf("in pieces of %d bytes: %g allocations", size, allocs)
		}
	}
}

func FuzzChunks(f *testing.F) {
	for _, v := range vectors {
		f.Add(unhex(f, v.wire), uint64(1), byte(0))
	}
	for i, c := range conversations {
		f.Add(wireOf(f, c.wire), uint64(i), byte(i))
	}
	f.Fuzz(func(t *testing.T, wire []byte, cuts uint64, mode byte) {
		r := rand.New(rand.NewPCG(cuts, 0))
		c := Config{FromClient: mode&1 != 0, Snap: int(mode>>4) * 20, MaxInflate: 10_000}
		if mode&2 != 0 {
			c.Deflate = &DeflateParams{ClientNoContextTakeover: mode&4 != 0, ServerNoContextTakeover: mode&4 != 0}
		}
		want, wantErr := collectAnyhow(t, c, wire)
		got, err := collect(c, split(wire, 1+r.IntN(100), r)...)
		if !reflect.DeepEqual(got, want) || !reflect.DeepEqual(err, wantErr) {
			t.Fatalf("got %+v, %v, want %+v, %v", got, err, want, wantErr)
		}
	})
}
