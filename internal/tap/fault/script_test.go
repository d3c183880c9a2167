package fault

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/internal/frame"
	"github.com/tetherscope/tetherscope/internal/rewrite"
)

// scriptFunc is a script that is a function.
type scriptFunc func(m *ScriptMessage) (ScriptResult, error)

func (f scriptFunc) Message(m *ScriptMessage) (ScriptResult, error) { return f(m) }

// texts is a result of text messages.
func texts(list ...string) ScriptResult {
	r := ScriptResult{Changed: true}
	for _, s := range list {
		r.Messages = append(r.Messages, rewrite.Message{Text: true, Payload: []byte(s)})
	}
	return r
}

var errScript = errors.New("the script failed")

// byPrice changes, drops and doubles messages by what they say, and fails for some.
func byPrice(m *ScriptMessage) (ScriptResult, error) {
	s := string(m.Payload)
	switch {
	case strings.HasPrefix(s, "price"):
		return texts(strings.ReplaceAll(s, "12", "13")), nil
	case strings.HasPrefix(s, "dolor"):
		return texts(), nil
	case strings.HasPrefix(s, "x"):
		return texts(s, "and", s), nil
	case strings.HasPrefix(s, "☃"):
		return ScriptResult{}, errScript
	}
	return ScriptResult{}, nil
}

// TestAScriptMeansWhatMessagesSay: with and without compression and context takeover, with each window and in fragments, the application reads
// what the script makes of each message and nothing else.
func TestAScriptMeansWhatMessagesSay(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		flag := rapid.Bool()
		deflate := frame.DeflateParams{
			ServerNoContextTakeover: flag.Draw(t, "server alone"), ClientNoContextTakeover: flag.Draw(t, "client alone"),
			ServerMaxWindowBits: rapid.IntRange(8, 15).Draw(t, "server bits"), ClientMaxWindowBits: rapid.IntRange(8, 15).Draw(t, "client bits"),
		}
		dir := rapid.SampledFrom([]record.Dir{record.In, record.Out}).Draw(t, "direction")
		packed, plain := sentMessages(t, dir, deflate)
		sent, _ := application(slices.Concat(plain...), dir, nil)
		var want []string
		numbers, asked := []uint64{}, []uint64{}
		for i, m := range sent {
			var text string
			_, _ = fmt.Sscanf(m, "text %q", &text)
			r, _ := byPrice(&ScriptMessage{Message: rewrite.Message{Payload: []byte(text)}})
			numbers = append(numbers, uint64(i+1))
			if !r.Changed {
				want = append(want, m)
			}
			for _, part := range r.Messages {
				want = append(want, fmt.Sprintf("text %q", part.Payload))
			}
		}
		rs := (*Ruleset)(nil).WithScript(scriptFunc(func(m *ScriptMessage) (ScriptResult, error) {
			asked = append(asked, m.Number)
			if m.Dir != dir || !m.Text {
				t.Errorf("the script sees %v, text %t", m.Dir, m.Text)
			}
			return byPrice(m)
		}))
		out, end, marks := runRules(rs, dir, &deflate, packed)
		got, wrong := application(out, dir, &deflate)
		if wrong != 0 || !slices.Equal(got, want) || end != Write || !slices.Equal(asked, numbers) {
			t.Fatalf("%+v %v\nthe application reads %q (%v, %v)\nwant                  %q\nmarks %v, asked for %v", deflate, dir, got, wrong, end, want, marks, asked)
		}
	})
}

// TestAScriptThatPassesIsTransparent: whole messages of which a script changes none pass byte by byte and without marks, control frames without
// being asked for.
func TestAScriptThatPassesIsTransparent(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		deflate := frame.DeflateParams{ServerNoContextTakeover: rapid.Bool().Draw(t, "alone")}
		z := frame.NewDeflater(deflate, false)
		var in [][]byte
		for i, text := range rapid.SliceOf(rapid.String()).Draw(t, "messages") {
			h := frame.Header{Fin: true, Opcode: frame.Text}
			body := []byte(text)
			if i%3 > 0 {
				h.Rsv, body = frame.RSV1, z.Append(nil, body)
			}
			in = append(in, frame.AppendFrame(nil, h, body), frame.AppendFrame(nil, frame.Header{Fin: true, Opcode: frame.Ping}, []byte("p")))
		}
		none := scriptFunc(func(*ScriptMessage) (ScriptResult, error) { return ScriptResult{}, nil })
		out, end, marks := runRules((&Ruleset{}).WithScript(none), record.In, &deflate, in)
		if !bytes.Equal(out, slices.Concat(in...)) || end != Write || slices.ContainsFunc(marks, func(m record.Marks) bool { return m != 0 }) {
			t.Fatalf("%x\nbecame %x, %v, marks %v", slices.Concat(in...), out, end, marks)
		}
	})
}

