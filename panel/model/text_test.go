// These tests prove that what a peer sends becomes harmless, honest text: one line, no control characters, nothing that
// turns the direction of writing, and sizes and times as people write them.
package model

import (
	"strings"
	"testing"
	"unicode"

	"pgregory.net/rapid"

	"github.com/tetherscope/tetherscope/panel/model/format"
	"github.com/tetherscope/tetherscope/panel/model/render"
	"github.com/tetherscope/tetherscope/panel/model/rows"
)

func TestPreview(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"plain", "plain"},
		{"a\nb\tc\x00", "a␊b␉c␀"},
		{"\x1f\x1e\x7f", "␟␞␡"},
		{"\u202Eevil\u2066", `\u202eevil\u2066`},
		{"\xff\xfe", "��"},
		{"<img src=x onerror=alert(1)>", "<img src=x onerror=alert(1)>"},
		{"ä", "ä"},
		{"a\u200bb\u200d\ufeff\u0085\u2028\u00ad", `a\u200bb\u200d\ufeff\u0085\u2028\u00ad`},
		{"\U000e0041", `\U000e0041`},
		{"❤\ufe0f", "❤\ufe0f"},
		{"عربي ׀", "عربي ׀"},
	} {
		if got := format.Preview([]byte(c.in), 100); got != c.want {
			t.Errorf("preview(%q) = %q, want %q", c.in, got, c.want)
		}
	}
	if got := format.Preview([]byte("abcdef"), 3); got != "abc…" {
		t.Errorf("cut: %q", got)
	}
}

// No payload whatever can put a separator of the packed window, or any other control character, into a cell.
func TestNoPayloadBreaksThePackedWindow(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := genRecord().Draw(t, "record")
		r.Payload = rapid.SliceOfN(rapid.Byte(), 0, 300).Draw(t, "payload")
		r.Header.Length = uint64(len(r.Payload))
		m := New(Options{})
		feed(m, 1, r)
		m.Update(SetView{rows.Frames})
		settle(m)
		w := m.Window()
		packed := string(w.Pack(nil))
		if strings.Count(packed, string(rune(CellEnd))) != len(Columns)+2 || strings.Count(packed, string(rune(RowEnd))) != 0 {
			t.Fatalf("packed %q", packed)
		}
		if i := strings.IndexFunc(w.Lines[0].Preview, unicode.IsControl); i >= 0 {
			t.Fatalf("control character in %q", w.Lines[0].Preview)
		}
	})
}

func TestNumbersForPeople(t *testing.T) {
	for _, c := range []struct{ got, want string }{
		{format.Count(0), "0"},
		{format.Count(999), "999"},
		{format.Count(1234567), "1,234,567"},
		{format.Size(9999), "9,999"},
		{format.Size(10_000), "9.77 KiB"},
		{format.Size(70_000), "68.4 KiB"},
		{format.Size(1 << 20), "1.00 MiB"},
		{format.Size(1 << 62), "4.00 EiB"},
		{format.SizePair(500, 8), "500 → 8"},
		{format.SizePair(5, 5), "5"},
		{format.Span(0), "+0"},
		{format.Span(2_310_000), "+2.31 ms"},
		{format.Span(-12_000), "−12.0 µs"},
		{format.Duration(4_200_000_000), "4.20 s"},
		{format.Duration(185_000_000_000), "3 min 5 s"},
		{format.Duration(7_500_000_000_000), "2 h 5 min"},
	} {
		if c.got != c.want {
			t.Errorf("got %q, want %q", c.got, c.want)
		}
	}
}

func TestTextPagesLoseNothing(t *testing.T) {
	whole := strings.Repeat("aä€😀", 10_000)
	pages := ""
	for p := range render.ResultPageOf(0, len(whole), render.TextPage).Count {
		pages += render.Text([]byte(whole), p)
	}
	if pages != whole {
		t.Errorf("%d bytes in pages, want %d", len(pages), len(whole))
	}
}
