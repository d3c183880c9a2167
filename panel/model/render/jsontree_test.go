// These tests prove that the JSON tree shows what is there, says where a text stops being JSON, and stays bounded.
package render

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

func treeText(lines []JSONLine) string {
	var b strings.Builder
	for _, l := range lines {
		fmt.Fprintf(&b, "%s%s %s|", strings.Repeat(">", l.Depth), l.Key, l.Value)
	}
	return b.String()
}

func TestJSONTree(t *testing.T) {
	for _, c := range []struct{ name, in, lines, problem string }{
		{"scalars", `[1, -2.5e+3, "a\"b", true, null]`, ` [|>0 1|>1 -2.5e+3|>2 "a\"b"|>3 true|>4 null| ]|`, ""},
		{"nested", `{"a":{"b":[]},"c":{}}`, ` {|>"a" {|>>"b" []|> }|>"c" {}| }|`, ""},
		{"prefix", `42["event",{"x":1}]`, ` prefix 42| [|>0 "event"|>1 {|>>"x" 1|> }| ]|`, ""},
		{"spaces", " {\n} ", ` {}|`, ""},
		{"cut object", `{"a":1`, ` {|>"a" 1|`, "Not JSON at byte 6: the text ends inside an object."},
		{"cut string", `["abc`, ` [|`, "Not JSON at byte 5: the text ends inside a string."},
		{"no comma", `[1 2]`, ` [|>0 1|`, "Not JSON at byte 3: a comma or ] is expected."},
		{"leading zero", `[01]`, ` [|`, "Not JSON at byte 1: “01” is not a number."},
		{"word", `[nul]`, ` [|`, "Not JSON at byte 1: no value starts with “n”."},
		{"behind the end", `{} x`, ` {}|`, "Not JSON at byte 3: text after the end of the JSON value."},
		{"no name", `{1:2}`, ` {|`, "Not JSON at byte 1: a member name in quotes is expected."},
		{"control character", "[\"a\x01\"]", ` [|`, "Not JSON at byte 3: a control character inside a string."},
	} {
		t.Run(c.name, func(t *testing.T) {
			lines, problem := JSONTree([]byte(c.in), nil)
			if got := treeText(lines); got != c.lines || problem != c.problem {
				t.Errorf("got  %s %q\nwant %s %q", got, problem, c.lines, c.problem)
			}
		})
	}
}

func TestJSONTreeFolds(t *testing.T) {
	lines, problem := JSONTree([]byte(`{"a":[1,2,3],"b":1}`), map[int]bool{5: true})
	if got, want := treeText(lines), ` {|>"a" [ 3 items ]|>"b" 1| }|`; got != want || problem != "" {
		t.Errorf("got %s %q, want %s", got, problem, want)
	}
}

func TestJSONTreeIsBounded(t *testing.T) {
	deep := strings.Repeat("[", 100_000)
	if _, problem := JSONTree([]byte(deep), nil); !strings.Contains(problem, "nested deeper than 64") {
		t.Errorf("100,000 brackets: %q", problem)
	}
	wide := "[" + strings.Repeat("1,", 50_000) + "1]"
	if lines, _ := JSONTree([]byte(wide), nil); len(lines) != MaxJSONLines+1 || lines[MaxJSONLines].Kind != "note" {
		t.Errorf("50,001 numbers: %d lines", len(lines))
	}
}

// FuzzJSONTree: no input makes the reader panic or exceed its bounds, and it calls JSON what encoding/json calls JSON
// (objects and arrays within the limits; bytes that are not UTF-8 are shown and not judged).
func FuzzJSONTree(f *testing.F) {
	for _, s := range []string{`{"a":[1,2.5e-3,"x\u00e4",true,null]}`, `42["e"]`, `[[[]]]`, `{"a"`, `[1,]`, `{"a":1,}`, `["\x"]`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		lines, problem := JSONTree(b, nil)
		if len(lines) > MaxJSONLines+1 {
			t.Fatalf("%d lines", len(lines))
		}
		if jsonStart(b) > 0 || !LooksLikeJSON(b) || len(lines) > MaxJSONLines || strings.Contains(problem, "nested deeper") {
			return
		}
		if json.Valid(b) && problem != "" {
			t.Fatalf("valid JSON %q: %s", b, problem)
		}
	})
}
