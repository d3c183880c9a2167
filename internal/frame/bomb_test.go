package frame

import (
	"bytes"
	"strings"
	"testing"
)

// bombOf is a compressed message of zeros that inflates to n bytes.
func bombOf(n int) []byte {
	p := DeflateParams{ServerNoContextTakeover: true}
	return AppendFrame(nil, Header{Fin: true, Opcode: Binary, Rsv: RSV1}, NewDeflater(p, false).Append(nil, make([]byte, n)))
}

// BenchmarkInflateBomb is what the worst stream costs for each byte of it, with and without a budget for work.
func BenchmarkInflateBomb(b *testing.B) {
	one := bombOf(1 << 20)
	stream := bytes.Repeat(one, 1<<20/len(one))
	for _, c := range []struct {
		name string
		work func(int) bool
	}{{"unbounded", nil}, {"refused", func(int) bool { return false }}} {
		b.Run(c.name, func(b *testing.B) {
			b.SetBytes(int64(len(stream)))
			for b.Loop() {
				d := NewDecoder(Config{Deflate: &DeflateParams{ServerNoContextTakeover: true}, Work: c.work})
				d.Feed(stream, func(*Frame) {})
			}
		})
	}
}

// TestWorkPastTheRatioIsAskedFor proves that inflating past inflateRatio times the compressed size asks, that a refusal ends it and is marked, that
// messages that need no asking are inflated all the same, and that only with context takeover those after it are lost.
func TestWorkPastTheRatioIsAskedFor(t *testing.T) {
	plain := strings.Repeat("an ordinary message ", 10)
	for _, takeover := range []bool{false, true} {
		p := DeflateParams{ServerNoContextTakeover: !takeover}
		asked := 0
		d := NewDecoder(Config{Deflate: &p, Work: func(n int) bool { asked += n; return asked < 300<<10 }})
		z := NewDeflater(p, false)
		var got []Message
		feed := func(text string) {
			d.Feed(AppendFrame(nil, Header{Fin: true, Opcode: Binary, Rsv: RSV1}, z.Append(nil, []byte(text))), func(f *Frame) {
				m := *f.Message
				m.Body = append([]byte(nil), m.Body...)
				got = append(got, m)
			})
		}
		feed(plain)
		if asked != 0 {
			t.Errorf("an ordinary message asks for %d bytes", asked)
		}
		feed(strings.Repeat("\x00", 200<<10))
		feed(strings.Repeat("\x00", 1<<20))
		feed(plain)
		if string(got[0].Body) != plain || got[0].Violations != 0 || got[1].Violations != 0 || got[1].Length != 200<<10 {
			t.Errorf("within the budget: %+v %+v", got[0].Violations, got[1].Violations)
		}
		if got[2].Violations != InflateBudget || got[2].Length > 400<<10 {
			t.Errorf("past the budget: %v, %d bytes", got[2].Violations, got[2].Length)
		}
		if lost := got[3].Violations == InflateLost; lost != takeover || !takeover && string(got[3].Body) != plain {
			t.Errorf("takeover %t, after it: %v %q", takeover, got[3].Violations, got[3].Body)
		}
	}
}
