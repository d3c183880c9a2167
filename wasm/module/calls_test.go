//go:build !js

package main_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/coder/websocket"

	"github.com/tetherscope/tetherscope/internal/test/await"
	"github.com/tetherscope/tetherscope/wasm/codec"
	"github.com/tetherscope/tetherscope/wasm/codec/jsoncodec"
	"github.com/tetherscope/tetherscope/wasm/message"
	"github.com/tetherscope/tetherscope/wasm/tether"
)

// vector is one line of wasm/message/testdata/calls.json: a call, and what becomes of it.
type vector struct {
	Name    string          `json:"name"`
	Call    string          `json:"call"`
	Request json.RawMessage `json:"request"`
	Answer  json.RawMessage `json:"answer"`
	Fault   string          `json:"fault"`
	Refused bool            `json:"refused"` // by the caller itself: nothing is sent
}

// outcome is what a caller of either language got, as JSON.
type outcome struct {
	Answer  json.RawMessage `json:"answer"` // without the members of the envelope
	Fault   string          `json:"fault"`
	Refused bool            `json:"refused"`
}

// callServer answers calls as any Go server would, with message.Answer, and keeps what it was sent.
type callServer struct {
	mu   sync.Mutex
	said []string
}

type number struct {
	N int `json:"n"`
}

func (n number) Validate() error {
	if n.N < 0 {
		return errors.New("negative")
	}
	return nil
}

func anyCall(name string) *message.Call[json.RawMessage, json.RawMessage] {
	raw := jsoncodec.New[json.RawMessage, json.RawMessage]()
	return message.NewCall(name, raw, raw)
}

var doubles = message.NewCall("double", jsoncodec.New[number, number](), jsoncodec.New[number, number]())

func (s *callServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c, err := websocket.Accept(w, r, nil)
	if err != nil {
		return
	}
	defer func() { _ = c.CloseNow() }()
	for {
		_, b, err := c.Read(r.Context())
		if err != nil {
			return
		}
		// A call of the server is a message to a page, which may answer it itself; a Go program refuses what it does not know.
		if bytes.Contains(b, []byte(`"fault":"unknown call"`)) {
			continue
		}
		s.mu.Lock()
		s.said = append(s.said, string(b))
		s.mu.Unlock()
		m, err := message.JSON().Open(b, codec.Text)
		if err != nil {
			_ = c.Close(websocket.StatusUnsupportedData, err.Error())
			return
		}
		for _, text := range s.answer(r.Context(), m) {
			_ = c.Write(r.Context(), websocket.MessageText, []byte(text)) // the next Read finds out who has left
		}
	}
}

// answer returns what is sent after m.
func (*callServer) answer(ctx context.Context, m message.Message) (texts []string) {
	var b []byte
	switch m.Type {
	case "double":
		b, _, _ = message.Answer(ctx, doubles, message.JSON(), m, nil, func(_ context.Context, n number) (number, error) { return number{n.N * 2}, nil })
	case "refuse":
		var body struct{ Why string }
		_ = json.Unmarshal(m.Body, &body)
		b, _, _ = message.Answer(ctx, anyCall(m.Type), message.JSON(), m, nil, func(context.Context, json.RawMessage) (json.RawMessage, error) {
			return nil, message.Public(errors.New(body.Why))
		})
	case "break":
		b, _, _ = message.Answer(ctx, anyCall(m.Type), message.JSON(), m, nil, func(context.Context, json.RawMessage) (json.RawMessage, error) {
			return nil, errors.New("password=hunter2")
		})
	default:
		if m.Type == "noisy" { // none of this is the answer
			texts = []string{`{"type":"noisy","n":1}`, `{"type":"noisy","reply":"nobody","n":2}`, `{"type":"error","call":"` + m.Call + `"}`, `{"type":"noisy","inner":{"reply":"` + m.Call + `"}}`, `{"reply":"` + m.Call + `","n":3}`}
		}
		b, _, _ = message.Answer(ctx, anyCall(m.Type), message.JSON(), m, nil, func(_ context.Context, body json.RawMessage) (json.RawMessage, error) {
			return withoutHead(body), nil
		})
	}
	return append(texts, string(b))
}

// take returns what the server was sent since it was last asked, with the id of calls blanked.
func (s *callServer) take() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	said := s.said
	s.said = nil
	id := regexp.MustCompile(`"call":"[0-9a-z-]+"`)
	for i := range said {
		said[i] = id.ReplaceAllString(said[i], `"call":"…"`)
	}
	return said
}

