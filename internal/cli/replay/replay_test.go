package replay_test

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/internal/cli/replay"
	"github.com/tetherscope/tetherscope/internal/frame"
)

// tape makes the records of a connection, as a tap would.
type recording struct {
	list    []record.Record
	out, in *frame.Decoder
	now     int64
}

func newRecording(deflate *frame.DeflateParams, snap int) *recording {
	return &recording{
		out: frame.NewDecoder(frame.Config{FromClient: true, Deflate: deflate, Snap: snap}),
		in:  frame.NewDecoder(frame.Config{Deflate: deflate, Snap: snap}),
	}
}

func (t *recording) frame(dir record.Dir, h frame.Header, payload string) {
	d := t.in
	if dir == record.Out {
		d, h.Masked, h.Key = t.out, true, [4]byte{1, 2, 3, byte(len(t.list))}
	}
	d.Feed(frame.AppendFrame(nil, h, []byte(payload)), func(f *frame.Frame) {
		t.now += 1e6
		r := record.Record{Dir: dir, Conn: 1, Seq: uint64(len(t.list) + 1), Time: t.now}
		r.SetFrame(f)
		t.list = append(t.list, r.Clone())
	})
}

func (t *recording) say(dir record.Dir, op frame.Opcode, payload string) {
	t.frame(dir, frame.Header{Fin: true, Opcode: op}, payload)
}

func script(t *testing.T, role replay.Role, list []record.Record) *replay.Script {
	t.Helper()
	b := replay.NewBuilder(role)
	for i := range list {
		if err := b.Add(&list[i]); err != nil {
			t.Fatal(err)
		}
	}
	scripts, err := b.Scripts()
	if err != nil {
		t.Fatal(err)
	}
	return scripts[0]
}

// messages returns what a direction said, as the application gets it.
func messages(list []record.Record, dir record.Dir) (said []string) {
	op := frame.Opcode(0)
	for i := range list {
		r := &list[i]
		if r.Dir != dir || r.Header.Opcode.IsControl() {
			continue
		}
		if r.Header.Opcode != frame.Continuation {
			op = r.Header.Opcode
		}
		if r.Final {
			said = append(said, fmt.Sprintf("%s %q", op, r.Bytes()))
		}
	}
	return said
}

// conversation is random: messages of both ends, some equal, cut into frames between each other, with pings that are answered.
func conversation(r *rand.Rand) *recording {
	t := newRecording(nil, 0)
	var open [2][]string // what is left of a message under way
	for range 5 + r.IntN(60) {
		dir := record.Dir(r.IntN(2))
		switch rest := open[dir]; {
		case len(rest) > 0 && r.IntN(3) > 0:
			t.frame(dir, frame.Header{Fin: len(rest) == 1}, rest[0])
			open[dir] = rest[1:]
		case r.IntN(8) == 0:
			t.say(dir, frame.Ping, "p")
			t.say(1-dir, frame.Pong, "p")
		case len(rest) > 0:
		case r.IntN(4) == 0:
			open[dir] = []string{"b", fmt.Sprint(r.IntN(3))}[:1+r.IntN(2)]
			t.frame(dir, frame.Header{Opcode: frame.Text}, "a")
		default:
			op := frame.Text + frame.Opcode(r.IntN(2))
			t.say(dir, op, fmt.Sprintf(`{"id":%d,"q":"%c"}`, r.IntN(5), 'a'+r.IntN(3)))
		}
	}
	for dir, rest := range open {
		for i, part := range rest {
			t.frame(record.Dir(dir), frame.Header{Fin: i == len(rest)-1}, part)
		}
	}
	if r.IntN(2) == 0 {
		t.say(record.Out, frame.Close, "\x03\xe8bye")
		t.say(record.In, frame.Close, "\x03\xe8bye")
	}
	return t
}

