package compare_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tetherscope/tetherscope/internal/capture/compare"
	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/internal/frame"
)

// script makes the records of a capture.
type script struct {
	list []record.Record
	conn uint32
	time int64
}

func (s *script) add(r record.Record) *script {
	s.time += int64(time.Millisecond)
	r.Seq, r.Conn, r.Time = uint64(len(s.list)+1), s.conn, s.time
	s.list = append(s.list, r)
	return s
}

// open begins a connection.
func (s *script) open(path, fields string) *script {
	s.conn++
	s.add(record.Record{Kind: record.KindRequest, Name: path, Head: []byte("GET " + path + " HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n")})
	return s.add(record.Record{Kind: record.KindResponse, Head: []byte("HTTP/1.1 101 Switching Protocols\r\n\r\n")})
}

// say adds messages: "> text" is the client's, "< text" the server's.
func (s *script) say(lines ...string) *script {
	for _, l := range lines {
		dir := record.Out
		if l[0] == '<' {
			dir = record.In
		}
		text := []byte(l[2:])
		n := uint64(len(text))
		s.add(record.Record{
			Kind: record.KindFrame, Dir: dir, Header: frame.Header{Fin: true, Opcode: frame.Text, Length: n}, Payload: text,
			Final: true, Frames: 1, Wire: n, Inflated: n, Message: 1,
		})
	}
	return s
}

func (s *script) wait(d time.Duration) *script { s.time += int64(d); return s }

func (s *script) capture() *compare.Capture {
	b := compare.NewBuilder(false)
	for i := range s.list {
		b.Add(&s.list[i])
	}
	return b.Capture()
}

func said(lines ...string) *script { return new(script).open("/ws", "").say(lines...) }

// text returns the differences of a result, a line each.
func text(r *compare.Result) string {
	var out []string
	for _, p := range r.Pairs {
		for _, f := range p.Facts {
			out = append(out, fmt.Sprintf("%s: %s → %s", f.Name, f.Old, f.New))
		}
		for _, x := range p.Places {
			out = append(out, fmt.Sprintf("place %s %s %d/%d %v", x.Kind, x.Path, x.Differ, x.Compared, x.Volatile))
		}
		for _, row := range p.Rows {
			if row.Class == compare.Same && !row.Slower {
				continue
			}
			line := row.Class.String()
			if row.A != nil {
				line += " " + string(row.A.Payload)
			} else {
				line += " " + string(row.B.Payload)
			}
			for _, c := range row.Changes {
				line += fmt.Sprintf(" | %s: %s → %s", c.Path, c.Old, c.New)
			}
			if row.Slower {
				line += " slower"
			}
			out = append(out, line)
		}
	}
	return strings.Join(out, "\n")
}

func compared(a, b *script) *compare.Result {
	return compare.Compare(a.capture(), b.capture(), compare.DefaultOptions)
}