// withoutHead takes the members of the envelope out of an object, and leaves the others as they stand.
func withoutHead(b json.RawMessage) json.RawMessage {
	var members map[string]json.RawMessage
	if json.Unmarshal(b, &members) != nil {
		return b
	}
	for _, name := range []string{"type", "call", "reply", "fault"} {
		delete(members, name)
	}
	out, _ := json.Marshal(members)
	return out
}

// value is what JSON stands for, written one way: Go escapes some characters that JavaScript does not.
func value(t *testing.T, b []byte) string {
	t.Helper()
	var v any
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	if err := d.Decode(&v); err != nil {
		t.Fatalf("%s: %v", b, err)
	}
	out, _ := json.Marshal(v)
	return string(out)
}

// TestCallsAgree: a page's request and a Go program's Call say the same to the same Go server, and get the same from it.
func TestCallsAgree(t *testing.T) {
	file, err := os.ReadFile("../message/testdata/calls.json")
	if err != nil {
		t.Fatal(err)
	}
	var vectors []vector
	if err := json.Unmarshal(file, &vectors); err != nil {
		t.Fatal(err)
	}
	s := newSite(t)
	server := &callServer{}
	s.calls = server
	program, err := tether.NewTyped("ws"+strings.TrimPrefix(s.URL, "http")+"/ws/calls", message.JSON())
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	ctx, cancel := context.WithCancel(t.Context())
	go func() { ended <- program.Run(ctx) }()
	defer func() { cancel(); await.Receive(t, ended) }()
	p := s.page(t)
	run[any](t, p, `
		globalThis.sockets = [{}, { codec: 'json' }, { resilient: true }, { shared: 'calls', codec: 'json' }].map((options) => new TetherSocket(at('/calls'), [], options));
		await Promise.all(sockets.map((socket) => once(socket, 'open')));
		return null;`)
	for _, v := range vectors {
		t.Run(v.Name, func(t *testing.T) {
			want := outcome{v.Answer, v.Fault, v.Refused}
			got := fromGo(t.Context(), program, v)
			agree(t, "Go", want, got)
			wire := server.take()
			for i := range 4 {
				quoted, _ := json.Marshal(v)
				agree(t, "JavaScript", want, run[outcome](t, p, `
					const { call, request } = `+string(quoted)+`;
					try {
						const { type, reply, ...answer } = await sockets[`+string(rune('0'+i))+`].request(call, request);
						return { answer };
					} catch (error) {
						return error instanceof TypeError ? { refused: true } : { fault: error.fault ?? String(error) };
					}`))
				if said := server.take(); !slices.Equal(values(t, said), values(t, wire)) || !slices.Equal(heads(said), heads(wire)) {
					t.Errorf("JavaScript says %q, Go says %q", said, wire)
				}
			}
			if sends := 1; v.Refused == (len(wire) == sends) {
				t.Errorf("the server was sent %q", wire)
			}
		})
	}
}

func fromGo(ctx context.Context, c *tether.Typed, v vector) (got outcome) {
	defer func() {
		if recover() != nil { // a declaration that is not possible
			got = outcome{Refused: true}
		}
	}()
	answer, err := tether.Call(ctx, c, anyCall(v.Call), v.Request)
	if fault, ok := errors.AsType[*message.Fault](err); ok {
		return outcome{Fault: fault.Text}
	}
	if err != nil {
		return outcome{Refused: true}
	}
	return outcome{Answer: withoutHead(answer)}
}

func agree(t *testing.T, who string, want, got outcome) {
	t.Helper()
	same := want.Fault == got.Fault && want.Refused == got.Refused && (want.Answer == nil) == (got.Answer == nil)
	if same && want.Answer != nil {
		same = value(t, want.Answer) == value(t, got.Answer)
	}
	if !same {
		t.Errorf("%s: %s %q %v, want %s %q %v", who, got.Answer, got.Fault, got.Refused, want.Answer, want.Fault, want.Refused)
	}
}

func values(t *testing.T, texts []string) (out []string) {
	t.Helper()
	for _, s := range texts {
		out = append(out, value(t, []byte(s)))
	}
	return out
}

// heads returns how each text begins: the members of the envelope stand first, and in one order.
func heads(texts []string) (out []string) {
	for _, s := range texts {
		head, _, _ := strings.Cut(s, `"call":"…"`)
		out = append(out, head)
	}
	return out
}
