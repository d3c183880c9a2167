package model

import (
	"strings"
	"testing"

	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/internal/frame"
	"github.com/tetherscope/tetherscope/panel/model/rows"
)

// These tests prove that what a person composes becomes the message that they mean, that mistakes are shown at their place,
// and that a recorded message comes back into the composer as it was.

// composed sets boxes and switches, given as name=value, in order.
func composed(settings ...string) Compose {
	c := NewCompose()
	for _, s := range settings {
		name, value, _ := strings.Cut(s, "=")
		switch name {
		case "fin":
			c.ToggleFin()
		case "force":
			c.ToggleForce()
		case "rsv":
			c.ToggleRsv(value[0] - '0')
		case "conn":
			c.SetConn(uint32(value[0] - '0'))
		default:
			if !c.Set(name, value) {
				panic(name)
			}
		}
	}
	return c
}

func TestComposeMakesTheMessage(t *testing.T) {
	for _, c := range []struct {
		settings []string
		want     string // frames, masking keys as in Draft
	}{
		{[]string{"body=Hello"}, "81 05 48 65 6c 6c 6f"},
		{[]string{"form=json", `body={"a":1}`, "op=binary"}, "82 07 7b 22 61 22 3a 31 7d"},
		{[]string{"form=hex", "body=de ad", "op=0xB", "fin=", "rsv=4", "rsv=1", "rsv=4"}, "1b 02 de ad"},
		{[]string{"form=code", "op=close", "code=4001", "reason=x"}, "88 03 0f a1 78"},
		{[]string{"form=code", "op=close"}, "88 00"},
		{[]string{"to=server", "key=01020304", "body=a"}, "81 81 01 02 03 04 60"},
		{[]string{"to=server", "mask=off", "body=a"}, "81 01 61"},
		{[]string{"body=abc", "split=2"}, "01 01 61 80 02 62 63"},
		{[]string{"body=abc", "sizes=2; 0"}, "01 02 61 62 00 00 80 01 63"},
	} {
		form := composed(c.settings...)
		if d := form.Draft(nil); d.Error != "" || d.Hex != c.want {
			t.Errorf("%q: %q %s, want %s", c.settings, d.Hex, d.Error, c.want)
		}
	}
	form := composed("form=file")
	form.Name, form.File = "x.bin", []byte{0xFF}
	if d := form.Draft(nil); d.Hex != "81 01 ff" || len(d.Problems) != 1 {
		t.Errorf("a file: %+v", d)
	}
}

func TestComposeSaysWhereItIsWrong(t *testing.T) {
	for want, settings := range map[string][]string{
		`line 2, column 7: not JSON: invalid character '}' looking for beginning of value`: {"form=json", "body={\n  \"ü\":}"},
		"line 1, column 1: not JSON: unexpected end of JSON input":                         {"form=json", "body="},
		`line 2, column 1: the payload has "zz" at byte 3: want two hexadecimal digits`:    {"form=hex", "body=de\nzz"},
		"choose a file first":                                                     {"form=file"},
		"a close code is a number from 0 to 65535":                                {"form=code", "code=65536"},
		"the number of frames must be 1 or more":                                  {"split=0"},
		`"x" is no size in bytes; write sizes with commas between, as 10, 0, 200`: {"sizes=1,x"},
		`"sizes" has 5 where 1 bytes are left`:                                    {"sizes=5", "body=a"},
		`"key" is no masking key: want 8 hexadecimal digits`:                      {"key=12", "to=server"},
	} {
		form := composed(settings...)
		d := form.Draft(nil)
		if d.Error != want {
			t.Errorf("%q: %q, want %q", settings, d.Error, want)
		}
	}
	if c := NewCompose(); c.Set("nothing", "x") {
		t.Error("there is no such box")
	}
}

// TestForceIsAskedForEachTime: whatever is changed takes it back, so that no user breaks a rule without having seen it.
func TestForceIsAskedForEachTime(t *testing.T) {
	for _, change := range []string{"body=x", "op=0x3", "fin=", "rsv=2", "conn=2"} {
		c := composed("force=", change)
		if c.Force {
			t.Errorf("%s keeps force", change)
		}
	}
	c := composed("rsv=4", "force=")
	if m, err := c.Message(); err != nil || !m.Force {
		t.Errorf("%+v, %v", m, err)
	}
}

