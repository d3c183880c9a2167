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
		`$.price:90..100`, `$.price=90..`, `$.price:..100`, `$.id:1,2`, `$.type:trade,quote`, `$.price:>5`, `$.price => 5`, `$.price === 5`, `$.name =~ /x/`, `$.name !~ /x/`,
		`a | b`, `a & b`, `price > 100`, `dir : in`, `= x`, `$.id in (1, 2)`, `$.id not in (1, 2)`, `$.id IN (1`, `op in (text, ping)`, `op not in (text,ping)`, `code in (4000,4001)`, `$.name contains abc`,
		`$.p between 1 and 2`, `len gt 5`, `path contains chat`, `path matches /x/`, `len between 1 and 2`, `close:4001`, `close:abc`, `status=1006`, `price>5`, `ping:1`, `type:text`,
		`dir:up`, `dir:received`, `dir:sideways`, `op:string`, `by:browser`, `kind:handshake`, `leg:target`, `len:100-200`, `code:4000-4999`, `len:>5`, `len:1k..`, `len:..5`, `len<>5`,
		`$.id in 1,2`, `$.id in [1, 2]`, `op in text,ping`, `$.id:[1,2]`, `op:text|op:ping`, `dir:in|out`, `conn:1|2`, `lint:masked|utf-8`,
		`len=>5`, `path=~/x/`, `code:70000`, `code>65535`, `rsv:9`, `len<0`, `rtt:5ms+`, `len:` + strings.Repeat(">", 50) + `5+`,
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

// What only resembles another language stays a text to search for, and quotes always do.
func TestTextsStayTexts(t *testing.T) {
	for s, want := range map[string]string{
		`"a | b"`: `"a | b"`, `a|b`: `"a|b"`, `code in red`: `code "in" "red"`, `$.a:"1,2"`: `$.a:"1,2"`,
		`$.a:"90..100"`: `$.a:"90..100"`, `$.a:a..b`: `$.a:"a..b"`, `$.a:,`: `$.a:","`, `path:=x`: `path:"=x"`, `$.at:2026-11-29`: `$.at:"2026-11-29"`, `len<1`: `len<1`,
		`code!=70000`: `code!=70000`, `code<=65535`: `code<=65535`, `a || b`: `"a" or "b"`, `x && y`: `"x" "y"`, `contains x`: `"contains" "x"`,
		`$.a in b`: `$.a "in" "b"`,
	} {
		q, err := Parse(s)
		if err != nil || q.String() != want {
			t.Errorf("%s is %v (%v), want %s", s, q, err, want)
		}
	}
}
