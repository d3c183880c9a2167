package control

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tetherscope/tetherscope/internal/capture/ring"

	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/internal/frame"
	"github.com/tetherscope/tetherscope/internal/tap"
	"github.com/tetherscope/tetherscope/internal/test/await"
	"github.com/tetherscope/tetherscope/scope/act"
)

// FuzzRequests proves that no request, whatever its method, path, query, header fields and body, makes the API panic, answer
// anything that docs/control-api.json does not describe for it, or fail with a fault of its own. Each runs beside an open
// connection whose two ends read; {id} in a path is its number, and a fault rule may intercept a frame of it.
func FuzzRequests(f *testing.F) {
	for _, seed := range seeds {
		f.Add(seed.method, seed.path, seed.query, seed.kind, seed.header, []byte(seed.body), seed.intercept)
	}
	d := describe(f)
	f.Fuzz(func(t *testing.T, method, path, query, kind, header string, body []byte, intercept bool) {
		r := newRig(t)
		if intercept {
			r.intercept(t)
		}
		req, ok := r.request(t, method, path, query, kind, header, body)
		if !ok {
			return
		}
		w := &answerer{ResponseRecorder: httptest.NewRecorder()}
		r.api.ServeHTTP(w, req)
		d.check(t, r.api, req, w)
	})
}

type seed struct {
	method, path, query, kind, header, body string
	intercept                               bool
}

const jsonType = "application/json"

var seeds = []seed{
	{"GET", "/api/conns", "", "", "", "", false},
	{"GET", "/api/conns", "a=b&c", "text/plain", "X-A: b", "{}", true},
	{"POST", "/api/conns/{id}/send", "", jsonType, "", `{"to":"client","text":"hello"}`, false},
	{"POST", "/api/conns/{id}/send", "", jsonType, "", `{"to":"server","op":"0x3","hex":"c1 02 ff","rsv":2,"force":true}`, false},
	{"POST", "/api/conns/{id}/send", "", jsonType, "", `{"to":"client","op":"close","code":1012,"reason":"restart","split":3,"inside":"wait"}`, false},
	{"POST", "/api/conns/{id}/send", "", jsonType, "", `{"to":"client","base64":"/+8=","sizes":[1,0,1],"mask":true,"key":"01020304","fin":false}`, false},
	{"POST", "/api/conns/{id}/send", "", jsonType, "", `{"to":"client","text":"a","split":2000000000}`, false},
	{"POST", "/api/conns/0/send", "", jsonType, "", `{}`, false},
	{"POST", "/api/conns/-1/send", "", "text/json", "", `{"to":`, false},
	{"POST", "/api/conns/{id}/repeat", "", jsonType, "", `{"message":{"to":"client","text":"tick"},"every":10,"count":2}`, false},
	{"POST", "/api/conns/{id}/repeat", "", jsonType, "", `{"message":{"to":"nobody"},"every":3600000,"count":100000}`, false},
	{"POST", "/api/conns/{id}/end", "", jsonType, "", `{"how":"fin","to":"client"}`, false},
	{"POST", "/api/conns/{id}/end", "", jsonType, "", `{"how":"rst"}`, true},
	{"GET", "/api/rules", "", "", "", "", true},
	{"PUT", "/api/rules", "", jsonType, "", `{"text":"op:pong => drop"}`, false},
	{"POST", "/api/rules/try", "", jsonType, "", `{"text":"=> replace /a/b/"}`, false},
	{"GET", "/api/intercepted", "", "", "", "", true},
	{"POST", "/api/conns/{id}/resolve", "", jsonType, "", `{"to":"server","id":1,"decision":"forward"}`, true},
	{"POST", "/api/conns/{id}/resolve", "", jsonType, "", `{"to":"server","id":1,"decision":"discard","verdict":"keep"}`, true},
	{"GET", "/api/deck", "", "", "", "", true},
	{"PUT", "/api/deck", "", jsonType, "", `{"text":"seed 42\nop:pong => drop\ndir:in => delay 1ms..2ms"}`, false},
	{"PUT", "/api/deck", "", jsonType, "Content-Length: 9", `{"text":"=> => \u0000"} {}`, false},
	{"GET", "/api/held", "", "", "", "", true},
	{"POST", "/api/conns/{id}/decide", "", jsonType, "", `{"to":"server","id":1,"verdict":"forward"}`, true},
	{"POST", "/api/conns/{id}/decide", "", jsonType, "", `{"to":"server","id":1,"verdict":"replace","message":{"to":"server","text":"instead"}}`, true},
	{"POST", "/api/conns/{id}/decide", "", jsonType, "", `{"to":"client","id":18446744073709551615,"verdict":"discard"}`, false},
	{"DELETE", "/api/conns/{id}", "", "", "", "", false},
	{"HEAD", "//api/../api/conns", "", "", "", "", false},
	{"OPTIONS", "*", "", "", "", "", false},
}

