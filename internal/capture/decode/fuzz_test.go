// These tests prove that no payload makes a decoder panic or its view grow past its limits, whichever decoder is chosen.
package decode

import (
	"runtime"
	"strings"
	"testing"
	"unicode/utf8"
)

// check holds a view to the limits of the package.
func check(t interface {
	Helper()
	Fatalf(format string, args ...any)
}, d Decoder, in Input, v View, limit int,
) {
	t.Helper()
	if len(v.Lines) > limit || len(v.Summary) > maxSummary || !utf8.ValidString(v.Summary) || len(v.Body) > maxBody {
		t.Fatalf("%s: %d lines, summary %q, %d bytes of body", d.Name(), len(v.Lines), v.Summary, len(v.Body))
	}
	for _, l := range v.Lines {
		inside := l.From == -1 && l.To == -1 || l.From >= 0 && l.From <= l.To && l.To <= len(in.Payload)
		if !inside || l.Depth < 0 || l.Depth > maxDepth || len(l.Key) > maxValue || len(l.Value) > maxValue || !utf8.ValidString(l.Key) || !utf8.ValidString(l.Value) {
			t.Fatalf("%s: %+v", d.Name(), l)
		}
	}
	if v.Err != nil && (v.Err.Offset < 0 || v.Err.Offset > max(len(in.Payload), len(v.Body)) || v.Err.Message == "") {
		t.Fatalf("%s: %+v", d.Name(), v.Err)
	}
}

func seeds(f *testing.F) {
	f.Helper()
	for _, s := range []string{
		"2\x1e42[\"a\",1]", "2:406:42[\"a\"]", "event: next\ndata: {\"a\":1}\n\n",
		`42/chat,12["message","hi"]`, `451-["upload",{"_placeholder":true}]`, `{"id":"3","type":"next","payload":{"data":{}}}`, `[{"jsonrpc":"2.0","method":"m","id":1}]`,
		"{\"type\":1,\"invocationId\":\"1\",\"target\":\"S\",\"arguments\":[]}\x1e", `["1","1","room:lobby","phx_join",{}]`, `[48,1,{},"p",[1]]`, `a["x"]`, `c[3000,"bye"]`,
		"SEND\ndestination:/a\ncontent-length:2\n\nhi\x00", `{"command":"subscribe","identifier":"{\"channel\":\"C\"}"}`, `{"a":[1,"b",null]}`,
	} {
		f.Add([]byte(s), true, "", "/socket.io/?EIO=4&transport=websocket")
	}
	for _, s := range []string{
		"101000044d5154540402003c000461626364", "12950180a378797aa66d6574686f64912ac090", "82a7636f6d70616374c3a6736368656d6100", "a26161016162820203", "5f42010243030405ff",
		"089601120774657374696e67", "1a03089601", "89504e470d0a1a0a0000000d494844520000010000000080", "ffd8ffe000044a46ffc0000b0800100020", "d9d9f7820102",
	} {
		f.Add(mustHex(s), false, "wamp.2.msgpack", "")
	}
	f.Add(mustHex("00000000030896010000000080800000000f677270632d7374617475733a300d0a"), false, "grpc-websockets", "")
	f.Add([]byte("\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff\xabV\x02\x00"), false, "", "")
	f.Add([]byte("\x28\xb5\x2f\xfd\x04\x00\x19\x00\x00{\"a\"}\x00\x00\x00\x00"), false, "cbor", "")
}

func FuzzDecoders(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, payload []byte, text bool, subprotocol, path string) {
		in := Input{Payload: payload, Text: text, Subprotocol: subprotocol, Path: path, In: len(payload)%2 == 0}
		if len(payload)%3 == 0 {
			in.Length = uint64(len(payload)) + 1
		}
		for _, d := range All() {
			check(t, d, in, Decode(d, in), maxLines)
		}
		check(t, jsonText{}, in, Best(in), maxLines)
		check(t, jsonText{}, in, Brief(in), briefLines)
	})
}

