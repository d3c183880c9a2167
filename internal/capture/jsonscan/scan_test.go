// These tests prove that the scanner finds the same values as encoding/json in valid text, and gets lost without harm in
// any other.
package jsonscan

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestValueEndsWhereItEnds(t *testing.T) {
	for text, want := range map[string]int{
		`1`: 1, `-1.5e3,`: 6, `"a\"b" `: 6, `[1,[2]] x`: 7, `{"a":"}"}`: 9, `true]`: 4,
	} {
		if end, ok := Value([]byte(text), 0); !ok || end != want {
			t.Errorf("Value(%s) = %d, %v; want %d", text, end, ok, want)
		}
	}
	for _, text := range []string{``, `[`, `{"a`, `"`, `"\`, `,`} {
		if _, ok := Value([]byte(text), 0); ok {
			t.Errorf("Value(%s) is whole", text)
		}
	}
}

func TestADeepContainerIsSkippedWithoutRecursion(t *testing.T) {
	const n = 10 << 20
	if end, ok := Value([]byte(strings.Repeat("[", n)+strings.Repeat("]", n)), 0); !ok || end != 2*n {
		t.Fatal(end, ok)
	}
}

func TestFindTakesEscapesInNames(t *testing.T) {
	b := []byte(` {"x":{"id":1}, "i\u0064" : [2] , "id":3}`)
	start, end, ok := Find(b, 1, "id")
	if !ok || string(b[start:end]) != "[2]" {
		t.Fatal(start, end, ok)
	}
	if _, _, ok := Find(b, 1, "none"); ok {
		t.Fatal("found what is not there")
	}
}

func TestMembersStopAtBrokenText(t *testing.T) {
	for _, text := range []string{`[1 2]`, `{"a" 1}`, `{a:1}`, `{"a":1`, `[1,]`, `x`, `{"a":`} {
		c := Members([]byte(text), 0)
		for c.Next() {
		}
		if _, ok := c.End(); ok && text != `[1,]` {
			t.Errorf("%s counts as whole", text)
		}
	}
}

func FuzzScanAgreesWithEncodingJSON(f *testing.F) {
	for _, s := range []string{`{"a":[1,"\ud83d\ude00",null],"b":{}}`, `[]`, ` "x\n"`, `[1 2]`, `{"a"`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		i := Space(b, 0)
		end, ok := Value(b, i)
		if end > len(b) || end < i {
			t.Fatal("outside", end)
		}
		c := Members(b, i)
		n := 0
		for c.Next() {
			n++
			if m := c.Member(); m.Start < i || m.End < m.Start || m.End > len(b) {
				t.Fatalf("%+v", m)
			}
		}
		if !json.Valid(b) {
			return
		}
		if !ok || Space(b, end) != len(b) {
			t.Fatalf("valid text, but the value ends at %d (%v)", end, ok)
		}
		var v any
		if json.Unmarshal(b, &v) != nil {
			return
		}
		switch v := v.(type) {
		case string:
			if got := string(Unquote(nil, b[i:end])); got != v && utf8.Valid(b) {
				t.Fatalf("Unquote = %q, want %q", got, v)
			}
		case []any:
			if n != len(v) {
				t.Fatalf("%d elements, want %d", n, len(v))
			}
		}
	})
}