// perform plays a client's script to a mock of the same capture, and returns what both said as a tap would have recorded it.
func perform(t *testing.T, p *replay.Player, m *replay.Mock) *recording {
	t.Helper()
	took := newRecording(nil, 0)
	talk, greeting := m.Begin()
	var hear func(f *replay.Frame)
	op := frame.Opcode(0)
	toMock := func(f *replay.Frame) {
		before := len(took.list)
		took.frame(record.Out, f.Header, string(f.Payload))
		r := took.list[before]
		if o := r.Header.Opcode; !o.IsControl() && o != frame.Continuation {
			op = o
		}
		switch {
		case r.Header.Opcode == frame.Ping || r.Header.Opcode == frame.Close:
			answer := r.Header.Opcode
			if answer == frame.Ping {
				answer = frame.Pong
			}
			hear(&replay.Frame{Header: frame.Header{Fin: true, Opcode: answer}, Payload: r.Payload})
		case r.Final:
			answers, how := talk.Answer(op, r.Bytes())
			if how != replay.Exact {
				t.Errorf("%q was found by %s", r.Bytes(), how)
			}
			for i := range answers {
				hear(&answers[i])
			}
		}
	}
	hear = func(f *replay.Frame) {
		took.in.Feed(frame.AppendFrame(nil, f.Header, f.Payload), func(got *frame.Frame) {
			r := record.Record{Dir: record.In, Conn: 1, Seq: uint64(len(took.list) + 1)}
			r.SetFrame(got)
			took.list = append(took.list, r.Clone())
			if reply := p.Receive(got); reply != nil {
				took.frame(record.Out, reply.Header, string(reply.Payload))
			}
		})
	}
	for i := range greeting {
		hear(&greeting[i])
	}
	for {
		f, _ := p.Next(0)
		if f == nil {
			return took
		}
		toMock(f)
	}
}

// TestAReplayAgainstItsMockIsTheCapture: whatever was said, both ends say it again.
func TestAReplayAgainstItsMockIsTheCapture(t *testing.T) {
	for seed := range uint64(2000) {
		want := conversation(rand.New(rand.NewPCG(seed, 1)))
		if len(want.list) == 0 {
			continue
		}
		p := replay.NewPlayer(script(t, replay.Client, want.list), replay.Pace{Wait: true})
		m := replay.NewMock([]*replay.Script{script(t, replay.Server, want.list)})
		got := perform(t, p, m)
		if !p.Whole() || !p.Answered() {
			t.Fatalf("seed %d: stuck: %v", seed, p)
		}
		for _, dir := range []record.Dir{record.Out, record.In} {
			if a, b := messages(got.list, dir), messages(want.list, dir); fmt.Sprint(a) != fmt.Sprint(b) {
				t.Fatalf("seed %d, %s:\n got %q\nwant %q", seed, dir, a, b)
			}
		}
		list, more := p.Compare()
		for _, d := range list {
			if d.Verdict != replay.Same || more != 0 {
				t.Fatalf("seed %d: %+v, %d more", seed, d, more)
			}
		}
	}
}

func TestFramesArePlayedAsTheyWere(t *testing.T) {
	c := newRecording(nil, 4)
	c.frame(record.Out, frame.Header{Opcode: frame.Text}, "he")
	c.say(record.Out, frame.Ping, "?")
	c.frame(record.Out, frame.Header{Fin: true, Rsv: 1}, "llo")
	c.say(record.In, frame.Pong, "?")
	c.say(record.In, frame.Ping, "!")
	c.say(record.Out, frame.Pong, "!")
	c.say(record.Out, frame.Pong, "of its own")
	c.say(record.Out, frame.Text, "cut off")
	c.say(record.In, frame.Close, "\x03\xe8")
	c.say(record.Out, frame.Text, "late")
	c.say(record.Out, frame.Close, "\x03\xe9")
	for i := range c.list {
		if c.list[i].Header.Opcode == frame.Ping && c.list[i].Dir == record.Out {
			c.list[i].Marks = record.Injected
		}
	}
	dropped := c.list[0].Clone()
	dropped.Marks = record.Dropped
	s := script(t, replay.Client, append([]record.Record{dropped}, c.list...))
	var got bytes.Buffer
	for _, f := range s.Frames {
		fmt.Fprintf(&got, "%s fin=%t rsv=%d %q after %d at %v\n", f.Header.Opcode, f.Header.Fin, f.Header.Rsv, f.Payload, f.After, f.At)
	}
	want := `text fin=false rsv=0 "he" after 0 at 0s
ping fin=true rsv=0 "?" after 0 at 1ms
continuation fin=true rsv=1 "llo" after 0 at 2ms
pong fin=true rsv=0 "of its own" after 0 at 6ms
text fin=true rsv=0 "cut " after 0 at 7ms
`
	if got.String() != want {
		t.Errorf("got\n%swant\n%s", got.String(), want)
	}
	if s.Injected != 1 || s.Cut != 1 || s.FirstCut != 8 || s.Late != 1 || s.Closer != replay.Server || string(s.CloseReply) != "\x03\xe9" {
		t.Errorf("%+v", s)
	}
}

