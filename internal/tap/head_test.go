package tap

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"maps"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/tetherscope/tetherscope/internal/frame"
)

// These tests prove that the head that the tap records, and that a proxy passes on, says what net/http has read and checked: there is
// one reading of it. Where another reader could read it otherwise, it is rewritten.

// readAs has net/http read the n-th request of raw on a connection of the tap's listener, and returns its head.
func readAs(raw []byte, n int) (*http.Request, []byte, error) {
	hc := &headConn{Conn: readOnly{r: bytes.NewReader(raw)}}
	in := bufio.NewReaderSize(hc, 64<<10)
	for {
		r, err := http.ReadRequest(in)
		if err != nil {
			return nil, nil, err
		}
		r.Header.Del("Host")
		if n--; n > 0 {
			_, _ = io.Copy(io.Discard, r.Body)
			continue
		}
		return r, RequestHead(r.WithContext(context.WithValue(r.Context(), connKey{}, hc))), nil
	}
}

type readOnly struct {
	net.Conn
	r io.Reader
}

func (c readOnly) Read(p []byte) (int, error) { return c.r.Read(p) }

// TestTheHeadIsWhatWasChecked: a plain head is kept as it was sent; the others, in which a search for a first line, an empty line or a
// field by CRLF finds something else than net/http, are rebuilt.
func TestTheHeadIsWhatWasChecked(t *testing.T) {
	const get = "GET /ws HTTP/1.1\r\n"
	for name, c := range map[string]struct {
		raw  string
		n    int
		want string // "" for raw
	}{
		"plain":                   {get + "hOST: a\r\nX:  1 \r\nCookie: sid=1\r\n\r\n", 1, ""},
		"bytes behind it":         {get + "Host: a\r\n\r\n\x81\x80GET /ws HTTP/1.1\r\nHost: b\r\n\r\n", 1, get + "Host: a\r\n\r\n"},
		"a first line in a field": {get + "Host: a\r\nCookie: GET /ws HTTP/1.1\r\nX: 1\r\n\r\n", 1, ""},
		"lone line feeds":         {"GET /ws HTTP/1.1\nHost: a\nX: 1\n\n", 1, get + "Host: a\r\nX: 1\r\n\r\n"},
		"one lone line feed":      {get + "Host: a\nX: 1\r\n\r\n", 1, get + "Host: a\r\nX: 1\r\n\r\n"},
		"an early end":            {get + "Host: a\r\nX: 1\n\nHost: b\r\n\r\n", 1, get + "Host: a\r\nX: 1\r\n\r\n"},
		"the second of two":       {get + "Host: a\r\n\r\n" + get + "Host: b\r\n\r\n", 2, get + "Host: b\r\n\r\n"},
		"the first of two":        {get + "Host: a\r\n\r\n" + get + "Host: b\r\n\r\n", 1, get + "Host: a\r\n\r\n"},
		"folded":                  {get + "Host: a\r\nX: 1\r\n\t2\r\n\r\n", 1, get + "Host: a\r\nX: 1 2\r\n\r\n"},
	} {
		_, head, err := readAs([]byte(c.raw), c.n)
		want := c.want
		if want == "" {
			want = c.raw
		}
		if err != nil || string(head) != want {
			t.Errorf("%s: %v\n got %q\nwant %q", name, err, head, want)
		}
	}
}

// served reports whether http.Server hands r to a handler: it refuses names and values that http.ReadRequest lets pass.
func served(r *http.Request) bool {
	control := func(c rune) bool { return c < ' ' && c != '\t' || c == 0x7F }
	ok := r.ProtoMajor == 1 && !strings.ContainsFunc(r.Host, func(c rune) bool { return c <= ' ' || c >= 0x7F })
	for name, values := range r.Header {
		ok = ok && name != "" && strings.Trim(name, "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ") == ""
		for _, v := range values {
			ok = ok && !strings.ContainsFunc(v, control)
		}
	}
	return ok
}

// sameValues compares values of a field without the blanks at their ends, which net/http leaves there when a field is folded, and which mean nothing
// (RFC 9110 §5.5).
func sameValues(a, b []string) bool {
	return slices.EqualFunc(a, b, func(a, b string) bool { return strings.Trim(a, " \t") == strings.Trim(b, " \t") })
}

// FuzzHead: whatever net/http takes for a request, the head that goes on is read by net/http and by package frame as the same request.
func FuzzHead(f *testing.F) {
	for _, seed := range []string{
		"GET /ws HTTP/1.1\r\nHost: a\r\nCookie: GET /ws HTTP/1.1\r\nX: 1\r\n\r\n", "GET / HTTP/1.1\nHost: a\nX: 1\r\n\n", "GET / HTTP/1.1\r\nHost: a\r\nX: 1\r\n 2\r\n\r\n",
		"GET / HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\nHost: b\r\n\r\n", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx", "GET / HTTP/1.1\r\nHost: a\r\nX: \x01\r\nX:\r\n\r\n",
	} {
		f.Add([]byte(seed), 1)
	}
	f.Fuzz(func(t *testing.T, raw []byte, n int) {
		r, head, err := readAs(raw, max(1, min(n, 3)))
		if err != nil || r.Body != http.NoBody || !served(r) {
			return
		}
		again, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(head)))
		if err != nil {
			return // net/http refuses to repeat what it read leniently, so does a target
		}
		if again.Method != r.Method || again.RequestURI != r.RequestURI || again.Host != r.Host || !maps.EqualFunc(again.Header, r.Header, sameValues) {
			t.Errorf("%q\nis passed on as\n%q", raw, head)
		}
		if whole, rest, ok := frame.CutHead(head); !ok || len(rest) > 0 || !bytes.Equal(whole, head) {
			t.Errorf("%q is no single head", head)
		}
	})
}
