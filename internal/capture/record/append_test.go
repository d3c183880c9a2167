package record

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"strings"
	"testing"

	"github.com/tetherscope/tetherscope/internal/frame"
)

// These tests pin the binary form: a capture written today must be read by every later version.

func TestBinaryForm(t *testing.T) {
	for _, c := range []struct {
		name   string
		record Record
		want   string // after the three bytes of length
	}{
		{
			"frame",
			Record{
				Kind: KindFrame, Leg: LegUpstream, Dir: In, Time: 0x0102030405060708, Conn: 300,
				Header:  frame.Header{Fin: true, Rsv: frame.RSV1, Opcode: frame.Text, Masked: true, Key: [4]byte{1, 2, 3, 4}, Length: 5, Size: 6},
				Offset:  7,
				Payload: []byte("Hello"), Message: 2, Violations: frame.MaskedServer,
			},
			"03 03 10 0807060504030201 ac02 c1 06 01020304 05 07 02 02 0548656c6c6f",
		},
		{
			"frame that ends a message",
			Record{Kind: KindFrame, Conn: 1, Final: true, Compressed: true, Frames: 3, Wire: 200, Inflated: 4, Body: []byte("body"), Header: frame.Header{Size: 2}},
			"03 00 0e 0000000000000000 01 00 02 00 00 00 00 00 03 c801 04 04626f6479",
		},
		{"request", Record{Kind: KindRequest, Head: []byte("GET"), Name: "/ws", Remote: "a:1"}, "01 00 00 0000000000000000 00 03474554 032f7773 03613a31"},
		{"response", Record{Kind: KindResponse, Head: []byte("HTTP")}, "02 00 00 0000000000000000 00 0448545450"},
		{"close", Record{Kind: KindClose, By: SideServer, Code: 4001, Reason: "bye", Clean: true}, "04 00 20 0000000000000000 00 02 a10f 00 03627965"},
		{"injected", Record{Kind: KindEnd, Conn: 300, Marks: Injected}, "05 00 40 0000000000000000 ac02 01 00 0000 00 00"},
		{"note", Record{Kind: KindNote, Source: SourcePage, Conn: 1, Name: "retry", Reason: "in 2 s"}, "07 00 80 0000000000000000 01 057265747279 06696e20322073"},
		{"request that waited", Record{Kind: KindRequest, Head: []byte("GET"), Waited: 300}, "01 04 00 0000000000000000 00 03474554 00 00 ac02"},
		{"request of a program", Record{Kind: KindRequest, Head: []byte("GET"), Waited: 300, Program: Program{300, "curl"}}, "01 24 00 0000000000000000 00 03474554 00 00 ac02 ac02 046375726c"},
		{"request on a node", Record{Kind: KindRequest, Head: []byte("GET"), Program: Program{7, "x"}, Node: "b"}, "01 a0 00 0000000000000000 00 03474554 00 00 07 0178 0162"},
		{"response of a target", Record{Kind: KindResponse, Head: []byte("HTTP"), Reached: Reached{"a:1", 1, 2, 0, 300}}, "02 04 00 0000000000000000 00 0448545450 03613a31 01 02 00 ac02"},
		{
			"passed",
			Record{Kind: KindTransit, Dir: In, Conn: 1, Transits: []Transit{{0, 300, 5}, {300, 301, 1}, {200, 201, 0}}},
			"08 01 00 0000000000000000 01 03 00ac0205 000101 c9010100",
		},
		{"end", Record{Kind: KindEnd, By: SideClient}, "05 00 00 0000000000000000 00 01 0000 00 00"},
		{"broken", Record{Kind: KindBroken, Dir: In, Offset: 128, Reason: "x"}, "06 01 00 0000000000000000 00 00 0000 8001 0178"},
	} {
		want, err := hex.DecodeString(strings.ReplaceAll(c.want, " ", ""))
		if err != nil {
			t.Fatal(err)
		}
		got := AppendRecord(nil, &c.record)
		if !bytes.Equal(got[3:], want) || !bytes.Equal(got[:3], []byte{byte(len(want)) | 0x80, 0x80, 0}) {
			t.Errorf("%s:\n got %x\nwant 3 bytes and %x", c.name, got, want)
		}
	}
	got := AppendBatch([]byte("x"), Batch{First: 1, Count: 2, Missed: 300, Evicted: 4})
	if want := []byte{'x', 2, 1, 2, 0xAC, 2, 4}; !bytes.Equal(got, want) {
		t.Errorf("batch: got %x, want %x", got, want)
	}
}

// TestLengthAroundThreeBytes: up to 2 MiB - 1 the length has the three bytes kept for it; then the record moves up.
func TestLengthAroundThreeBytes(t *testing.T) {
	sizes := []int{0, 1, 127, 128, 1<<14 - 1, 1 << 14}
	for n := 1<<21 - 24; n < 1<<21+8; n++ {
		sizes = append(sizes, n)
	}
	seen := map[int]bool{}
	for _, n := range sizes {
		head := bytes.Repeat([]byte{0xA5}, n)
		prefix := []byte("before")
		b := AppendBatch(prefix, Batch{First: 9, Count: 2})
		at := len(b)
		b = AppendRecord(b, &Record{Kind: KindResponse, Head: head})
		length, k := binary.Uvarint(b[at:])
		if int(length) != len(b)-at-k || k != 3+int(length>>21) {
			t.Errorf("%d bytes: written as %d in %d bytes", len(b)-at-k, length, k)
		}
		seen[int(length)] = true
		b = AppendRecord(b, &Record{Kind: KindEnd, Reason: "after it"})
		var got []Record
		_, err := ReadBatch(b[len(prefix):], func(r *Record) bool { got = append(got, *r); return true })
		if err != nil || len(got) != 2 || !bytes.Equal(got[0].Head, head) || got[1].Reason != "after it" || got[1].Seq != 10 {
			t.Fatalf("%d bytes: %d records, %v", n, len(got), err)
		}
	}
	if !seen[1<<21-1] || !seen[1<<21] {
		t.Error("the border was not reached from both sides")
	}
}

func BenchmarkAppendRecord(b *testing.B) {
	for _, size := range []int{128, 16 << 10} {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			r := Record{
				Kind: KindFrame, Time: 1, Conn: 1, Payload: make([]byte, size), Message: 1, Final: true, Frames: 1,
				Header: frame.Header{Fin: true, Opcode: frame.Text, Masked: true, Length: uint64(size), Size: 8},
			}
			var buf []byte
			b.SetBytes(int64(size))
			b.ReportAllocs()
			for b.Loop() {
				buf = AppendRecord(buf[:0], &r)
			}
		})
	}
}
