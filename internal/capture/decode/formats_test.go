package decode

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"encoding/hex"
	"strings"
	"testing"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/zstd"
)

func TestJSON(t *testing.T) {
	golden(t, jsonText{}, []vector{
		{text: `{"type":"trade","p":[1,-2.5e3,true,null,"\u00e9\n"],"o":{}}`},
		{text: ` [1, {"a b": "<b>"}] `},
		{text: `{"a":1} x`},
		{text: `{"a":1,}`},
		{text: `{"a" 1}`},
		{text: `[1 2]`},
		{text: `{"a":tru}`},
		{text: `{"a":"b`},
		{text: `"text"`},
		{text: `plain`},
		{text: ``},
		{text: strings.Repeat("[", 60) + strings.Repeat("]", 60)},
	})
}

func TestMessagePack(t *testing.T) {
	golden(t, messagePack{}, []vector{
		{hex: "82 a7 63 6f 6d 70 61 63 74 c3 a6 73 63 68 65 6d 61 00"}, // {"compact":true,"schema":0}, of msgpack.org
		{hex: "9b c0 c2 cc ff cd 01 00 ce ff ff ff ff cf ff ff ff ff ff ff ff ff d0 80 d1 80 00 d2 80 00 00 00 d3 80 00 00 00 00 00 00 00 e0"},
		{hex: "95 ca 3f 80 00 00 cb 3f f8 00 00 00 00 00 00 c4 02 ca fe d9 01 61 d4 05 07"},
		{hex: "92 d6 ff 65 53 f1 00 c7 0c ff 00 00 00 01 00 00 00 00 65 53 f1 00"},
		{hex: "81 01 91 80"},
		{hex: "93 01 02"},
		{hex: "dd ff ff ff ff 01"},
		{hex: "c1"},
		{hex: "db ff ff ff ff 61", subprotocol: "x.msgpack"},
		{hex: "01 02", subprotocol: "x.msgpack"},
	})
}

func TestCBOR(t *testing.T) {
	golden(t, cborData{}, []vector{ // most are of RFC 8949, appendix A
		{hex: "a2 61 61 01 61 62 82 02 03"},
		{hex: "8b 00 18 64 1b ff ff ff ff ff ff ff ff 20 3b ff ff ff ff ff ff ff ff f9 3e 00 fa 47 c3 50 00 fb c0 10 66 66 66 66 66 66 f9 7e 00 f9 fc 00 f9 00 01"},
		{hex: "86 f4 f5 f6 f7 f8 ff f0"},
		{hex: "c0 74 32 30 31 33 2d 30 33 2d 32 31 54 32 30 3a 30 34 3a 30 30 5a"},
		{hex: "d9 d9 f7 82 44 01 02 03 04 5f 42 01 02 43 03 04 05 ff"},
		{hex: "9f 01 82 02 03 9f 04 05 ff ff"},
		{hex: "bf 63 46 75 6e f5 63 41 6d 74 21 ff"},
		{hex: "7f 65 73 74 72 65 61 64 6d 69 6e 67 ff", subprotocol: "cbor"},
		{hex: "9b ff ff ff ff ff ff ff ff 01"},
		{hex: "5b ff ff ff ff ff ff ff ff 01", subprotocol: "cbor"},
		{hex: "fc", subprotocol: "cbor"},
		{hex: "5f 61 61 ff", subprotocol: "cbor"},
	})
}

