// These tests prove that each wrong query gets one error that says what is wrong, marks where, and says what to do. The
// golden file shows them as the panel does; -update rewrites it.
package query

import (
	"errors"
	"flag"
	"os"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func TestErrorsPointAtTheirPlace(t *testing.T) {
	var out strings.Builder
	for _, s := range []string{
		`drection:in`, `dir:inn`, `op>text`, `op:txt`, `op:16`, `len>1q`, `len:`, `len>1..2`, `len:5..2`, `rtt>50`, `code:abc`, `fin:2`, `kind:frmae`, `lint:maskd`,
		`hex:abc`, `hex=ab`, `len~/x/`, `path~x`, `http://example.com`, `a and`, `or b`, `not`, `(a`, `a)`, `()`, `"abc`, `"a\qb"`, `/abc`, `/a(/`, `/abc/x`, `//`,
		`/ws/echo`, `near:0 a`, `near:x a`, `near (before:1 a)`, `near`, `$.`, `$.a[`, `$.a[x]`, `$.a >`, `$.a>true`, `$.a~b`, `$x`, `"a"b len:`, `op:text,`, `op:text"x"`,
		`lengh>5`, `(dir:in or (op:text and rt>5ms))`, strings.Repeat("(", 100), strings.Repeat("a ", 200), "near a " + strings.Repeat("near a ", 9), strings.Repeat("x", 5000),
		"/" + strings.Repeat("x", 1001) + "/", "conn:1" + strings.Repeat(",1", 64), "$" + strings.Repeat(".a", 40), "/(x{1000}){1000}/",
	} {
		_, err := Parse(s)
		var e *Error
		if !errors.As(err, &e) {
			t.Errorf("%s: no error", s)
			continue
		}
		if len(s) > 60 {
			s = s[:8] + "…"
			out.WriteString(s + "\n  " + e.Error() + "\n\n")
			continue
		}
		out.WriteString(s + "\n" + strings.Repeat(" ", e.Offset) + strings.Repeat("^", max(1, min(e.End, len(s))-e.Offset)) + "\n  " + e.Error() + "\n\n")
	}
	const golden = "testdata/errors.golden"
	if *update {
		if err := os.WriteFile(golden, []byte(out.String()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil || out.String() != string(want) {
		t.Fatalf("not as in %s (%v); see with -update and git diff what changed:\n%s", golden, err, out.String())
	}
}

func TestDistanceCountsWhatFingersDo(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want int
	}{{"dir", "dir", 0}, {"drection", "direction", 1}, {"dri", "dir", 1}, {"frmae", "frame", 1}, {"", "abc", 3}, {"abc", "xyz", 3}} {
		if got := distance(c.a, c.b); got != c.want {
			t.Errorf("from %q to %q: %d, want %d", c.a, c.b, got, c.want)
		}
	}
}
