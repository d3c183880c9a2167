package terminal_test

import (
	"bytes"
	"encoding/json"
	"regexp"
	"strings"
	"testing"

	"github.com/tetherscope/tetherscope/internal/terminal"
)

// TestPartsAreColoredAndEscaped proves that colors come from styles only, and that without colors the text is the same.
func TestPartsAreColoredAndEscaped(t *testing.T) {
	parts := []terminal.Part{{terminal.Dim, "a\x1b[31m"}, {terminal.Plain, "b\u202e\n"}, {terminal.Alert, "c"}, {terminal.Style(99), "d"}}
	for colors, want := range map[bool]string{
		true:  "\x1b[2ma\\u001b[31m\x1b[0mb\\u202e\n\x1b[31mc\x1b[0md",
		false: "a\\u001b[31mb\\u202e\ncd",
	} {
		var b bytes.Buffer
		w := terminal.NewWriter(&b)
		if colors {
			w = terminal.NewColorWriter(&b)
		}
		if err := w.Print(parts...); err != nil || b.String() != want {
			t.Errorf("%q, %v, want %q", b.String(), err, want)
		}
		if colors {
			b.Reset()
			if _, err := w.Write([]byte("\x1b[31m")); err != nil || b.String() != `\u001b[31m` {
				t.Errorf("a written color came out as %q, %v", b.String(), err)
			}
		}
	}
}

// TestJSONIsIndented proves lines, styles, and that numbers and escapes stay as they were written.
func TestJSONIsIndented(t *testing.T) {
	parts, ok := terminal.JSON([]byte(` {"a\"b":[1.50e3,"x:\\",true,{}],"n":null} `))
	if !ok {
		t.Fatal("not taken for JSON")
	}
	var b bytes.Buffer
	if err := terminal.NewColorWriter(&b).Print(parts...); err != nil {
		t.Fatal(err)
	}
	want := "{\n    K\"a\\\"b\"Z: [\n      L1.50e3Z,\n      S\"x:\\\\\"Z,\n      LtrueZ,\n      {}\n    ],\n    K\"n\"Z: LnullZ\n  }"
	for mark, code := range map[string]string{"K": "36", "S": "32", "L": "33", "Z": "0"} {
		want = strings.ReplaceAll(want, mark, "\x1b["+code+"m")
	}
	if b.String() != want {
		t.Errorf("got %q\nwant %q", b.String(), want)
	}
}

// TestWhatIsNotIndented proves the bounds: indenting must not make much out of little.
func TestWhatIsNotIndented(t *testing.T) {
	for _, text := range []string{
		"", " ", "7", `"x"`, "{", `{"a":1}x`, "[1,]",
		strings.Repeat("[", 33) + strings.Repeat("]", 33), "[" + strings.Repeat("1,", 40<<10) + "1]",
	} {
		if _, ok := terminal.JSON([]byte(text)); ok {
			t.Errorf("%.20q was taken", text)
		}
	}
}

// FuzzJSON proves that indented text has the tokens of the text, and no line at the left margin but the first.
func FuzzJSON(f *testing.F) {
	f.Add([]byte(`{"a":[1,"b\n\u0000",{}],"c":"\u202e"}`))
	f.Add([]byte("[\"\xff\"]"))
	color := regexp.MustCompile(`\x1b\[[0-9]*m`)
	f.Fuzz(func(t *testing.T, in []byte) {
		parts, ok := terminal.JSON(in)
		if !ok {
			return
		}
		var plain strings.Builder
		for _, p := range parts {
			plain.WriteString(p.Text)
		}
		var was, is bytes.Buffer
		if json.Compact(&was, in) != nil || json.Compact(&is, []byte(plain.String())) != nil || was.String() != is.String() {
			t.Errorf("%q became %q", in, plain.String())
		}
		var b bytes.Buffer
		if err := terminal.NewColorWriter(&b).Print(parts...); err != nil {
			t.Fatal(err)
		}
		for i, line := range strings.Split(color.ReplaceAllString(b.String(), ""), "\n") {
			if i > 0 && !strings.HasPrefix(line, "  ") || strings.ContainsFunc(line, terminal.Unsafe) {
				t.Errorf("%q has the line %q", in, line)
			}
		}
	})
}
