// These tests prove that what one end appends the other opens, that nothing else is taken for a message, and that a
// listener receives what is valid and no errors of others.
package message_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/tetherscope/tetherscope/wasm/chat"
	"github.com/tetherscope/tetherscope/wasm/codec"
	"github.com/tetherscope/tetherscope/wasm/codec/jsoncodec"
	"github.com/tetherscope/tetherscope/wasm/message"
)

var (
	say     = message.New(chat.TypeChat, jsoncodec.New[chat.Chat, chat.Chat]())
	ping    = message.New(chat.TypePing, jsoncodec.New[chat.Ping, chat.Ping]())
	samples = message.New("samples", codec.Array[float32]())
)

// even refuses odd numbers in both directions.
type even struct{ N int }

func (e even) Validate() error {
	if e.N%2 != 0 {
		return errors.New("N is odd")
	}
	return nil
}

var evens = message.New("even", jsoncodec.New[even, even]())

func TestJSONIsWhatTheGuidesServerSpeaks(t *testing.T) {
	b, kind, err := say.Append([]byte("x"), message.JSON(), chat.Chat{Message: `"hi"`})
	if string(b) != `x{"type":"chat","message":"\"hi\""}` || kind != codec.Text || err != nil {
		t.Errorf("%s %v %v", b, kind, err)
	}
	b, _, _ = ping.Append(nil, message.JSON(), chat.Ping{})
	if string(b) != `{"type":"ping"}` {
		t.Errorf("an empty struct is %s", b)
	}
	m, err := message.JSON().Open([]byte(`{"message":"hi","from":"x","type":"chat","timestamp":7}`), codec.Text)
	v, err2 := say.Decode(m)
	if err != nil || err2 != nil || m.Type != "chat" || v != (chat.Chat{Message: "hi", From: "x", Timestamp: 7}) {
		t.Errorf("%+v %v %v", v, err, err2)
	}
}

func TestEnvelopesCarryTheHead(t *testing.T) {
	body := []byte(`{"a":[1,"}"]}`)
	for name, e := range map[string]message.Envelope{"json": message.JSON(), "framed": message.Framed()} {
		for _, h := range []message.Head{
			{Type: "a"}, {Type: "žluť", Call: "1"}, {Type: "a", Reply: "z"}, {Type: "a", Reply: "z", Fault: "\x01 \"no\""},
		} {
			b, kind, err := e.Append(nil, h, body, codec.Text)
			if err != nil {
				t.Fatal(name, err)
			}
			m, err := e.Open(b, kind)
			if err != nil || m.Head != h || m.BodyType != codec.Text || !bytes.Contains(m.Body, []byte(`"a":[1,"}"]}`)) {
				t.Errorf("%s %+v: %+v, %v", name, h, m, err)
			}
			if name == "json" && !json.Valid(b) {
				t.Errorf("not JSON: %s", b)
			}
		}
	}
	b, kind, _ := samples.Append(nil, message.Framed(), []float32{1.5, -2})
	m, _ := message.Framed().Open(b, kind)
	if v, err := samples.Decode(m); err != nil || !slices.Equal(v, []float32{1.5, -2}) {
		t.Errorf("%v %v", v, err)
	}
}

func TestWhatIsNoMessageIsRefused(t *testing.T) {
	for _, s := range []string{
		"", "null", "[]", `"type"`, "{", "{}", `{"type":1}`, `{"type":""}`, `{"type"`, `{"type":"a"`, `{"type":"a",}`,
		`{"type":"a","type":"b"}`, `{"type":"a","\u0074ype":"b"}`, `{"a":"x"}`, `{"a":{"type":"x"}}`, `{"a":1 "type":"x"}`,
	} {
		if m, err := message.JSON().Open([]byte(s), codec.Text); !errors.Is(err, message.ErrNoType) {
			t.Errorf("%s: %+v, %v", s, m, err)
		}
	}
	for _, s := range []string{"", "\x00", "\x00\x00", "\x00\x05abc", "\x02\x01a", "\x80\x01a"} {
		if m, err := message.Framed().Open([]byte(s), codec.Binary); !errors.Is(err, message.ErrTruncated) {
			t.Errorf("%q: %+v, %v", s, m, err)
		}
	}
	for _, bad := range []struct {
		body string
		want error
	}{
		{`[1]`, message.ErrNotObject},
		{`"s"`, message.ErrNotObject},
		{`{"type":"x"}`, message.ErrReserved},
		{`{"reply":"x"}`, message.ErrReserved},
		{`{"call":5}`, message.ErrReserved},
		{`{"fault":""}`, message.ErrReserved},
		{`{"\u0074ype":null}`, message.ErrReserved},
	} {
		if _, _, err := message.JSON().Append(nil, message.Head{Type: "a"}, []byte(bad.body), codec.Text); !errors.Is(err, bad.want) {
			t.Errorf("%s: %v", bad.body, err)
		}
	}
}

// Names that another JSON writer has escaped are read as encoding/json reads them.
func TestEscapedNamesAreRead(t *testing.T) {
	for _, s := range []string{
		`"\ud83d\ude00"`, `"a\uD83D\uDE00b"`, `"\ud83d"`, `"\ude00\ud83d"`, `"\ud83dx"`, `"\ud83d\u0041"`, `"\ud83d\n"`,
		`"\"\\\/\b\f\n\r\t\u0041\u00e9\u65e5"`,
	} {
		var want string
		if err := json.Unmarshal([]byte(s), &want); err != nil {
			t.Fatal(s, err)
		}
		if m, err := message.JSON().Open([]byte(`{"type":`+s+`}`), codec.Text); err != nil || m.Type != want {
			t.Errorf("%s: type %q, %v, want %q", s, m.Type, err, want)
		}
	}
}