func FuzzSchema(f *testing.F) {
	f.Add([]byte("\x0a\x1a\x0a\x01f\x12\x01p\x22\x12\x0a\x01M\x12\x0d\x0a\x01a\x18\x01\x20\x01\x28\x05"), []byte("\x08\x96\x01"))
	f.Fuzz(func(t *testing.T, set, payload []byte) {
		s, err := ParseSchema(set)
		if err != nil {
			return
		}
		for _, name := range s.Messages() {
			as, _ := s.As(name)
			in := Input{Payload: payload, Schema: as}
			check(t, protobuf{}, in, Decode(protobuf{}, in), maxLines)
		}
	})
}

// TestALargePayloadCostsLittle: whatever 256 KiB are taken for, a view of them takes no more than 2 MiB to make, on average.
func TestALargePayloadCostsLittle(t *testing.T) {
	const n = 256 << 10
	for name, b := range map[string]string{
		"arrays": strings.Repeat("[", n), "numbers": "[" + strings.Repeat("1,", n/2) + "1]", "names": "{" + strings.Repeat(`"a":"b",`, n/8) + `"a":1}`, "one text": `{"a":"` + strings.Repeat("x", n) + `"}`,
		"escapes": `["` + strings.Repeat(`\u0061`, n/6) + `"]`, "packs": strings.Repeat("\x91", n), "pack of numbers": "\xdd\x00\x03\xff\x00" + strings.Repeat("\x01", n), "CBOR numbers": "\x9f" + strings.Repeat("\x01", n),
		"tags": strings.Repeat("\xc1", n), "fields": strings.Repeat("\x08\x01", n/2), "packets": strings.Repeat("\xc0\x00", n/2), "headers": "SEND\n" + strings.Repeat("a:b\n", n/4), "records": strings.Repeat("{}\x1e", n/3),
		"zeros": string(make([]byte, n)),
	} {
		for _, isText := range []bool{true, false} {
			in := Input{Payload: []byte(b), Text: isText}
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			for _, d := range All() {
				check(t, d, in, Decode(d, in), maxLines)
			}
			runtime.ReadMemStats(&after)
			if got := (after.TotalAlloc - before.TotalAlloc) / uint64(len(All())); got > 2<<20 {
				t.Errorf("%s, text %v: %d bytes for each decoder", name, isText, got)
			}
		}
	}
}

func TestAViewOfALargePayloadSaysWhatItLeftOut(t *testing.T) {
	many := Best(Input{Payload: []byte("[" + strings.Repeat("1,", 5000) + "1]"), Text: true})
	if len(many.Lines) != maxLines || many.Left == "" || many.Err != nil {
		t.Errorf("%d lines, left %q, %v", len(many.Lines), many.Left, many.Err)
	}
	long := Best(Input{Payload: []byte(`{"a":"` + strings.Repeat("x", maxBytes) + `"}`), Text: true})
	if long.Left == "" || long.Err == nil || !strings.Contains(long.Err.Message, "not read") {
		t.Errorf("left %q, %v", long.Left, long.Err)
	}
	brief := Brief(Input{Payload: []byte(`{"type":"x","a":[` + strings.Repeat("1,", 100_000) + `1]}`), Text: true})
	if len(brief.Lines) > briefLines || brief.Summary != "type=x" {
		t.Errorf("%d lines, %q", len(brief.Lines), brief.Summary)
	}
}

func TestGuessesAreSortedAndNothingIsLeftNameless(t *testing.T) {
	names := map[string]bool{}
	for _, d := range All() {
		if names[d.Name()] || Named(d.Name()) != d {
			t.Errorf("%s is there twice, or not found by its name", d.Name())
		}
		names[d.Name()] = true
	}
	if Named("none") != nil {
		t.Error("a decoder that is none")
	}
	all := Guess(Input{Payload: []byte(`{"jsonrpc":"2.0","id":1,"result":{}}`), Text: true})
	if len(all) != 2 || all[0].Decoder.Name() != "JSON-RPC" || all[0].Confidence != Sure || all[1].Decoder.Name() != "JSON" {
		t.Error(all)
	}
	if all := Guess(Input{Payload: []byte("hello"), Text: true}); len(all) != 0 {
		t.Error(all)
	}
}
