package fault

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/internal/frame"
)

const everyRewriting = `dir:in op:text => replace /a|b/"#5%"/
=> replace |=> drop| => cut | 50%
op:binary => set $.price 0
$.a=1 => set $["x y"].z[*] {"#":"5%"} 10%
dir:out "ping" => answer "po\"ng # 5%"
handshake => header X-Y z
handshake in => header Set-Cookie "a=b # c"
handshake out => header Authorization
handshake => redirect api
handshake => redirect wss://example.com/ws 50%
`

// TestRewritingRulesReadToThemselves proves the text form.
func TestRewritingRulesReadToThemselves(t *testing.T) {
	rs, err := Parse(everyRewriting)
	if err != nil {
		t.Fatal(err)
	}
	if got := rs.String(); got != everyRewriting {
		t.Errorf("read and written it is\n%s\nnot\n%s", got, everyRewriting)
	}
	rs, err = Parse(`=> replace /a/b/ # a comment`)
	if err != nil || rs.String() != "=> replace /a/b/\n" {
		t.Errorf("%v, %v", rs, err)
	}
}

// TestWrongRewritingRulesSayWhere proves line and column of each error.
func TestWrongRewritingRulesSayWhere(t *testing.T) {
	for text, want := range map[string]string{
		"=> replace":                              "1:11 a pattern is missing",
		"=> replace /a(/b/":                       "1:13 missing closing )",
		"=> replace /a/b/ x":                      "1:18 replace: “x” is unexpected",
		"=> replace /a/b/ 101%":                   "1:18 replace: “101%” is unexpected",
		"=> set $.price":                          "1:15 a value is missing",
		"=> set $.price x":                        "1:16 the value is not JSON",
		"=> answer pong":                          "1:11 a text in quotes is expected",
		"handshake => header":                     "1:20 “” is no name",
		"handshake => header Sec-WebSocket-Key x": "1:21 Sec-WebSocket-Key makes the handshake",
		"handshake => header A \"b\\n\"":          "1:23 a header field cannot hold control characters",
		"handshake => redirect":                   "1:22 a target is missing",
		"=> header A b":                           "1:3 header and redirect apply to handshakes only",
		"handshake => replace /a/b/":              "1:13 only delay, refuse",
		"handshake in => refuse":                  "1:16 only header applies to one half",
		"every 5s => answer \"x\"":                "1:12 only reset",
		"\n => rewrite":                           "2:5 “rewrite” is not an action",
	} {
		_, err := Parse(text)
		var bad *Error
		if !errors.As(err, &bad) || !strings.HasPrefix(fmt.Sprintf("%d:%d %s", bad.Line, bad.Column, bad.Message), want) {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
}

var zero = regexp.MustCompile("o(.)")

// TestRewritingMeansWhatMessagesSay: under a rewriting rule, with and without compression, context takeover, with each window and in
// fragments, the application reads the original messages with the rule applied to each of them, and nothing else.
func TestRewritingMeansWhatMessagesSay(t *testing.T) {
	for rule, means := range map[string]func(string) string{
		"replace /o(.)/0$1$1/": func(s string) string { return zero.ReplaceAllString(s, "0$1$1") },
		`"price" => replace /x/yy/`: func(s string) string {
			if !strings.Contains(s, "price") {
				return s
			}
			return strings.ReplaceAll(s, "x", "yy")
		},
	} {
		t.Run(rule, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) { compareWithEdited(t, rule, means) })
		})
	}
}

func compareWithEdited(t *rapid.T, rule string, means func(string) string) {
	flag := rapid.Bool()
	deflate := frame.DeflateParams{
		ServerNoContextTakeover: flag.Draw(t, "server alone"), ClientNoContextTakeover: flag.Draw(t, "client alone"),
		ServerMaxWindowBits: rapid.IntRange(8, 15).Draw(t, "server bits"), ClientMaxWindowBits: rapid.IntRange(8, 15).Draw(t, "client bits"),
	}
	dir := rapid.SampledFrom([]record.Dir{record.In, record.Out}).Draw(t, "direction")
	packed, _ := sentMessages(t, dir, deflate)
	if !strings.Contains(rule, "=>") {
		rule = "=> " + rule
	}
	rs, err := Parse(rule)
	if err != nil {
		t.Fatal(err)
	}
	sent, _ := application(slices.Concat(packed...), dir, &deflate)
	var want []string
	for _, m := range sent {
		kind, text, _ := strings.Cut(m, " ")
		want = append(want, kind+" "+means(text))
	}
	out, end, marks := runRules(rs, dir, &deflate, packed)
	got, wrong := application(out, dir, &deflate)
	if wrong != 0 || end != Write || !slices.Equal(got, want) {
		t.Fatalf("%s %+v %v\nthe application reads %q (%v, %v)\nwant                  %q\nmarks %v", rule, deflate, dir, got, wrong, end, want, marks)
	}
}

