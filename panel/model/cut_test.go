package model

import (
	"strings"
	"testing"

	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/internal/frame"
)

// TestWhatIsCutSaysSo proves that grid, copy message and exported line say what the capture did not keep: of a frame, of an inflated
// message, and of a message that a page reported.
func TestWhatIsCutSaysSo(t *testing.T) {
	plain, body, whole := text(record.In, "0123456789"), text(record.In, "zz"), text(record.In, "all of it")
	plain.Header.Length, plain.Inflated, plain.Wire = 3000, 3000, 3000
	body.Body, body.Inflated, body.Compressed = []byte("01234567"), 2000, true
	for _, c := range []struct {
		r          record.Record
		note, copy string
		export     string
	}{
		{plain, "cut: 10 bytes of 3,000 bytes", " · cut: the capture kept the first 10 of 3,000 bytes", `"cut":2990`},
		{body, "cut: 8 bytes of 2,000 bytes", " · cut: the capture kept the first 8 of 2,000 bytes", `"cut":1992`},
		{whole, "", "", ""},
	} {
		for _, page := range []bool{false, true} {
			m := New(Options{})
			if page {
				if c.r.Compressed {
					continue // no page knows
				}
				tell(m, "a", batchOf(1, c.r))
			} else {
				feed(m, 1, c.r)
			}
			m.Update(Resize{10})
			lines := m.Window().Lines
			m.Update(Select{lines[len(lines)-1].ID})
			if got := lines[len(lines)-1].Note; got != c.note {
				t.Errorf("the grid notes %q, want %q", got, c.note)
			}
			if got := m.Update(CopyAs{FormPlain})[0].(PutClipboard).Note; got != c.copy {
				t.Errorf("the copy message ends in %q, want %q", got, c.copy)
			}
			if got := string(m.Update(Export{})[0].(Download).Data); strings.Contains(got, `"cut"`) != (c.export != "") || !strings.Contains(got, c.export) {
				t.Errorf("exported %s, want %s", got, c.export)
			}
		}
	}
	ended := text(record.In, "01")
	ended.Truncated, ended.Header.Length, ended.Final = true, 10, false
	m := New(Options{})
	feed(m, 1, ended)
	if got := m.grid.line(0).Note; got != "truncated" && m.viewport.total() > 0 {
		t.Errorf("a frame that the end of the stream cut: %q", got)
	}
	_ = frame.Text
}