func TestCompressedMessagesArePlayedPlain(t *testing.T) {
	params := frame.DeflateParams{}
	text := `{"a":"` + string(bytes.Repeat([]byte("long "), 300)) + `"}`
	small := frame.NewDeflater(params, true).Append(nil, []byte(text))
	c := newRecording(&params, 0)
	c.frame(record.Out, frame.Header{Opcode: frame.Text, Rsv: frame.RSV1}, string(small[:7]))
	c.say(record.Out, frame.Ping, "in between")
	c.frame(record.Out, frame.Header{Fin: true}, string(small[7:]))
	s := script(t, replay.Client, c.list)
	if len(s.Frames) != 3 || s.Inflated != 1 || s.Cut != 0 || s.Frames[0].Header.Rsv != 0 || string(s.Frames[1].Payload) != "in between" ||
		string(s.Frames[0].Payload)+string(s.Frames[2].Payload) != text {
		t.Errorf("%+v", s)
	}
	cut := newRecording(&params, 100)
	cut.frame(record.Out, frame.Header{Opcode: frame.Text, Rsv: frame.RSV1, Fin: true}, string(small))
	if s := script(t, replay.Client, cut.list); s.Cut != 1 || s.FirstCut != 1 || len(s.Frames[0].Payload) != 100 {
		t.Errorf("%+v", s)
	}
}

func TestPace(t *testing.T) {
	c := newRecording(nil, 0)
	c.say(record.Out, frame.Text, "1")
	c.say(record.In, frame.Text, "a")
	c.say(record.Out, frame.Text, "2")
	s := script(t, replay.Client, c.list)
	p := replay.NewPlayer(s, replay.Pace{Speed: 2})
	if f, _ := p.Next(0); f == nil {
		t.Error("the first waits")
	}
	if f, wait := p.Next(0); f != nil || wait != time.Millisecond {
		t.Errorf("%v, %v", f, wait)
	}
	if f, _ := p.Next(time.Millisecond); f == nil || !p.Done() || !p.Whole() {
		t.Error("the second does not go")
	}
	p = replay.NewPlayer(s, replay.Pace{})
	p.Next(0)
	if f, _ := p.Next(0); f == nil {
		t.Error("at once is not at once")
	}
	p = replay.NewPlayer(s, replay.Pace{Wait: true})
	p.Next(0)
	if f, wait := p.Next(time.Hour); f != nil || wait != replay.Forever {
		t.Errorf("%v, %v", f, wait)
	}
}

func TestCompare(t *testing.T) {
	for _, c := range []struct{ want, got, verdicts string }{
		{"a b", "a b", "same same"},
		{`{"a":1} {"b":[1,2]}`, `{"a":2} {"b":[3]}`, "shape shape"},
		{`{"a":1}`, `{"a":"1"}`, "differs"},
		{`{"a":1} x1 x2 x3`, "x1 x2 x3", "missing same same same"},
		{"x1 x2 x3", `x1 {"a":1} x2 x3`, "same extra same same"},
		{`x1 {"a":1} x3`, `x1 {"b":1} x3`, "same differs same"},
		{"x1", "", "missing"},
		{"", "x1", "extra"},
	} {
		got := ""
		for i, d := range replay.Compare(digests(c.want), digests(c.got)) {
			if i > 0 {
				got += " "
			}
			got += string(d.Verdict)
		}
		if got != c.verdicts {
			t.Errorf("%s / %s: %s, want %s", c.want, c.got, got, c.verdicts)
		}
	}
}

func digests(list string) (out []replay.Digest) {
	for _, m := range bytes.Fields([]byte(list)) {
		out = append(out, replay.DigestOf(&replay.Message{Op: frame.Text, Payload: m, Length: uint64(len(m))}))
	}
	return out
}