// TestWhatDiffers proves what is found between two small captures.
func TestWhatDiffers(t *testing.T) {
	for name, c := range map[string]struct {
		a, b *script
		want string
	}{
		"nothing":          {said(`> {"a":1}`, `< {"b":2}`), said(`> {"a":1}`, `< {"b":2}`), ""},
		"order of members": {said(`> {"a":1,"b":2}`), said(`> {"b":2, "a":1}`), ""},
		"a value":          {said(`> {"a":1,"b":"x"}`), said(`> {"a":1,"b":"y"}`), `changed {"a":1,"b":"x"} | $.b: "x" → "y"`},
		"a type":           {said(`> {"a":1,"b":2}`), said(`> {"a":1,"b":"2"}`), `reshaped {"a":1,"b":2} | $.b: 2 → "2"`},
		"a member":         {said(`> {"a":1,"b":2}`), said(`> {"a":1,"b":2,"c":3}`), `reshaped {"a":1,"b":2} | $.c:  → 3`},
		"an element":       {said(`> {"a":[1,2]}`), said(`> {"a":[1,3]}`), `changed {"a":[1,2]} | $.a[1]: 2 → 3`},
		"missing and new": {
			said(`> {"type":"a"}`, `> {"type":"b"}`, `> {"type":"c"}`), said(`> {"type":"b"}`, `> {"type":"c"}`, `> {"type":"d"}`),
			"missing {\"type\":\"a\"}\nnew {\"type\":\"d\"}",
		},
		"another type of message":          {said(`> {"type":"a","x":1}`), said(`> {"type":"b","x":1}`), "missing {\"type\":\"a\",\"x\":1}\nnew {\"type\":\"b\",\"x\":1}"},
		"directions interleaved otherwise": {said(`> {"a":1}`, `< {"b":1}`, `> {"a":2}`), said(`> {"a":1}`, `> {"a":2}`, `< {"b":1}`), ""},
		"ids and times": {
			said(`> {"id":7,"at":"2026-01-02T10:00:00Z","v":1}`), said(`> {"id":9,"at":"2026-01-03T10:00:00Z","v":1}`),
			"place ↑ JSON $.id 1/1 true\nplace ↑ JSON $.at 1/1 true",
		},
		"an id that is gone": {said(`> {"id":7,"v":1}`), said(`> {"id":null,"v":1}`), `reshaped {"id":7,"v":1} | $.id: 7 → null`},
		"everywhere": {
			said(`< {"p":1}`, `< {"p":2}`, `< {"p":3}`), said(`< {"p":4}`, `< {"p":5}`, `< {"p":6}`), "place ↓ JSON $.p 3/3 false\n" +
				"changed {\"p\":1}\nchanged {\"p\":2}\nchanged {\"p\":3}",
		},
		"text":             {said("> hello"), said("> world"), `changed hello | : "hello" → "world"`},
		"another opcode":   {said("> hello"), &script{list: asBinary(said("> hello"))}, "missing hello\nnew hello"},
		"header fields":    {new(script).open("/ws", "X-A: 1\r\n"), new(script).open("/ws", "X-A: 2\r\nSec-WebSocket-Key: x\r\n"), "request x-a: 1 → 2"},
		"another path":     {new(script).open("/a", ""), new(script).open("/b", ""), "path: /a → /b"},
		"a session's path": {new(script).open("/a?sid=abc", ""), new(script).open("/a?sid=def", ""), ""},
	} {
		t.Run(name, func(t *testing.T) {
			r := compared(c.a, c.b)
			if got := text(r); got != c.want {
				t.Errorf("got\n%s\nwant\n%s", got, c.want)
			}
			if different := strings.Trim(c.want, "\n") != "" && !strings.HasSuffix(c.want, " true"); r.Counts.Different() != different {
				t.Errorf("different is %v", r.Counts.Different())
			}
		})
	}
}

func asBinary(s *script) []record.Record {
	for i := range s.list {
		if s.list[i].Kind == record.KindFrame {
			s.list[i].Header.Opcode = frame.Binary
		}
	}
	return s.list
}

// TestStrict proves that ids count when nothing is to be volatile.
func TestStrict(t *testing.T) {
	a, b := said(`> {"id":7}`), said(`> {"id":9}`)
	r := compare.Compare(a.capture(), b.capture(), compare.Options{Strict: true})
	if got := text(r); got != `changed {"id":7} | $.id: 7 → 9` || !r.Counts.Different() {
		t.Error(got)
	}
}

// TestSlower proves which answers are slower: those of protocols with keys, and of ends that take turns.
func TestSlower(t *testing.T) {
	call, result := `> {"jsonrpc":"2.0","id":1,"method":"add"}`, `< {"jsonrpc":"2.0","id":1,"result":3}`
	for name, lines := range map[string][2]string{"keys": {call, result}, "turns": {"> ping", "< pong"}} {
		for d, slower := range map[time.Duration]bool{0: false, 15 * time.Millisecond: false, 25 * time.Millisecond: true} {
			a := said(lines[0]).say(lines[1], "< more")
			b := said(lines[0]).wait(d).say(lines[1], "< more")
			if name == "turns" {
				a, b = said(lines[0]).say(lines[1]), said(lines[0]).wait(d).say(lines[1])
			}
			r := compared(a, b)
			if got := r.Counts.Slower == 1; got != slower || r.Counts.Different() != slower || r.Answers.Count != 1 {
				t.Errorf("%s, %v: %+v %+v", name, d, r.Counts, r.Answers)
			}
		}
	}
}

// TestACloseIsCompared proves that code, reason and side of the close are compared.
func TestACloseIsCompared(t *testing.T) {
	a := said("> x").add(record.Record{Kind: record.KindClose, By: record.SideServer, Code: 1000, Clean: true})
	b := said("> x").add(record.Record{Kind: record.KindClose, By: record.SideClient, Code: 4001, Reason: "bye"})
	if got, want := text(compared(a, b)), "close code: 1000 → 4001\nclose reason:  → bye\nclosed by: server → client"; got != want {
		t.Error(got)
	}
}

