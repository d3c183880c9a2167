package fault

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/internal/frame"
	"github.com/tetherscope/tetherscope/internal/rewrite"
)

// TestATrialSaysWhatTheShaperDoes: for random rules and messages, with and without compression and in fragments, what a trial of the
// records predicts is what the application reads when the rules are active.
func TestATrialSaysWhatTheShaperDoes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rules := rapid.SliceOfNDistinct(rapid.SampledFrom([]string{
			"=> replace /o(.)/0$1$1/", `"price" => replace /x/yy/`, "len>40 => drop", `op:text "dolor" => replace /lorem/price/`, "=> replace /yy/x/",
			`msg:3 => drop`, "op:binary => replace /x/never/", "dir:in => replace /☃/snow/",
		}), 1, 4, rapid.ID[string]).Draw(t, "rules")
		rs, err := Parse(strings.Join(append(rules, "frag => replace /never there//"), "\n")) // so that messages are always whole
		if err != nil {
			t.Fatal(err)
		}
		dir := rapid.SampledFrom([]record.Dir{record.In, record.Out}).Draw(t, "direction")
		deflate := frame.DeflateParams{ServerMaxWindowBits: 15, ClientMaxWindowBits: 15, ServerNoContextTakeover: rapid.Bool().Draw(t, "alone")}
		packed, _ := sentMessages(t, dir, deflate)
		out, _, _ := runRules(rs, dir, &deflate, packed)
		got, _ := application(out, dir, &deflate)
		if want := predicted(rs, dir, &deflate, packed); !slices.Equal(got, want) {
			t.Fatalf("under\n%s\nthe application reads %q\nthe trial says        %q", rs, got, want)
		}
	})
}

// predicted returns the messages that an application would read, after a trial.
func predicted(rs *Ruleset, dir record.Dir, deflate *frame.DeflateParams, frames [][]byte) (messages []string) {
	trial, dec := NewTrial(rs), frame.NewDecoder(frame.Config{FromClient: dir == record.Out, Deflate: deflate})
	dec.KeepBodies(MaxMessage)
	for _, raw := range frames {
		dec.Feed(raw, func(f *frame.Frame) {
			r := record.Record{Conn: 1, Kind: record.KindFrame, Dir: dir}
			r.SetFrame(f)
			all := trial.Push(&r)
			if !r.Final {
				return
			}
			said, gone := r.Bytes(), false
			for _, tried := range all {
				if tried.Outcome == Changes {
					said = tried.After
				}
				gone = gone || tried.Outcome == Removes
			}
			if !gone {
				messages = append(messages, fmt.Sprintf("text %q", said))
			}
		})
	}
	return messages
}

// said is a text message of the server in a capture.
func said(text string) record.Record {
	return record.Record{
		Conn: 1, Kind: record.KindFrame, Dir: record.In, Header: frame.Header{Fin: true, Opcode: frame.Text, Length: uint64(len(text))},
		Payload: []byte(text), Message: 1, Final: true, Frames: 1, Wire: uint64(len(text)), Inflated: uint64(len(text)),
	}
}

// TestOutcomes proves the outcome of each action, in which order rules are tried, and why a rule is not applied.
func TestOutcomes(t *testing.T) {
	cut, long, lost, ours := said("abc"), said("a"), said("a"), said("a")
	cut.Header.Length, cut.Inflated = 9, 9
	long.Header.Length = MaxFrame + 1
	lost.Compressed, lost.Violations = true, frame.InflateLost
	ours.Marks = record.Injected
	ping := record.Record{Conn: 1, Kind: record.KindFrame, Header: frame.Header{Fin: true, Opcode: frame.Ping}}
	request := record.Record{Conn: 1, Kind: record.KindRequest, Head: []byte("GET /a: HTTP/1.1\r\nHost: a\r\nX-Y:  old \r\n\r\n")}
	response := record.Record{Conn: 1, Kind: record.KindResponse, Head: []byte("HTTP/1.1 101 x\r\n\r\n")}
	for _, c := range []struct {
		rules string
		r     record.Record
		want  string
	}{
		{"=> replace /a/b/\n=> replace /b/c/", said("a"), `0 changes "a" "b"; 1 changes "b" "c"`},
		{"=> replace /x/b/", said("a"), `0 keeps`},
		{"dir:out => replace /a/b/", said("a"), ""},
		{"=> drop\n=> delay 1s", said("a"), "0 removes"},
		{"=> drop 5%\n=> delay 1s", said("a"), "0 removes; 1 applies"},
		{"=> intercept\n=> drop", said("a"), "0 intercepts"},
		{"=> duplicate\n=> cut", said("a"), "0 applies; 1 removes"},
		{`=> answer "b"` + "\n=> drop", said("a"), `0 answers "a" "b"`},
		{"every 5s => ping\n=> flap 1s 1s\nhandshake => refuse", said("a"), ""},
		{"=> replace /a/\xff/", said("a"), "0 exempt: " + rewrite.ErrNotUTF8.Error()},
		{"=> replace /a/b/", cut, "0 exempt: " + ErrNotKept.Error()},
		{"=> duplicate\n=> delay 1s", long, "0 exempt: " + ErrLongFrame.Error() + "; 1 applies"},
		{"=> drop", lost, "0 exempt: " + ErrNotInflated.Error()},
		{"=> drop", ours, ""},
		{"=> replace /a/b/\n=> drop", ping, "0 keeps; 1 removes"},
		{"handshake out => header X-Y z\nhandshake in => header X-Z z\nhandshake => redirect b", request, `0 changes "old" "z"; 2 applies`},
		{"handshake => header x-y old\nhandshake => header X-Z\nhandshake => header X-Y", request, `0 keeps; 1 keeps; 2 changes "old" ""`},
		{"handshake out => header X-Y z\nhandshake in => header X-Z z\nhandshake => redirect b", response, `1 changes "" "z"`},
		{"handshake => refuse 503\nhandshake => delay 1s", request, "0 removes"},
		{"handshake => refuse 503 5%\nhandshake => delay 1s", request, "0 removes; 1 applies"},
	} {
		rs, err := Parse(c.rules)
		if err != nil {
			t.Fatal(err)
		}
		var words []string
		for _, tried := range NewTrial(rs).Push(&c.r) {
			word := fmt.Sprint(tried.Rule, " ", tried.Outcome)
			if tried.Err != nil {
				word += ": " + tried.Err.Error()
			}
			if tried.Outcome == Changes || tried.Outcome == Answers {
				word += fmt.Sprintf(" %q %q", tried.Before, tried.After)
			}
			words = append(words, word)
		}
		if got := strings.Join(words, "; "); got != c.want {
			t.Errorf("%s: %s, want %s", c.rules, got, c.want)
		}
	}
}
