package query

import (
	"encoding/hex"
	"encoding/json"
	"strings"
	"testing"

	"github.com/tetherscope/tetherscope/internal/capture/jsonscan"
)

// binaryText returns the JSON that paths see of a payload.
func binaryText(b []byte) (text string) {
	withJSON(b, func(p []byte) bool { text = string(p); return true })
	return text
}

// TestPathsSeeBinaryValuesAsJSON: every kind of MessagePack (specification) and CBOR (RFC 8949, appendix A) value, and nothing but whole ones.
func TestPathsSeeBinaryValuesAsJSON(t *testing.T) {
	for in, want := range map[string]string{
		// MessagePack
		"82 a1 61 01 a1 62 93 c0 c2 c3":                         `{"a":1,"b":[null,false,true]}`,
		"96 ff e0 cc ff cd 01 00 ce 00 01 00 00 d0 80":          `[-1,-32,255,256,65536,-128]`,
		"93 d1 80 00 d2 80 00 00 00 d3 80 00 00 00 00 00 00 00": `[-32768,-2147483648,-9223372036854775808]`,
		"92 ca 3f c0 00 00 cb 40 09 21 fb 54 44 2d 18":          `[1.5,3.141592653589793]`,
		"93 d9 01 22 c4 02 de ad d6 ff 00 00 00 00":             `["\"","dead","1970-01-01T00:00:00Z"]`,
		"91 d4 05 07":                      `["07"]`,
		"81 01 a1 78":                      `{"1":"x"}`,
		"df 00 00 00 01 a1 61 dc 00 01 05": `{"a":[5]}`,
		"91 a1 0a":                         `["\u000a"]`,
		// CBOR
		"a2 61 61 01 61 62 82 02 03":                `{"a":1,"b":[2,3]}`,
		"bf 61 61 9f 01 20 ff 62 ff":                "",
		"bf 61 61 9f 01 20 ff ff":                   `{"a":[1,-1]}`,
		"d9 d9 f7 a1 61 61 f5":                      `{"a":true}`,
		"a1 61 61 fb 3f f1 99 99 99 99 99 9a":       `{"a":1.1}`,
		"84 f9 3c 00 fa 47 c3 50 00 f6 f7":          `[1,100000,null,null]`,
		"81 7f 65 73 74 72 65 61 64 6d 69 6e 67 ff": `["streaming"]`,
		"a1 61 61 42 01 02":                         `{"a":"0102"}`,
		"a1 01 c1 1a 51 4b 67 b0":                   `{"1":1363896240}`,
		"81 f9 7e 00":                               `["NaN"]`,
		// neither
		"c1":                "",
		"82 a1 61":          "",
		"a1 61 61 01 00":    "",
		"9f 9f 9f":          "",
		"dd ff ff ff ff 01": "",
	} {
		b, err := hex.DecodeString(strings.ReplaceAll(in, " ", ""))
		if err != nil {
			t.Fatal(err)
		}
		if want == "" {
			want = string(b)
		}
		if got := binaryText(b); got != want {
			t.Errorf("%s: %q, want %q", in, got, want)
		}
	}
	deep := append([]byte(strings.Repeat("\x91", maxBinaryDepth+1)), 1)
	if got := binaryText(deep); got != string(deep) {
		t.Errorf("too deep: %q", got)
	}
}

// TestAPathFindsValuesInBinaryMessages, also under a not, and beside JSON.
func TestAPathFindsValuesInBinaryMessages(t *testing.T) {
	pack := fakeRow{payload: []byte("\x82\xa5price\xcb\x40\x57\x80\x00\x00\x00\x00\x00\xa4side\xa3buy")} // {"price":94,"side":"buy"}
	cbor := fakeRow{payload: []byte("\xa2eprice\x18\x5ddsidecbuy")}                                      // {"price":93,"side":"buy"}
	for text, want := range map[string][2]bool{
		"$.price>93": {true, false}, "$.price=93": {false, true}, `$.side="buy"`: {true, true}, "not $.price>93": {false, true}, "$.side~/^b/": {true, true}, "$.none": {false, false},
	} {
		q, err := Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		if got := [2]bool{q.Match(pack), q.Match(cbor)}; got != want {
			t.Errorf("%s: %t", text, got)
		}
	}
}

// FuzzBinaryIsJSON: what is written for any bytes is JSON, and no longer than some multiple of them.
func FuzzBinaryIsJSON(f *testing.F) {
	for _, seed := range []string{"\x82\xa1a\x01\xa1b\x93\xc0\xc2\xc3", "\xbfaa\x9f\x01\x20\xff\xff", "\xd9\xd9\xf7\xa1aa\xf5", "\x81\x7fest\xff"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		got := binaryText(b)
		if got == string(b) {
			return
		}
		if !json.Valid([]byte(got)) || len(got) > 40*len(b) {
			t.Errorf("%x: %d bytes %q", b, len(got), got)
		}
		if end, ok := jsonscan.Value([]byte(got), 0); !ok || end != len(got) {
			t.Errorf("%x: jsonscan sees %d bytes, %t", b, end, ok)
		}
	})
}
