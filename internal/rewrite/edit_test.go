package rewrite_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/tetherscope/tetherscope/internal/rewrite"
)

// parse reads an edit as a rule writes it.
func parse(text string) (rewrite.Edit, int, error) {
	if rest, ok := strings.CutPrefix(text, "replace"); ok {
		return rewrite.ParseReplace(rest)
	}
	return rewrite.ParseSet(strings.TrimPrefix(text, "set"))
}

// TestEdits proves what each edit makes of a message.
func TestEdits(t *testing.T) {
	for _, c := range []struct{ edit, in, want string }{
		{"replace /a/b/", "banana", "bbnbnb"},
		{"replace |/x|/y|", "/x/x", "/y/y"},
		{`replace /a\/b/c\/d/`, "a/b", "c/d"},
		{`replace /(\w+)=(\d+)/$2=${1}$$/`, "x=1", "1=x$"},
		{"replace /(?i)PRICE//", "a price", "a "},
		{"replace /^/> /", "x", "> x"},
		{"replace /none/x/", "abc", "abc"},
		{"set $.price 0", `{"price": 12.50 ,"n":1}`, `{"price": 0 ,"n":1}`},
		{`set $.a[*].b "x y"`, `{"a":[{"b":1},{"c":2},{"b":{}}]}`, `{"a":[{"b":"x y"},{"c":2},{"b":"x y"}]}`},
		{`set $["a b"] [1]`, `{"a b":null}`, `{"a b":[1]}`},
		{"set $ null", `[1]`, "null"},
		{"set $ 0", "hello", "hello"},
		{"set $[1].x 5", `42["ev",{"x":1}]`, `42["ev",{"x":5}]`},
		{"set $.none 0", `{"a":1}`, `{"a":1}`},
	} {
		e, _, err := parse(c.edit)
		if err != nil {
			t.Errorf("%s: %v", c.edit, err)
			continue
		}
		r, err := rewrite.Apply(e, rewrite.Message{Text: true, Payload: []byte(c.in)})
		if err != nil || string(r.Payload) != c.want || r.Changed != (c.in != c.want) {
			t.Errorf("%s of %s: %q, %v", c.edit, c.in, r.Payload, err)
		}
	}
}

// TestWrongEditsSayWhere proves place and advice of errors.
func TestWrongEditsSayWhere(t *testing.T) {
	for edit, want := range map[string]struct {
		at   int
		text string
	}{
		"replace":           {0, "a pattern is missing"},
		"replace abc":       {1, "stands between signs"},
		"replace /a":        {1, "the sign behind the pattern is missing"},
		"replace /a/b":      {4, "the sign behind the replacement is missing"},
		"replace /a(/b/":    {2, "missing closing )"},
		"set":               {0, "begins with a dollar sign"},
		"set price 0":       {1, "begins with a dollar sign"},
		"set $.price":       {8, "a value is missing"},
		"set $.price zero":  {9, "not JSON"},
		"set $.price {1}":   {9, "not JSON"},
		"set $.price>0 1":   {1, "a path stands alone"},
		"set $.a[x] 1":      {4, "in this bracket"},
		`set $.price "open`: {9, "not JSON"},
	} {
		_, _, err := parse(edit)
		var bad *rewrite.PlaceError
		if !errors.As(err, &bad) || bad.Offset != want.at || !strings.Contains(bad.Message, want.text) {
			t.Errorf("%s: %#v, want %+v", edit, err, want)
		}
	}
}

// TestEditsAreBounded proves that little text cannot make much, and that text stays UTF-8.
func TestEditsAreBounded(t *testing.T) {
	long := []byte(strings.Repeat("x", 1<<20))
	for edit, want := range map[string]error{
		"replace /x/yy/": rewrite.ErrPlaces,
		"replace /x+/" + strings.Repeat("$0", 9) + "/": rewrite.ErrTooLong,
		"replace /\\xff/a/":                            nil,
	} {
		e, _, err := parse(edit)
		if err != nil {
			t.Fatal(err)
		}
		r, err := rewrite.Apply(e, rewrite.Message{Text: true, Payload: long})
		if !errors.Is(err, want) || string(r.Payload) != string(long) {
			t.Errorf("%.20s: %v, %d bytes", edit, err, len(r.Payload))
		}
	}
	e, _, err := parse("replace /x/\xff/")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := rewrite.Apply(e, rewrite.Message{Text: true, Payload: []byte("x")}); !errors.Is(err, rewrite.ErrNotUTF8) {
		t.Error(err)
	}
	if r, err := rewrite.Apply(e, rewrite.Message{Payload: []byte("x")}); err != nil || string(r.Payload) != "\xff" {
		t.Errorf("%q, %v", r.Payload, err)
	}
}

// FuzzEdits proves that no edit and no message panics, that results keep their bounds, and that set keeps JSON what it is.
func FuzzEdits(f *testing.F) {
	f.Add("replace /(a)/$1$1/", []byte("banana"))
	f.Add("set $.a[*] {}", []byte(`{"a":[1,2]}`))
	f.Fuzz(func(t *testing.T, edit string, in []byte) {
		e, n, err := parse(edit)
		if err != nil {
			return
		}
		if n > len(edit) {
			t.Fatalf("%q takes %d bytes", edit, n)
		}
		r, err := rewrite.Apply(e, rewrite.Message{Text: utf8.Valid(in), Payload: in})
		if len(r.Payload) > max(rewrite.MaxResult, len(in)) || utf8.Valid(in) && !utf8.Valid(r.Payload) {
			t.Errorf("%q of %q: %q, %v", edit, in, r.Payload, err)
		}
		if !strings.HasPrefix(edit, "replace") && json.Valid(in) && !json.Valid(r.Payload) {
			t.Errorf("%q of %q is not JSON: %q", edit, in, r.Payload)
		}
	})
}