// TestConnectionsArePaired proves that connections are paired by path and order, whatever their numbers are.
func TestConnectionsArePaired(t *testing.T) {
	a := new(script).open("/a?x=1", "").say("> 1").open("/b", "").say("> 2").open("/a?x=1", "").say("> 3")
	b := new(script).open("/b", "").say("> 2").open("/a?x=1", "").say("> 1").open("/a?x=1", "").say("> 3").open("/c", "").say("> 4")
	r := compared(a, b)
	var pairs []string
	for _, p := range r.Pairs {
		s := "-"
		if p.A != nil {
			s = fmt.Sprint(p.A.Number)
		}
		if p.B != nil {
			s += fmt.Sprint(p.B.Number)
		}
		pairs = append(pairs, s)
	}
	if got := strings.Join(pairs, " "); got != "12 21 33 -4" || r.Counts.Same != 3 || r.Counts.ConnsNew != 1 {
		t.Error(got, r.Counts)
	}
}

// TestAMissingMessageShiftsNothing proves that a message that is missing from the middle of a feed makes no other one differ, and that chance
// equality in a feed in which all else differs tears nothing apart.
func TestAMissingMessageShiftsNothing(t *testing.T) {
	var feed, other []string
	for i := range 1000 {
		feed = append(feed, fmt.Sprintf(`< {"type":"tick","price":%d}`, i*7919%1009))
		other = append(other, fmt.Sprintf(`< {"type":"tick","price":%d}`, (i*104729+13)%1013))
	}
	shorter := slices.Delete(slices.Clone(feed), 400, 403)
	r := compared(said(feed...), said(shorter...))
	if c := r.Counts; c.Same != 997 || c.Missing != 3 || c.Changed+c.New+c.Reshaped+c.Places != 0 {
		t.Errorf("%+v", c)
	}
	r = compared(said(feed...), said(other...))
	if c := r.Counts; c.Same+c.Changed != 1000 || c.Places != 1 || len(r.Pairs[0].Places) != 1 {
		t.Errorf("%+v", c)
	}
}

// TestOnlyChosenMessages proves that a selection leaves answer times as they are.
func TestOnlyChosenMessages(t *testing.T) {
	s := said(`> {"jsonrpc":"2.0","id":1,"method":"add"}`).wait(time.Second).say(`< {"jsonrpc":"2.0","id":1,"result":3}`)
	b := compare.NewBuilder(true)
	for i := range s.list {
		b.Add(&s.list[i])
	}
	b.Choose(4)
	c := b.Capture()
	if m := c.Conns[0].Messages; len(m) != 1 || m[0].Seq != 4 || time.Duration(m[0].Answer) < time.Second {
		t.Errorf("%+v", m)
	}
}

// TestACutMessage proves that a message of which one capture has only the start is the same when the start is, and that one which differs behind
// what is read is not.
func TestACutMessage(t *testing.T) {
	long := "> " + strings.Repeat("x", 1000)
	cut := said(long)
	cut.list[2].Payload = cut.list[2].Payload[:10]
	if got := text(compared(said(long), cut)); got != "" {
		t.Error(got)
	}
	many := "> [0" + strings.Repeat(",1", 40_000)
	if got := compared(said(many+"]"), said(many+",2]")); got.Counts.Changed != 1 || len(got.Pairs[0].Rows[0].Changes) != 1 {
		t.Errorf("%+v", got.Counts)
	}
}

// TestBounds proves that a capture beyond the bounds is cut and that this is said.
func TestBounds(t *testing.T) {
	s := said()
	b := compare.NewBuilder(false)
	r := said("> x").list[2]
	b.Add(&s.list[0])
	for i := range compare.MaxMessages + 5 {
		r.Seq = uint64(i + 3)
		b.Add(&r)
	}
	c := b.Capture()
	if len(c.Conns[0].Messages) != compare.MaxMessages || c.Left != 5 {
		t.Fatal(len(c.Conns[0].Messages), c.Left)
	}
	if got := compare.Begin(c, said().capture(), compare.DefaultOptions).Result().Notes; len(got) != 1 || !strings.Contains(got[0], "5 more") {
		t.Error(got)
	}
}