// TestRecompose: selected rows come back, in either view; what the capture cut, and what is no frame, does not.
func TestRecompose(t *testing.T) {
	m := New(Options{})
	text := func(r record.Record) record.Record {
		r.Kind, r.Conn = record.KindFrame, 1
		r.Header.Length, r.Wire, r.Inflated = uint64(len(r.Payload)), uint64(len(r.Payload)), uint64(len(r.Bytes()))
		if !r.Header.Opcode.IsControl() {
			r.Final, r.Frames, r.Message = true, 1, 1
		}
		return r
	}
	list := []record.Record{
		{Kind: record.KindRequest, Conn: 1, Head: []byte("GET / HTTP/1.1\r\n\r\n"), Name: "/ws"},
		{Kind: record.KindResponse, Conn: 1, Head: []byte("HTTP/1.1 101 Switching Protocols\r\n\r\n")},
		text(record.Record{Dir: record.Out, Header: frame.Header{Fin: true, Opcode: frame.Text, Masked: true}, Payload: []byte(`{"a":1}`)}),
		text(record.Record{Dir: record.In, Header: frame.Header{Fin: true, Opcode: frame.Binary}, Payload: []byte("ab")}),
		text(record.Record{Dir: record.In, Header: frame.Header{Fin: true, Opcode: frame.Close}, Payload: []byte("\x0f\xa1bye")}),
		text(record.Record{Dir: record.In, Header: frame.Header{Fin: true, Rsv: frame.RSV1, Opcode: frame.Text}, Payload: []byte("zip"), Body: []byte("inflated"), Compressed: true}),
		text(record.Record{Dir: record.In, Header: frame.Header{Opcode: 0xC, Rsv: 1}, Payload: []byte{0xFF}}),
	}
	b := record.AppendBatch(nil, record.Batch{First: 1, Count: uint64(len(list))})
	for i := range list {
		b = record.AppendRecord(b, &list[i])
	}
	m.Update(Batch{b})
	for id, want := range map[uint64]string{
		2: "server json text 81 87 5c 09 e0 81 27 2b 81 a3 66 38 9d",
		3: "client hex binary 82 02 61 62",
		4: "client code close 88 05 0f a1 62 79 65",
		5: "client text text 81 08 69 6e 66 6c 61 74 65 64",
		6: "client hex 0xC 1c 01 ff",
	} {
		m.Update(Select{ID: id})
		c, err := m.Recompose()
		got := strings.Join([]string{c.To, c.Form, c.Op, c.Draft(m.Conn(1)).Hex}, " ")
		if err != nil || got != want || c.Conn != 1 {
			t.Errorf("row %d: %q, %v, want %q", id, got, err, want)
		}
	}
	m.Update(Select{ID: 0})
	if _, err := m.Recompose(); err == nil {
		t.Error("a request becomes a message")
	}
	if open := m.OpenConns(5); len(open) != 1 || open[0].ID != 1 {
		t.Errorf("%+v", open)
	}
}

func TestTemplatesComeBack(t *testing.T) {
	var list Templates
	c := composed("op=ping", "body=x", "conn=7", "force=")
	if problem := list.Save(" beat ", c); problem != "" {
		t.Fatal(problem)
	}
	back := ReadTemplates(list.String())
	if len(back) != 1 || back[0].Title != "beat" || back[0].Compose.Op != "ping" || back[0].Compose.Force || back[0].Compose.Conn != 0 {
		t.Errorf("%+v", back)
	}
	c.Op = "pong"
	if list.Save("beat", c); len(list) != 1 || list[0].Compose.Op != "pong" {
		t.Error("a title stands twice")
	}
	for _, bad := range []struct {
		title string
		c     Compose
	}{{"", c}, {"big", composed("body=" + strings.Repeat("x", maxTemplateBody+1))}, {"file", composed("form=file")}} {
		if list.Save(bad.title, bad.c) == "" {
			t.Errorf("%q is kept", bad.title)
		}
	}
	for i := range MaxTemplates {
		list.Save("n"+string(rune('a'+i)), c)
	}
	if len(list) != MaxTemplates || ReadTemplates("nonsense") != nil {
		t.Errorf("%d are kept", len(list))
	}
	list.Remove(99)
	list.Remove(0)
	if len(list) != MaxTemplates-1 {
		t.Error("removed wrongly")
	}
}

// TestInjectedRowsSayIt: in the grid, the detail, the export and the filter.
func TestInjectedRowsSayIt(t *testing.T) {
	m := New(Options{})
	r := record.Record{Kind: record.KindFrame, Conn: 1, Dir: record.In, Marks: record.Injected, Final: true, Frames: 1, Message: 1, Header: frame.Header{Fin: true, Opcode: frame.Text, Size: 2}}
	plain := r
	plain.Marks = 0
	b := record.AppendBatch(nil, record.Batch{First: 1, Count: 2})
	m.Update(Batch{record.AppendRecord(record.AppendRecord(b, &r), &plain)})
	m.Update(SetFilter{rows.Filter{Text: "is:injected"}})
	for m.Step(1000) {
	}
	w := m.Window()
	if w.Total != 1 || w.Lines[0].Note != "injected" || !strings.Contains(w.Lines[0].Look, "acted") {
		t.Fatalf("%+v", w)
	}
	m.Update(Select{ID: w.Lines[0].ID})
	if d := m.Detail(); d.Marks != "injected" {
		t.Errorf("%+v", d)
	}
	if out := string(exportLines(&m.files, false)); !strings.Contains(out, `"marks":["injected"]`) {
		t.Error(out)
	}
}