func TestValidateIsAskedOnBothEnds(t *testing.T) {
	if _, _, err := evens.Append(nil, message.JSON(), even{1}); err == nil || !strings.Contains(err.Error(), "message even is not valid: N is odd") {
		t.Error(err)
	}
	_, err := evens.Decode(message.Message{Body: []byte(`{"N":3}`), BodyType: codec.Text})
	if e, ok := errors.AsType[*message.Error](err); !ok || e.Type != "even" {
		t.Error(err)
	}
	if _, _, err := say.Append(nil, message.JSON(), chat.Chat{}); err == nil || !strings.Contains(err.Error(), chat.InvalidMessage) {
		t.Errorf("a list of what is wrong: %v", err)
	}
}

// P17: listeners that panic, come and go while others hear.
func TestTheRouter(t *testing.T) {
	var received []string
	note := func(s string) func(even) { return func(even) { received = append(received, s) } }
	var r message.Router
	r.Panicked = func(v any) { received = append(received, v.(string)) }
	message.On(&r, evens, note("a"))
	message.On(&r, evens, func(even) { panic("boom") })
	message.Once(&r, evens, note("once"))
	cancel := message.On(&r, evens, note("b"))
	message.On(&r, evens, func(even) { cancel() })
	r.All(func(m message.Message) { received = append(received, "*"+m.Type) })
	two := message.Message{Head: message.Head{Type: "even"}, Body: []byte(`{"N":2}`)}
	for _, step := range []struct {
		m     message.Message
		known bool
		bad   bool
		want  string
	}{
		{message.Message{Head: two.Head, Body: []byte(`{"N":1}`)}, true, true, "*even"}, // not valid: once is still waiting
		{two, true, false, "a boom once b *even"},
		{two, true, false, "a boom *even"},
		{message.Message{Head: message.Head{Type: "other"}}, false, false, "*other"},
	} {
		received = nil
		known, err := r.Dispatch(step.m)
		if got := strings.Join(received, " "); got != step.want || known != step.known || (err != nil) != step.bad {
			t.Errorf("received %q, known %v, %v; want %+v", got, known, err, step)
		}
	}
}

func TestAnswer(t *testing.T) {
	double := message.NewCall("double", jsoncodec.New[even, even](), jsoncodec.New[even, even]())
	ctx, env := context.Background(), message.JSON()
	for _, test := range []struct {
		request string
		f       func(context.Context, even) (even, error)
		want    string
		fault   string
	}{
		{`{"N":4}`, func(_ context.Context, v even) (even, error) { return even{v.N * 2}, nil }, `{"type":"double","reply":"7","N":8}`, ""},
		{`{"N":4}`, func(context.Context, even) (even, error) { return even{}, errors.New("password=x") }, `{"type":"double","reply":"7","fault":"internal error"}`, "internal error"},
		{`{"N":4}`, func(context.Context, even) (even, error) { return even{}, message.Public(errors.New("no")) }, `{"type":"double","reply":"7","fault":"no"}`, "no"},
		{`{"N":4}`, func(context.Context, even) (even, error) { return even{1}, nil }, `{"type":"double","reply":"7","fault":"internal error"}`, "internal error"},
		{`{"N":1}`, nil, `{"type":"double","reply":"7","fault":"the request is not valid"}`, "the request is not valid"},
	} {
		m := message.Message{Head: message.Head{Type: "double", Call: "7"}, Body: []byte(test.request)}
		b, kind, err := message.Answer(ctx, double, env, m, nil, test.f)
		if string(b) != test.want || (err != nil) != (test.fault != "") {
			t.Errorf("%s, %v; want %s", b, err, test.want)
		}
		answer, _ := env.Open(b, kind)
		v, err := double.Result(answer)
		f, failed := errors.AsType[*message.Fault](err)
		if failed != (test.fault != "") || failed && f.Text != test.fault || !failed && v.N != 8 {
			t.Errorf("%+v, %v", v, err)
		}
	}
}

func TestBadDeclarationsPanic(t *testing.T) {
	for _, name := range []string{"", strings.Repeat("a", 65), "a\"b", "a\nb", "\xff"} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%q is a name", name)
				}
			}()
			message.New(name, codec.String())
		}()
	}
}

// FuzzJSON: a head that was read is the one that encoding/json reads, and no input crashes.
func FuzzJSON(f *testing.F) {
	for _, s := range []string{`{"type":"a","x":{"y":["]"]}}`, `{"a":"\"","type":"b"}`, `{"type":"\u0061"}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := message.JSON().Open(b, codec.Text)
		_, _ = message.Framed().Open(b, codec.Binary)
		var want map[string]any
		if err != nil || json.Unmarshal(b, &want) != nil {
			return
		}
		if s, _ := want["type"].(string); s != m.Type && !strings.Contains(string(b), `\u`) && !strings.ContainsRune(s, '\uFFFD') {
			t.Errorf("%s: type %q, want %q", b, m.Type, s)
		}
	})
}