// TestWhatAScriptDoes proves marks, closing, answers, masks and rules behind a script.
func TestWhatAScriptDoes(t *testing.T) {
	message := frame.AppendFrame(nil, frame.Header{Fin: true, Opcode: frame.Text, Masked: true, Key: [4]byte{1, 2, 3, 4}}, []byte("a"))
	long := frame.AppendFrame(nil, frame.Header{Fin: true, Opcode: frame.Binary, Masked: true, Key: [4]byte{1, 2, 3, 4}}, make([]byte, MaxFrame+1))
	for _, c := range []struct {
		name   string
		in     []byte
		result ScriptResult
		err    error
		rules  string
		want   string
		marks  record.Marks
	}{
		{"changed", message, texts("b"), nil, "", `[text "b"]`, record.Rewritten},
		{"dropped", message, texts(), nil, "", `[]`, record.Rewritten | record.Dropped},
		{"three", message, texts("b", "c", "d"), nil, "", `[text "b" text "c" text "d"]`, record.Rewritten},
		{"three under rules", message, texts("b", "c"), nil, "=> duplicate", `[text "b" text "b" text "c" text "c"]`, record.Rewritten | record.Duplicated},
		{"a rule after it", message, texts("b", "c"), nil, "=> replace /b|c/x/", `[text "x" text "x"]`, record.Rewritten},
		{"a rule that drops", message, texts("b", "c"), nil, "=> drop", `[]`, record.Rewritten | record.Dropped},
		{"binary", message, ScriptResult{Changed: true, Messages: []rewrite.Message{{Payload: []byte{0xFF}}}}, nil, "", `[binary "\xff"]`, record.Rewritten},
		{"failed", message, ScriptResult{}, errScript, "", `[text "a"]`, record.Exempt},
		{"failed under a rule", message, ScriptResult{}, errScript, "=> replace /a/b/", `[text "b"]`, record.Exempt | record.Rewritten},
		{"closed", message, ScriptResult{Changed: true, Close: &ScriptClose{4001, "bye"}}, nil, "", `[close]`, record.Rewritten | record.Dropped},
		{"closed by failing", message, ScriptResult{Changed: true, Close: &ScriptClose{1011, ""}}, errScript, "", `[close]`, record.Rewritten | record.Dropped | record.Exempt},
		{"answered", message, ScriptResult{Changed: true, Answers: []string{"pong"}}, nil, "", `[answer pong]`, record.Rewritten | record.Dropped},
		{"too long", long, texts("b"), nil, "", `long`, record.Exempt},
	} {
		rs, err := Parse(c.rules)
		if err != nil {
			t.Fatal(err)
		}
		s := NewShaper(rs.WithScript(scriptFunc(func(*ScriptMessage) (ScriptResult, error) { return c.result, c.err })), 1, record.Out)
		dec := frame.NewDecoder(frame.Config{FromClient: true})
		var marks record.Marks
		dec.Feed(c.in, func(f *frame.Frame) {
			r := record.Record{Conn: 1, Dir: record.Out}
			r.SetFrame(f)
			marks = push(s, 0, c.in, &r)
		})
		var out []byte
		var answers []string
		for p, ok := s.Pop(time.Hour); ok; p, ok = s.Pop(time.Hour) {
			if out = append(out, p.Bytes...); p.Effect == SendBack {
				answers = append(answers, "answer "+p.Text)
			}
		}
		got, _ := application(out, record.Out, nil)
		if text := fmt.Sprint(append(got, answers...)); text != c.want && (c.want != "long" || !bytes.Equal(out, c.in)) || marks != c.marks {
			t.Errorf("%s: %.200s, marks %v; want %s, %v", c.name, text, marks, c.want, c.marks)
		}
	}
}
