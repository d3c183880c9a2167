package binscan

import (
	"encoding/hex"
	"errors"
	"math"
	"strings"
	"testing"
	"time"
)

func unhex(t *testing.T, text string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(text, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestItems: the first item of every kind, with its end, in both formats.
func TestItems(t *testing.T) {
	for _, c := range []struct {
		format Format
		in     string
		want   Item
	}{
		{MessagePack, "7f", Item{Kind: Unsigned, N: 127, End: 1}},
		{MessagePack, "e0", Item{Kind: Negative, N: 31, End: 1}},
		{MessagePack, "d3 80 00 00 00 00 00 00 00", Item{Kind: Negative, N: math.MaxInt64, End: 9}},
		{MessagePack, "d0 05", Item{Kind: Unsigned, N: 5, End: 2}},
		{MessagePack, "82 a1", Item{Kind: Map, N: 2, End: 1}},
		{MessagePack, "dd 00 00 00 03", Item{Kind: List, N: 3, End: 5}},
		{MessagePack, "a1 61 ff", Item{Kind: Text, Data: []byte("a"), End: 2}},
		{MessagePack, "c4 01 07", Item{Kind: Bytes, Data: []byte{7}, End: 3}},
		{MessagePack, "d4 05 07", Item{Kind: Extension, Type: 5, Data: []byte{7}, End: 3}},
		{MessagePack, "ca 3f c0 00 00", Item{Kind: Float, Value: 1.5, Bits: 32, End: 5}},
		{MessagePack, "c3", Item{Kind: True, End: 1}},
		{CBOR, "1b ff ff ff ff ff ff ff ff", Item{Kind: Unsigned, N: math.MaxUint64, End: 9}},
		{CBOR, "20", Item{Kind: Negative, End: 1}},
		{CBOR, "9f", Item{Kind: List, Open: true, End: 1}},
		{CBOR, "ff", Item{Kind: Break, End: 1}},
		{CBOR, "c1 00", Item{Kind: Tag, N: 1, End: 1}},
		{CBOR, "f9 3c 00", Item{Kind: Float, Value: 1, Bits: 32, End: 3}},
		{CBOR, "f9 fc 00", Item{Kind: Float, Value: math.Inf(-1), Bits: 32, End: 3}},
		{CBOR, "f9 00 01", Item{Kind: Float, Value: 0x1p-24, Bits: 32, End: 3}},
		{CBOR, "f7", Item{Kind: Undefined, End: 1}},
		{CBOR, "f8 ff", Item{Kind: Simple, N: 255, End: 2}},
		{CBOR, "7f 61 61 62 62 63 ff 00", Item{Kind: Text, Data: []byte("abc"), End: 7}},
		{CBOR, "42 01 02", Item{Kind: Bytes, Data: []byte{1, 2}, End: 3}},
	} {
		got, err := Read(c.format, unhex(t, c.in), 0)
		if err != nil {
			t.Errorf("%s: %v", c.in, err)
			continue
		}
		data, want := got.Data, c.want.Data
		got.Data, c.want.Data = nil, nil
		if string(data) != string(want) || got.Kind != c.want.Kind || got.N != c.want.N || got.Value != c.want.Value || got.End != c.want.End ||
			got.Open != c.want.Open || got.Type != c.want.Type || got.Bits != c.want.Bits {
			t.Errorf("%s: %+v %q, want %+v %q", c.in, got, data, c.want, want)
		}
	}
}

// TestFaults: each says where and why, and one for want of bytes stands at the payload's end.
func TestFaults(t *testing.T) {
	for _, c := range []struct {
		format Format
		in     string
		at     int
		want   string
	}{
		{MessagePack, "", 0, "the data ends where a MessagePack value is expected"},
		{MessagePack, "c1", 0, "byte C1 starts no MessagePack value"},
		{MessagePack, "cd 01", 2, "the data ends inside a MessagePack value"},
		{MessagePack, "db ff ff ff ff 61", 6, "the data ends inside a MessagePack value of 4294967295 bytes"},
		{MessagePack, "d8", 1, "the data ends inside a MessagePack extension"},
		{MessagePack, "c7 05 01 00", 4, "the data ends inside a MessagePack extension"},
		{CBOR, "", 0, "the data ends where a CBOR item is expected"},
		{CBOR, "fc", 0, "byte FC starts no CBOR item"},
		{CBOR, "1f", 0, "byte 1F starts no CBOR item"},
		{CBOR, "df", 0, "byte DF starts no CBOR item"},
		{CBOR, "19 01", 2, "the data ends inside a CBOR item"},
		{CBOR, "7b ff ff ff ff ff ff ff ff", 9, "the data ends inside a CBOR string of 18446744073709551615 bytes"},
		{CBOR, "7f 41 00 ff", 1, "a piece of a CBOR string is of another kind"},
		{CBOR, "7f 7f ff ff", 1, "a piece of a CBOR string is of another kind"},
		{CBOR, "7f 62 61", 3, "the data ends inside a piece of a CBOR string"},
		{CBOR, "7f 61 61", 3, "the end of a CBOR string in pieces is missing"},
	} {
		_, err := Read(c.format, unhex(t, c.in), 0)
		var fault *Fault
		if !errors.As(err, &fault) || fault.At != c.at || fault.Error() != c.want {
			t.Errorf("%s: %v, want %q at %d", c.in, err, c.want, c.at)
		}
	}
}

// TestNumbersAreExact at the ends of what 65 bits hold.
func TestNumbersAreExact(t *testing.T) {
	for want, it := range map[string]Item{
		"18446744073709551615": {Kind: Unsigned, N: math.MaxUint64}, "-1": {Kind: Negative}, "-9223372036854775809": {Kind: Negative, N: 1 << 63},
		"-18446744073709551616": {Kind: Negative, N: math.MaxUint64},
	} {
		if got := string(it.AppendNumber(nil)); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}

// TestTimes: all three lengths of MessagePack's timestamp; what is out of range or of another type is none.
func TestTimes(t *testing.T) {
	for in, want := range map[string]string{
		"d6 ff 00 00 00 01":                            "1970-01-01T00:00:01Z",
		"d7 ff 00 00 00 04 00 00 00 01":                "1970-01-01T00:00:01.000000001Z",
		"c7 0c ff 00 00 00 02 00 00 00 00 00 00 00 01": "1970-01-01T00:00:01.000000002Z",
		"c7 0c ff 3b 9a ca 00 00 00 00 00 00 00 00 01": "",
		"c7 0c ff 00 00 00 00 00 00 00 3a ff f4 41 80": "",
		"d6 01 00 00 00 01":                            "",
		"c7 03 ff 00 00 00":                            "",
	} {
		it, err := Read(MessagePack, unhex(t, in), 0)
		if err != nil {
			t.Fatal(in, err)
		}
		got := ""
		if when, ok := it.Time(); ok {
			got = when.Format(time.RFC3339Nano)
		}
		if got != want {
			t.Errorf("%s: %q, want %q", in, got, want)
		}
	}
}

// FuzzRead: an item ends after it begins and inside the payload, holds no more bytes than are there, and a fault stands inside or at the end.
func FuzzRead(f *testing.F) {
	for _, seed := range []string{"\x82\xa1a\x01", "\xbfaa\x9f\x01\x20\xff\xff", "\x7fest\xff", "\xdb\xff\xff\xff\xff", "\xc7\x0c\xff"} {
		f.Add([]byte(seed), uint8(0))
	}
	f.Fuzz(func(t *testing.T, b []byte, from uint8) {
		i := min(int(from), len(b))
		for _, format := range []Format{MessagePack, CBOR} {
			it, err := Read(format, b, i)
			var fault *Fault
			switch {
			case err == nil && (it.End <= i || it.End > len(b) || len(it.Data) > len(b)):
				t.Errorf("%d %x: %+v", format, b[i:], it)
			case err != nil && (!errors.As(err, &fault) || fault.At < i || fault.At > len(b)):
				t.Errorf("%d %x: %+v", format, b[i:], err)
			}
		}
	})
}