// TestRewriting proves what each action does to frames, and the marks.
func TestRewriting(t *testing.T) {
	ping := plain(5, frame.Ping, true, "x")
	for _, c := range []struct {
		rules string
		in    []sent
		want  []string
		marks string
	}{
		{"=> set $.p 0", []sent{text(0, `{"p":1}`), ping, text(0, "none")}, []string{`text "{\"p\":0}"`, "ping", `text "none"`}, "[rewritten  ]"},
		{"=> replace /ab/c/", []sent{plain(0, frame.Text, false, "a"), ping, plain(0, frame.Continuation, true, "b")}, []string{"ping", `text "c"`}, "[altered  altered rewritten]"},
		{"=> replace /x/\xff/", []sent{text(0, "ax")}, []string{`text "ax"`}, "[exempt]"},
		{"=> replace /a/b/\n=> replace /b/c/", []sent{text(0, "a")}, []string{`text "c"`}, "[rewritten]"},
		{"=> split\n=> replace /a/b/", []sent{text(0, "aa")}, []string{`text "aa"`}, "[altered exempt]"},
	} {
		rs, err := Parse(c.rules)
		if err != nil {
			t.Fatal(err)
		}
		var frames [][]byte
		for _, f := range c.in {
			frames = append(frames, f.wire)
		}
		out, _, marks := runRules(rs, record.In, nil, frames)
		if got, _ := application(out, record.In, nil); !slices.Equal(got, c.want) || fmt.Sprint(marks) != c.marks {
			t.Errorf("%s: %q, marks %v", c.rules, got, marks)
		}
	}
}

// TestAnswers proves that an answered message goes no further, that its answer does not stand inside another message, and that answers
// are bounded.
func TestAnswers(t *testing.T) {
	rs, err := Parse(`dir:out "ping" => answer "pong"`)
	if err != nil {
		t.Fatal(err)
	}
	h := frame.Header{Fin: true, Opcode: frame.Text, Masked: true}
	s, dec := NewShaper(rs, 1, record.Out), frame.NewDecoder(frame.Config{FromClient: true})
	push(s, 0, frame.AppendFrame(nil, h, []byte("ping")), recordOf(dec, h, "ping"))
	step, ok := s.Pop(0)
	if _, more := s.Pop(0); !ok || more || step.Effect != SendBack || step.Text != "pong" {
		t.Fatalf("%+v", step)
	}
	in, out := NewShaper(rs, 1, record.In), frame.NewDecoder(frame.Config{})
	part := plain(0, frame.Text, false, "a").wire
	in.Push(0, part, recordOf(out, frame.Header{Opcode: frame.Text}, "a"))
	for range 2 * maxAnswers {
		in.SendBack(0, "pong")
	}
	in.Push(0, plain(0, frame.Continuation, true, "b").wire, recordOf(out, frame.Header{Fin: true, Opcode: frame.Continuation}, "b"))
	var wire []byte
	for p, ok := in.Pop(time.Hour); ok; p, ok = in.Pop(time.Hour) {
		wire = append(wire, p.Bytes...)
	}
	got, _ := application(wire, record.In, nil)
	if len(got) != 1+maxAnswers || got[0] != `text "ab"` || got[1] != `text "pong"` || !in.Idle() {
		t.Errorf("%d messages: %.100q", len(got), got)
	}
}

// recordOf decodes a frame.
func recordOf(dec *frame.Decoder, h frame.Header, payload string) *record.Record {
	var r record.Record
	dec.Feed(frame.AppendFrame(nil, h, []byte(payload)), func(f *frame.Frame) {
		r.SetFrame(f)
		r = r.Clone()
	})
	return &r
}