// rig is the API over a tap with one open connection, which is number 1.
type rig struct {
	api *API
	tap *tap.Tap
	out net.Conn // the client's end
}

type nowhere struct{}

func (nowhere) Append(*record.Record) {}

func newRig(t *testing.T) *rig {
	r := &rig{tap: tap.New(tap.Config{Sink: nowhere{}, Snap: 1 << 10})}
	r.api = New(r.tap, ring.New(1<<20), 20*time.Millisecond)
	opened := make(chan struct{})
	srv := httptest.NewServer(r.tap.Handler("/ws", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		c, _, err := http.NewResponseController(w).Hijack()
		if err == nil {
			_, err = io.WriteString(c, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n")
		}
		close(opened)
		if err == nil {
			_, _ = io.Copy(io.Discard, c)
		}
	})))
	t.Cleanup(srv.Close)
	var err error
	if r.out, err = net.Dial("tcp", srv.Listener.Addr().String()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = r.out.(*net.TCPConn).SetLinger(0) // thousands of these would use up the ports
		_ = r.out.Close()
	})
	if _, err := io.WriteString(r.out, "GET /ws HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	await.Closed(t, opened)
	go func() { _, _ = io.Copy(io.Discard, r.out) }()
	return r
}

// intercept has a frame of the client intercepted.
func (r *rig) intercept(t *testing.T) {
	w := httptest.NewRecorder()
	r.api.ServeHTTP(w, fromHere(httptest.NewRequest("PUT", "/api/rules", strings.NewReader(`{"text":"op:text => intercept"}`))))
	if w.Code != http.StatusOK {
		t.Fatal(w.Body)
	}
	if _, err := r.out.Write(frame.AppendFrame(nil, frame.Header{Fin: true, Opcode: frame.Text, Masked: true}, []byte("intercepted"))); err != nil {
		t.Fatal(err)
	}
	wire, _ := r.tap.Injector(1)
	await.Until(t, "a frame is intercepted", func() bool { return len(wire.Intercepted()) > 0 })
}

func fromHere(r *http.Request) *http.Request {
	r.RemoteAddr = "127.0.0.1:1"
	r.Header.Set("Content-Type", jsonType)
	return r
}

// request makes what net/http would make of the bytes, or says that it would refuse them before the API saw any.
func (r *rig) request(t *testing.T, method, path, query, kind, header string, body []byte) (*http.Request, bool) {
	path = strings.ReplaceAll(path, "{id}", "1")
	if query != "" {
		path += "?" + query
	}
	head := method + " " + path + " HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: " + kind + "\r\n" + header
	req, err := http.ReadRequest(bufio.NewReader(strings.NewReader(strings.TrimRight(head, "\r\n") + "\r\n\r\n")))
	if err != nil {
		return nil, false
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond) // a repetition may be long
	t.Cleanup(cancel)
	req = req.WithContext(ctx)
	req.RemoteAddr, req.Body, req.ContentLength = "127.0.0.1:1", io.NopCloser(bytes.NewReader(body)), int64(len(body))
	return req, true
}

