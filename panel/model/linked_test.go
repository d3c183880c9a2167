// These tests prove that a line of a decoded message and its bytes lead to each other, that pictures are bounded, that a
// descriptor set and a key path of a person's own change what is understood, and that chips count under the query.
package model

import (
	"encoding/hex"
	"strings"
	"testing"

	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/internal/frame"
	"github.com/tetherscope/tetherscope/panel/model/render"
	"github.com/tetherscope/tetherscope/panel/model/rows"
)

func bytesOf(t *testing.T, digits string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(digits, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// lit returns the bytes that are lit, as digits.
func lit(d *DecodedDetail) string {
	var out []string
	for _, l := range d.Bytes {
		for _, r := range l.Runs {
			if r.Fields == "highlight" {
				out = append(out, r.Hex)
			}
		}
	}
	return strings.Join(out, " ")
}

func TestALineAndItsBytesLeadToEachOther(t *testing.T) {
	for _, c := range []struct {
		name, payload, decoder string
		key, bytes             string // the line with this key stands for these bytes
		at                     int    // one of them
	}{
		{"a member of a map, name and value", "82 a1 61 01 a1 62 a2 68 69", "MessagePack", "b", "a1 62 a2 68 69", 7},
		{"CBOR", "a2 61 61 01 61 62 62 68 69", "CBOR", "b", "61 62 62 68 69", 7},
		{"Protobuf, tag and value", "08 96 01 12 02 68 69", "Protobuf", "2", "12 02 68 69", 5},
		{"MQTT", "30 05 00 01 74 68 69", "MQTT", "topic", "00 01 74", 4},
		{"JSON", "7b 22 61 22 3a 31 7d", "JSON", "a", "22 61 22 3a 31", 5},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := New(Options{})
			feed(m, 1, data(record.In, frame.Binary, bytesOf(t, c.payload)))
			m.Update(Select{0})
			m.Update(SetTab{TabDecoded})
			m.Update(SetDecoder{c.decoder})
			line := -1
			for _, l := range m.Detail().Decoded.Lines {
				if l.Key == c.key {
					line = l.Number
				}
			}
			m.Update(Highlight{line})
			if got := lit(m.Detail().Decoded); got != c.bytes {
				t.Errorf("line %d lights %q, want %q", line, got, c.bytes)
			}
			m.Update(Highlight{line})
			if got := lit(m.Detail().Decoded); got != "" {
				t.Errorf("chosen again it still lights %q", got)
			}
			m.Update(HighlightAt{c.at})
			if d := m.Detail().Decoded; lit(d) != c.bytes || !d.Lines[line].Highlight {
				t.Errorf("byte %d lights %q", c.at, lit(d))
			}
		})
	}
}

// Choosing a line turns to the page that has its bytes, and a byte to the page that has its line.
func TestTheOtherPageIsTurnedTo(t *testing.T) {
	var b strings.Builder
	b.WriteString("[")
	for range 900 {
		b.WriteString(`"ten bytes",`)
	}
	b.WriteString(`"last"]`)
	m := New(Options{})
	feed(m, 1, text(record.In, b.String()))
	m.Update(Select{0})
	m.Update(SetTab{TabDecoded})
	m.Update(Highlight{900})
	if d := m.Detail().Decoded; d.BytePage.Index != (1+899*12)/render.HexPage || d.Page.Index != 900/linePage || len(lit(d)) == 0 {
		t.Errorf("bytes page %d, lines page %d", d.BytePage.Index, d.Page.Index)
	}
	m.Update(HighlightAt{5})
	if d := m.Detail().Decoded; d.Page.Index != 0 || !d.Lines[1].Highlight {
		t.Errorf("lines page %d", d.Page.Index)
	}
}

