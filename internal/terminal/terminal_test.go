package terminal_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/tetherscope/tetherscope/internal/terminal"
)

// TestWhatIsEscaped proves which characters reach a terminal, and that the rest are escapes.
func TestWhatIsEscaped(t *testing.T) {
	for in, want := range map[string]string{
		"plain\ttext\n": "plain\ttext\n",
		"café 漢字 ✓ ❤️ → … שלום": "café 漢字 ✓ ❤️ → … שלום",
		"a\x1b[31mb":             `a\u001b[31mb`,
		"a\x00\a\b\v\f\r\x7f":    `a\u0000\u0007\u0008\u000b\u000c\u000d\u007f`,
		"\u0085\u009b2J\u009d":   `\u0085\u009b2J\u009d`,
		"\x9b2J":                 `\x9b2J`,
		"\u202eevil\u2066x":      `\u202eevil\u2066x`,
		"a\u200b\u2060\ufeff":    `a\u200b\u2060\ufeff`,
		"a\u2028b\u2029":         `a\u2028b\u2029`,
		"\u3164\u115f\u2800":     `\u3164\u115f\u2800`,
		"\U000e0041\U000e0101":   `\udb40\udc41\udb40\udd01`,
		"soft\u00adhyphen\u061c": `soft\u00adhyphen\u061c`,
		"cut \xe2\x82":           `cut \xe2\x82`,
	} {
		var b bytes.Buffer
		w := terminal.NewWriter(&b)
		if n, err := w.Write([]byte(in)); n != len(in) || err != nil || w.Flush() != nil {
			t.Errorf("%q: %d bytes written, error %v", in, n, err)
		}
		if b.String() != want {
			t.Errorf("%q is written as %q, want %q", in, b.String(), want)
		}
	}
}

// TestJSONKeepsItsMeaning proves that a JSON line has the same value behind the writer.
func TestJSONKeepsItsMeaning(t *testing.T) {
	in := "\u009b\u202e\x7f\U000e0041\x1bé\\\"\n"
	line, err := json.Marshal(in)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if _, err := terminal.NewWriter(&b).Write(line); err != nil {
		t.Fatal(err)
	}
	var out string
	if err := json.Unmarshal(b.Bytes(), &out); err != nil || out != in {
		t.Errorf("%q came back as %q, error %v", in, out, err)
	}
}

// TestAWriterThatFails proves that an error of the writer below comes back.
func TestAWriterThatFails(t *testing.T) {
	broken := errors.New("broken")
	w := terminal.NewWriter(errWriter{broken})
	if _, err := w.Write([]byte("\x1b")); !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
}

type errWriter struct{ err error }

func (e errWriter) Write([]byte) (int, error) { return 0, e.err }

// TestLinesAreTheProgramsOwn proves that no argument can begin a line at the left margin.
func TestLinesAreTheProgramsOwn(t *testing.T) {
	got := terminal.Line("a: %v\nb: %s %d %q\n", errors.New("one\ntwo"), "x\ny", 7, "q\n")
	if want := "a: one\n  two\nb: x\\ny 7 \"q\\n\"\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// FuzzWriter proves that whatever is written, in whatever pieces, only safe UTF-8 comes out, and the same as in one piece.
func FuzzWriter(f *testing.F) {
	f.Add([]byte("a\x1b[31m\u009b\x9bé\u202e\xe2\x82"), uint8(3))
	f.Fuzz(func(t *testing.T, in []byte, size uint8) {
		var whole, parts bytes.Buffer
		w := terminal.NewWriter(&whole)
		_, _ = w.Write(in)
		_ = w.Flush()
		p := terminal.NewWriter(&parts)
		step := int(size)%7 + 1
		for i := 0; i < len(in); i += step {
			_, _ = p.Write(in[i:min(i+step, len(in))])
		}
		_ = p.Flush()
		if !bytes.Equal(whole.Bytes(), parts.Bytes()) {
			t.Errorf("in pieces of %d %q, whole %q", step, parts.Bytes(), whole.Bytes())
		}
		if out := whole.String(); !utf8.ValidString(out) || strings.ContainsFunc(out, terminal.Unsafe) {
			t.Errorf("%q is written as %q", in, out)
		}
	})
}