// answerer is a response writer that takes deadlines, as net/http's does.
type answerer struct{ *httptest.ResponseRecorder }

func (*answerer) SetReadDeadline(time.Time) error  { return nil }
func (*answerer) SetWriteDeadline(time.Time) error { return nil }

// described is what the description says of answers: their schemas by status, of each pattern.
type described map[string]map[string]map[string]string

func describe(f *testing.F) described {
	b, err := os.ReadFile("../../../docs/control-api.json")
	if err != nil {
		f.Fatal(err)
	}
	var doc struct {
		Paths map[string]map[string]struct {
			Responses map[string]struct {
				Content map[string]struct{ Schema json.RawMessage }
			}
		}
	}
	if err := json.Unmarshal(b, &doc); err != nil {
		f.Fatal(err)
	}
	d := described{}
	for path, methods := range doc.Paths {
		for method, one := range methods {
			statuses := map[string]map[string]string{}
			for status, res := range one.Responses {
				statuses[status] = map[string]string{}
				for kind, c := range res.Content {
					statuses[status][kind] = string(c.Schema)
				}
			}
			d[strings.ToUpper(method)+" "+path] = statuses
		}
	}
	return d
}

// values are what the schemas describe; another test holds them to the description field by field.
var values = map[string]func() any{
	"Conns": func() any { return new(act.Conns) }, "Sent": func() any { return new(act.Sent) }, "End": func() any { return new(act.End) },
	"Rules": func() any { return new(act.Rules) }, "Trial": func() any { return new(act.Trial) }, "Intercepted": func() any { return new(act.Intercepted) },
	"Resolution": func() any { return new(act.Resolution) }, "Failure": func() any { return new(act.Failure) },
}

// check compares an answer with the description.
func (d described) check(t *testing.T, a *API, r *http.Request, w *answerer) {
	_, pattern := a.mux.Handler(r)
	body := w.Body.Bytes()
	cleaned := w.Code == http.StatusTemporaryRedirect || w.Code == http.StatusMovedPermanently // the mux's, of //api/../api
	if statuses, known := d[pattern]; known && !cleaned {
		schemas, ok := statuses[fmt.Sprint(w.Code)]
		kind := w.Header().Get("Content-Type")
		if !ok || schemas[kind] == "" {
			t.Fatalf("%s answers %d as %q, which is not described: %.300s", pattern, w.Code, kind, body)
		}
		if r.Method != http.MethodHead {
			holds(t, schemas[kind], body, strings.HasSuffix(kind, "jsonl"))
		}
		return
	}
	if !cleaned && !slices.Contains([]int{400, 404, 405}, w.Code) { // the mux's own words: no such path or method
		t.Fatalf("%s %s answers %d: %.300s", r.Method, r.URL.Path, w.Code, body)
	}
}

// holds checks that a body is one value of a schema, or at least one, a line each.
func holds(t *testing.T, schema string, body []byte, lines bool) {
	dec := json.NewDecoder(bytes.NewReader(body))
	for n := 0; ; n++ {
		var raw json.RawMessage
		err := dec.Decode(&raw)
		if err == io.EOF && n > 0 {
			return
		}
		if err != nil || n > 0 && !lines {
			t.Fatalf("value %d of the answer: %v: %.300s", n+1, err, body)
		}
		fits := false
		for name, value := range values {
			if strings.Contains(schema, `/`+name+`"`) {
				strict := json.NewDecoder(bytes.NewReader(raw))
				strict.DisallowUnknownFields()
				fits = fits || strict.Decode(value()) == nil
			}
		}
		if !fits {
			t.Fatalf("%.300s is not what %s describes", raw, schema)
		}
	}
}