// TestMockFindsTheShape: the nearest request answers, with the identities of this one.
func TestMockFindsTheShape(t *testing.T) {
	c := newRecording(nil, 0)
	c.say(record.In, frame.Text, "welcome")
	for _, m := range [][2]string{
		{`{"id":1,"type":"join","room":"lobby"}`, `{"re":1,"id":1,"ok":true,"in":"lobby"}`},
		{`{"id":2,"type":"leave","room":"lobby"}`, `{"id":2, "left" : "lobby", "n":17}`},
		{`{"id":34567,"text":"hi"}`, `{"for":34567,"n":1,"was":{"text":"hi"}}`},
		{"plain", "answer"},
	} {
		c.say(record.Out, frame.Text, m[0])
		c.say(record.In, frame.Text, m[1])
	}
	m := replay.NewMock([]*replay.Script{script(t, replay.Server, c.list)})
	if m.Messages() != 4 {
		t.Errorf("%d messages", m.Messages())
	}
	talk, greeting := m.Begin()
	if len(greeting) != 1 || string(greeting[0].Payload) != "welcome" {
		t.Errorf("%+v", greeting)
	}
	for _, c := range []struct {
		ask    string
		how    replay.Match
		answer string
	}{
		{`{"id":1,"type":"join","room":"lobby"}`, replay.Exact, `{"re":1,"id":1,"ok":true,"in":"lobby"}`},
		{`{"id":9,"type":"join","room":"den"}`, replay.ByShape, `{"re":1,"id":9,"ok":true,"in":"den"}`},
		{`{"room":"x\"y","type":"leave","id":77}`, replay.ByShape, `{"id":77, "left" : "x\"y", "n":17}`},
		{`{"id":8,"text":"new"}`, replay.ByShape, `{"for":8,"n":1,"was":{"text":"new"}}`},
		{"plain", replay.Exact, "answer"},
		{"other", replay.None, ""},
		{`{"id":"9","type":"join","room":"den"}`, replay.None, ""},
	} {
		answer, how := talk.Answer(frame.Text, []byte(c.ask))
		got := ""
		for _, f := range answer {
			got += string(f.Payload)
		}
		if how != c.how || got != c.answer {
			t.Errorf("%s: %s %s, want %s %s", c.ask, how, got, c.how, c.answer)
		}
	}
	if _, how := talk.Answer(frame.Binary, []byte("plain")); how != replay.None {
		t.Error("a binary message was taken for a text")
	}
}

func TestNothingToPlay(t *testing.T) {
	b := replay.NewBuilder(replay.Client)
	if err := b.Add(&record.Record{Kind: record.KindRequest, Conn: 1, Head: []byte("GET /x HTTP/1.1\r\n\r\n")}); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Scripts(); !errors.Is(err, replay.ErrNoConnection) {
		t.Errorf("%v", err)
	}
}

func TestConnectionsAreBounded(t *testing.T) {
	b := replay.NewBuilder(replay.Client)
	for i := range uint32(replay.MaxConns) {
		if err := b.Add(&record.Record{Kind: record.KindRequest, Conn: i}); err != nil {
			t.Fatal(err)
		}
	}
	if err := b.Add(&record.Record{Kind: record.KindRequest, Conn: replay.MaxConns}); !errors.Is(err, replay.ErrTooLarge) {
		t.Errorf("%v", err)
	}
}

// FuzzBuilder: whatever records come, in whatever order, scripts of both roles are made, played and answered without a panic,
// and hold no more than they were given.
func FuzzBuilder(f *testing.F) {
	var seed []byte
	for _, r := range conversation(rand.New(rand.NewPCG(1, 1))).list {
		seed = record.AppendRecord(seed, &r)
	}
	f.Add(append(record.AppendBatch(nil, record.Batch{First: 1, Count: 20}), seed...))
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, role := range []replay.Role{replay.Client, replay.Server} {
			builder := replay.NewBuilder(role)
			_, _ = record.ReadBatch(b, func(r *record.Record) bool { return builder.Add(r) == nil })
			scripts, err := builder.Scripts()
			if err != nil {
				continue
			}
			m := replay.NewMock(scripts)
			for _, s := range scripts {
				total := 0
				for _, one := range s.Frames {
					total += len(one.Payload)
				}
				for _, one := range s.Peer {
					total += len(one.Payload)
				}
				if total > 3*len(b) || len(s.Frames)+len(s.Peer) > len(b) {
					t.Fatalf("%d bytes in %d frames of %d", total, len(s.Frames), len(b))
				}
				p := replay.NewPlayer(s, replay.Pace{Wait: true})
				talk, _ := m.Begin()
				for _, one := range s.Peer {
					p.Next(0)
					talk.Answer(one.Op, one.Payload)
					p.Receive(&frame.Frame{Header: frame.Header{Opcode: one.Op}, Message: &frame.Message{Body: one.Payload}})
				}
				p.Compare()
			}
		}
	})
}