// schemaVector is the descriptor set of
//
//	package p; message M { int32 a = 1; string b = 2; repeated sint32 c = 3; E d = 4; M e = 5; enum E { ZERO = 0; ONE = 1; } }
func schemaVector(t *testing.T) *Schema {
	t.Helper()
	field := func(name string, number, label, kind byte, typeName string) string {
		f := "\x0a" + string(rune(len(name))) + name + "\x18" + string(rune(number)) + "\x20" + string(rune(label)) + "\x28" + string(rune(kind))
		if typeName != "" {
			f += "\x32" + string(rune(len(typeName))) + typeName
		}
		return "\x12" + string(rune(len(f))) + f
	}
	enum := "\x0a\x01E" + "\x12\x08\x0a\x04ZERO\x10\x00" + "\x12\x07\x0a\x03ONE\x10\x01"
	m := "\x0a\x01M" + field("a", 1, 1, 5, "") + field("b", 2, 1, 9, "") + field("c", 3, 3, 17, "") + field("d", 4, 1, 14, ".p.M.E") + field("e", 5, 1, 11, ".p.M") +
		"\x22" + string(rune(len(enum))) + enum
	file := "\x0a\x01f\x12\x01p\x22" + string(rune(len(m))) + m
	s, err := ParseSchema(append([]byte{0x0a, byte(len(file)) | 0x80, byte(len(file) >> 7)}, strings.ReplaceAll(file, "\xc2", "")...))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestProtobuf(t *testing.T) {
	schema, ok := schemaVector(t).As("p.M")
	if names := schema.Messages(); !ok || len(names) != 1 || names[0] != "p.M" {
		t.Fatal(names, ok)
	}
	golden(t, protobuf{}, []vector{
		{hex: "08 96 01"}, // the examples of protobuf.dev/programming-guides/encoding
		{hex: "12 07 74 65 73 74 69 6e 67"},
		{hex: "1a 03 08 96 01"},
		{hex: "0d 00 00 80 3f 11 00 00 00 00 00 00 f0 3f 18 ff ff ff ff ff ff ff ff ff 01"},
		{hex: "08 96 01 12 02 68 69 1a 03 01 02 03 20 01 2a 02 08 07 30 05", schema: schema},
		{hex: "20 09 08 ff ff ff ff ff ff ff ff ff 01", schema: schema},
		{hex: "12 7f 61", subprotocol: "x-protobuf"},
		{hex: "0b", subprotocol: "x-protobuf"},
		{hex: "00", subprotocol: "x-protobuf"},
	})
}

func TestASchemaThatIsNoneIsRefused(t *testing.T) {
	for _, s := range []string{"", "\x0a\x01", "hello", "\x0a\x03\x22\xff\x01", strings.Repeat("\x00", 5<<20)} {
		if _, err := ParseSchema([]byte(s)); err == nil {
			t.Errorf("%.10q is a schema", s)
		}
	}
	if _, ok := schemaVector(t).As("p.N"); ok {
		t.Error("a message that is not there")
	}
}

func TestImage(t *testing.T) {
	golden(t, image{}, []vector{
		{hex: "89 50 4e 47 0d 0a 1a 0a 00 00 00 0d 49 48 44 52 00 00 01 00 00 00 00 80 08 06 00 00 00"},
		{hex: "47 49 46 38 39 61 0a 00 05 00 80 00 00"},
		{hex: "ff d8 ff e0 00 04 4a 46 ff c0 00 0b 08 00 10 00 20 01 01 11 00"},
		{hex: "52 49 46 46 24 00 00 00 57 45 42 50 56 50 38 20 18 00 00 00 30 01 00 9d 01 2a 01 00 02 00 00 00"},
		{hex: "52 49 46 46 24 00 00 00 57 45 42 50 56 50 38 58 0a 00 00 00 00 00 00 00 ff 00 00 7f 00 00 00 00"},
		{hex: "42 4d 46 00 00 00 00 00 00 00 36 00 00 00 28 00 00 00 02 00 00 00 fe ff ff ff 01 00 18 00"},
		{hex: "00 00 00 1c 66 74 79 70 61 76 69 66 00 00 00 00"},
		{hex: "89 50 4e 47 0d 0a 1a 0a 00"},
		{hex: "42 4d"},
	})
}

// squeeze makes the vectors of compressed data: the encoders are the standard library's and the decoders' own modules'.
func squeeze(t *testing.T, kind string, data []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	var w interface {
		Write([]byte) (int, error)
		Close() error
	}
	switch kind {
	case "gzip":
		w = gzip.NewWriter(&out)
	case "zlib":
		w = zlib.NewWriter(&out)
	case "brotli":
		w = brotli.NewWriter(&out)
	case "zstd":
		z, err := zstd.NewWriter(&out, zstd.WithEncoderConcurrency(1))
		if err != nil {
			t.Fatal(err)
		}
		w = z
	}
	if _, err := w.Write(data); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestWhatIsCompressedIsDecodedInside(t *testing.T) {
	data := []byte(`{"op":10,"d":{"heartbeat_interval":41250}}`)
	for kind, d := range map[string]Decoder{"gzip": gzipped{}, "zlib": zlibbed{}, "zstd": zstandard{}, "brotli": brotlied{}} {
		in := Input{Payload: squeeze(t, kind, data)}
		if all := Guess(in); kind != "brotli" && (len(all) == 0 || all[0].Decoder != d) {
			t.Errorf("%s: guessed %v", kind, all)
		}
		v := Decode(d, in)
		if v.Err != nil || string(v.Body) != string(data) || v.Summary != d.Name()+" of 42 bytes: op=10" || len(v.Lines) != 6 || v.Lines[3].From != -1 {
			t.Errorf("%s: %+v", kind, v)
		}
	}
}

func TestABombIsOpenedToItsLimit(t *testing.T) {
	zeros := make([]byte, 4*maxBody)
	for kind, d := range map[string]Decoder{"gzip": gzipped{}, "zlib": zlibbed{}, "zstd": zstandard{}, "brotli": brotlied{}} {
		if v := Decode(d, Input{Payload: squeeze(t, kind, zeros)}); len(v.Body) != maxBody || v.Left == "" || v.Err != nil {
			t.Errorf("%s: %d bytes, left %q, %v", kind, len(v.Body), v.Left, v.Err)
		}
	}
}

func TestBrokenCompressedDataSaysSo(t *testing.T) {
	for kind, d := range map[string]Decoder{"gzip": gzipped{}, "zlib": zlibbed{}, "zstd": zstandard{}, "brotli": brotlied{}} {
		b := squeeze(t, kind, []byte(strings.Repeat("some text ", 100)))
		if v := Decode(d, Input{Payload: b[:len(b)-3]}); v.Err == nil {
			t.Errorf("%s: no error", kind)
		}
		if v := Decode(d, Input{Payload: b[:len(b)-3], Length: uint64(len(b))}); v.Err != nil {
			t.Errorf("%s: what the capture cut is called wrong: %v", kind, v.Err)
		}
	}
}

func mustHex(s string) []byte {
	b, err := hex.DecodeString(s)
	if err != nil {
		panic(err)
	}
	return b
}
