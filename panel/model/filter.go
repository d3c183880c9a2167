package model

import (
	"bytes"
	"strings"

	"github.com/tetherscope/tetherscope/internal/record"
)

// Filter says which rows of a view are shown. The zero value shows all. Gap rows are shown whatever it says: a filter
// must not hide that something is missing.
type Filter struct {
	Conn      uint32 // only this connection; 0: all
	HideDir   [2]bool
	HideTypes uint16 // one bit for each Type
	Broken    bool   // only rows that break a rule
	Text      string // only rows whose content has this in it; capital letters in it make it case-sensitive
}

// Hides reports whether the chip of type t is off.
func (f Filter) Hides(t Type) bool { return f.HideTypes>>t&1 != 0 }

// Toggle returns f with the chip of type t turned over.
func (f Filter) Toggle(t Type) Filter {
	f.HideTypes ^= 1 << t
	return f
}

// Term is one part of a filter in words, and the filter without it.
type Term struct {
	Label   string
	Without Filter
}

// Terms returns the parts of f that hide something, for "hidden by …, remove".
func (f Filter) Terms() []Term {
	var out []Term
	add := func(label string, without Filter) { out = append(out, Term{label, without}) }
	if f.Text != "" {
		w := f
		w.Text = ""
		add("text “"+preview([]byte(f.Text), 40)+"”", w)
	}
	if f.Conn != 0 {
		w := f
		w.Conn = 0
		add("connection "+utoa(uint64(f.Conn)), w)
	}
	for _, d := range [...]record.Dir{record.Out, record.In} {
		if f.HideDir[d] {
			w := f
			w.HideDir[d] = false
			add([...]string{"sent hidden", "received hidden"}[d], w)
		}
	}
	for t := range NumTypes {
		if f.Hides(t) {
			add(t.String()+" hidden", f.Toggle(t))
		}
	}
	if f.Broken {
		w := f
		w.Broken = false
		add("only violations", w)
	}
	return out
}

// matcher is a filter made ready to be asked about many rows of one view.
type matcher struct {
	filter Filter
	view   View
	text   []byte // lower case when fold
	fold   bool
}

func newMatcher(f Filter, v View) matcher {
	lower := strings.ToLower(f.Text)
	return matcher{filter: f, view: v, text: []byte(f.Text), fold: lower == f.Text}
}

// match reports whether the row is shown, and how many bytes it had to search for that.
func (t *matcher) match(s *store, pg *page, i int) (shown bool, searched int) {
	f := &t.filter
	if pg.kind[i] == kindGap {
		return true, 0
	}
	if f.Conn != 0 && pg.conn[i] != f.Conn || !shownIn(pg, i, t.view) {
		return false, 0
	}
	if f.HideTypes != 0 && f.Hides(rowType(pg, i, t.view)) || f.HideDir[rowDir(pg, i)] && hasDir(pg, i) {
		return false, 0
	}
	if f.Broken && pg.violations[i] == 0 && pg.kind[i] != record.KindBroken {
		return false, 0
	}
	if len(t.text) == 0 {
		return true, 0
	}
	return t.search(s, pg, i)
}

// hasDir reports whether the row is something that one side sent.
func hasDir(pg *page, i int) bool {
	return pg.kind[i] == record.KindFrame || pg.kind[i] == record.KindBroken
}

// search looks for the text in what the row's preview and detail are made of: the message in the Messages view, the
// frame's payload in the Frames view, and the words of the preview where they say more than the bytes.
func (t *matcher) search(s *store, pg *page, i int) (bool, int) {
	content := s.payload(pg, i)
	if t.view == Messages {
		content = s.content(pg, i)
	}
	if t.in(content) {
		return true, len(content)
	}
	if pg.kind[i] == record.KindFrame && pg.opcode[i].IsControl() || pg.kind[i] != record.KindFrame {
		return t.in([]byte(rowPreview(s, pg, i, t.view))), len(content)
	}
	return false, len(content)
}

func (t *matcher) in(b []byte) bool {
	if t.fold {
		return containsFold(b, t.text)
	}
	return bytes.Contains(b, t.text)
}

// containsFold reports whether b contains lower, an already lower-case text, when ASCII letters of b are taken in lower
// case too. It lets bytes.IndexByte, which is fast, find the places where the first byte stands.
func containsFold(b, lower []byte) bool {
	if len(lower) == 0 {
		return true
	}
	c := lower[0]
	upper := c
	if 'a' <= c && c <= 'z' {
		upper = c - 'a' + 'A'
	}
	return containsFrom(b, lower, c) || upper != c && containsFrom(b, lower, upper)
}

func containsFrom(b, lower []byte, first byte) bool {
	for len(b) >= len(lower) {
		k := bytes.IndexByte(b[:len(b)-len(lower)+1], first)
		if k < 0 {
			return false
		}
		if equalFold(b[k+1:k+len(lower)], lower[1:]) {
			return true
		}
		b = b[k+1:]
	}
	return false
}

func equalFold(b, lower []byte) bool {
	for i, c := range b {
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		if c != lower[i] {
			return false
		}
	}
	return true
}