func TestPicturesAreDrawnWithinLimits(t *testing.T) {
	gif := func(w, h string) []byte { return bytesOf(t, "47 49 46 38 39 61 "+w+" "+h+" 00 00 00 3b") }
	for _, c := range []struct {
		name    string
		payload []byte
		length  int
		drawn   bool
	}{
		{"small", gif("02 00", "03 00"), 0, true},
		{"too many pixels", gif("ff 3f", "ff 3f"), 0, false},
		{"too wide", gif("ff ff", "01 00"), 0, false},
		{"without any", gif("00 00", "01 00"), 0, false},
		{"cut by the capture", gif("02 00", "03 00"), 1000, false},
		{"SVG", []byte(`<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>`), 0, false},
		{"BMP", bytesOf(t, "42 4d 3a 00 00 00 00 00 00 00 36 00 00 00 28 00 00 00 01 00 00 00 01 00 00 00"), 0, false},
	} {
		m := New(Options{})
		r := data(record.In, frame.Binary, c.payload)
		if c.length > 0 {
			r.Inflated, r.Header.Length = uint64(c.length), uint64(c.length)
		}
		feed(m, 1, r)
		m.Update(Select{0})
		m.Update(SetTab{TabDecoded})
		p := m.Detail().Decoded.Picture
		if drawn := p != nil && p.Data != nil; drawn != c.drawn || p != nil && !drawn && p.Refused == "" {
			t.Errorf("%s: %+v", c.name, p)
		}
	}
}

// descriptors is a FileDescriptorSet with message shop.Order { string name = 2; }.
const descriptors = "0a 20 0a 01 66 12 04 73 68 6f 70 22 15 0a 05 4f 72 64 65 72 12 0c 0a 04 6e 61 6d 65 18 02 20 01 28 09"

func TestADescriptorSetNamesFields(t *testing.T) {
	m := New(Options{})
	feed(m, 1, data(record.In, frame.Binary, bytesOf(t, "12 02 68 69")))
	m.Update(Select{0})
	m.Update(SetTab{TabDecoded})
	m.Update(SetDecoder{"Protobuf"})
	key := func() string { return m.Detail().Decoded.Lines[1].Key }
	if key() != "2" {
		t.Fatalf("without a set the field is %q", key())
	}
	m.Update(SetSchema{Name: "x.pb", Bytes: []byte("no set at all")})
	if s := m.Schema(); s.Name != "" || !strings.Contains(s.Problem, "descriptor_set_out") {
		t.Errorf("a wrong file gives %+v", s)
	}
	m.Update(SetSchema{Name: "shop.pb", Bytes: bytesOf(t, descriptors)})
	if s := m.Schema(); s.Problem != "" || s.Types != [2]string{"shop.Order", "shop.Order"} {
		t.Fatalf("%+v", s)
	}
	if key() != "name" {
		t.Errorf("with the set the field is %q", key())
	}
	m.Update(SetMessageType{Dir: record.In, Name: "no.Such"})
	if s := m.Schema(); s.Types[record.In] != "" || key() != "2" {
		t.Errorf("an unknown type gives %+v, field %q", s, key())
	}
	m.Update(SetSchema{})
	if s := m.Schema(); s.Name != "" || s.Types != [2]string{} {
		t.Errorf("taken away: %+v", s)
	}
}

func TestAKeyPathOfAPersonsOwnFindsAnswers(t *testing.T) {
	list := []record.Record{
		text(record.Out, `{"meta":{"ref":7},"do":"x"}`), text(record.In, `{"other":1}`),
		data(record.In, frame.Binary, []byte("\x82\xa8reply_to\x07\xa2ok\xc3")), text(record.In, `{"reply_to":8}`),
	}
	for i := range list {
		list[i].Time += int64(i) * 1e6
	}
	m := New(Options{})
	feed(m, 1, list...)
	took := func() (out []string) {
		for i := range m.viewport.total() {
			out = append(out, m.grid.line(i).Response)
		}
		return out
	}
	if got := strings.Join(took(), "|"); got != "|||" {
		t.Fatalf("before: %s", got)
	}
	kinds := len(m.Statistics().Kinds)
	m.Update(SetPairing{Request: "$.meta.ref", Answer: "reply_to"})
	settle(m)
	if got := strings.Join(took(), "|"); got != "||2.00 ms|" {
		t.Errorf("after: %s", got)
	}
	s := m.Statistics()
	if len(s.Latencies) != 1 || len(s.Kinds) != kinds || s.Kinds[0].Count != 1 {
		t.Errorf("statistics count twice: %+v", s)
	}
	m.Update(SetPairing{Request: "a..b"})
	if p := m.Pairing(); p.Problem == "" || p.Request != "$.meta.ref" {
		t.Errorf("a wrong path gives %+v", p)
	}
	m.Update(SetPairing{})
	settle(m)
	if got := strings.Join(took(), "|"); got != "|||" {
		t.Errorf("taken away: %s", got)
	}
}

func TestChipsCountWhatTheyWouldShow(t *testing.T) {
	m := New(Options{})
	wrong := text(record.Out, "apple")
	wrong.Violations = frame.ZeroKey
	feed(m, 1, text(record.Out, "apple"), text(record.In, "apple"), data(record.In, frame.Binary, []byte("apple")), text(record.In, "pear"), wrong)
	if f := m.Status().Facets; !f.Off {
		t.Errorf("without a filter: %+v", f)
	}
	check := func(what string, f rows.Filter, dirs [2]uint64, texts, binaries, bad uint64) {
		t.Helper()
		m.Update(SetFilter{f})
		settle(m)
		got := m.Status().Facets
		if got.Dirs != dirs || got.Types[rows.TypeText] != texts || got.Types[rows.TypeBinary] != binaries || got.Wrong != bad || got.More {
			t.Errorf("%s: %+v", what, got)
		}
	}
	check("a query", rows.Filter{Text: "apple"}, [2]uint64{2, 2}, 3, 1, 1)
	check("a query, text hidden", rows.Filter{Text: "apple", HideTypes: 1 << rows.TypeText}, [2]uint64{0, 1}, 3, 1, 0)
	check("a query, received hidden", rows.Filter{Text: "apple", HideDir: [2]bool{false, true}}, [2]uint64{2, 2}, 2, 0, 1)
	check("only wrong", rows.Filter{Broken: true}, [2]uint64{1, 0}, 1, 0, 1)
	check("neighbours", rows.Filter{Text: "near:1 pear"}, [2]uint64{1, 2}, 2, 1, 1)
	feed(m, 6, text(record.In, "pear"))
	m.Update(SetFilter{rows.Filter{Text: "pear"}})
	settle(m)
	feed(m, 7, text(record.In, "pear"))
	if got := m.Status().Facets.Dirs; got != [2]uint64{0, 3} {
		t.Errorf("counts stay behind: %v", got)
	}
}

func TestStatisticsOfOneConnection(t *testing.T) {
	m := New(Options{})
	other := text(record.In, `{"type":"b"}`)
	other.Conn = 2
	feed(m, 1, text(record.Out, `{"type":"a"}`), text(record.Out, `{"type":"a"}`), other)
	s := m.Statistics()
	if s.Conn != 0 || len(s.Conns) != 2 || s.Conns[0].ID != 1 || len(s.Kinds) != 2 {
		t.Errorf("of all: %+v", s)
	}
	m.Update(SetFilter{rows.Filter{Conn: 2}})
	settle(m)
	s = m.Statistics()
	if s.Conn != 2 || len(s.Conns) != 0 || len(s.Kinds) != 1 || s.Kinds[0].Shape != "type=b" || s.Tally.Frames != [2]uint64{0, 1} {
		t.Errorf("of one: %+v", s)
	}
	m.Update(Clear{})
	if s = m.Statistics(); len(s.Kinds) != 0 {
		t.Errorf("after a clear: %+v", s)
	}
	m.Update(Undo{})
	settle(m)
	if s = m.Statistics(); len(s.Kinds) != 1 || s.Tally.Frames != [2]uint64{0, 1} {
		t.Errorf("after undo: %+v", s)
	}
}
