package compare

import (
	"bytes"

	"github.com/tetherscope/tetherscope/internal/capture/record"
)

// maxChanges is how many values of a message are listed.
const maxChanges = 200

// rows aligns the messages of each direction, and orders what was found.
func (c *Comparison) rows(p *Pair) []Row {
	partner := map[*Message]*Message{}
	approximate := false
	for dir := record.Out; dir <= record.In; dir++ {
		a, b := p.A.direction(dir), p.B.direction(dir)
		list, guessed := align(a, b)
		approximate = approximate || guessed
		for _, m := range list {
			if one, other := a[m.a], b[m.b]; alike(p, one, other) {
				partner[one], partner[other] = other, one
			}
		}
	}
	if approximate {
		p.Notes = append(p.Notes, "the alignment is approximate: too many messages in a row differ")
	}
	return ordered(p, partner)
}

func (c *Conn) direction(dir record.Dir) (out []*Message) {
	for _, m := range c.Messages {
		if m.Dir == dir {
			out = append(out, m)
		}
	}
	return out
}

// alike reports whether two aligned messages are one that changed: of one shape, or with half of their places in common.
func alike(p *Pair, a, b *Message) bool {
	if a.shape == b.shape {
		return true
	}
	places := map[string]bool{}
	for _, l := range p.A.leaves(a) {
		places[l.place] = false
	}
	all, both := len(places), 0
	for _, l := range p.B.leaves(b) {
		switch seen, known := places[l.place]; {
		case !known:
			places[l.place] = true
			all++
		case !seen:
			places[l.place] = true
			both++
		}
	}
	return 2*both >= all
}

// ordered returns the rows in the order of A. Between two messages of both stands what only A has, and behind that what only B has.
func ordered(p *Pair, partner map[*Message]*Message) []Row {
	behind := map[*Message][]*Message{}
	var before *Message // of A
	for _, m := range p.B.Messages {
		if partner[m] != nil {
			before = partner[m]
			continue
		}
		behind[before] = append(behind[before], m)
	}
	out := make([]Row, 0, len(p.A.Messages))
	waiting := behind[nil]
	onlyB := func() {
		for _, m := range waiting {
			out = append(out, Row{Class: New, B: m})
		}
	}
	for _, m := range p.A.Messages {
		other := partner[m]
		if other == nil {
			out = append(out, Row{Class: Missing, A: m})
			continue
		}
		onlyB()
		out = append(out, Row{A: m, B: other})
		waiting = behind[m]
	}
	onlyB()
	return out
}

// difference is a value in which two messages differ.
type difference struct {
	Change
	place  string
	name   string
	inBoth bool
}

// differences returns the values in which two messages differ, in the order of the old one.
func differences(p *Pair, a, b *Message) (out []difference) {
	if equal(a, b) {
		return nil
	}
	news := p.B.leaves(b)
	at := make(map[string]int, len(news))
	for i, l := range news {
		at[l.path] = i
	}
	for _, l := range p.A.leaves(a) {
		i, both := at[l.path]
		delete(at, l.path)
		switch {
		case !both:
			out = append(out, difference{Change{l.path, l.value, ""}, l.place, l.name, false})
		case news[i].value != l.value:
			out = append(out, difference{Change{l.path, l.value, news[i].value}, l.place, l.name, true})
		}
	}
	for _, l := range news {
		if _, left := at[l.path]; left {
			out = append(out, difference{Change{l.path, "", l.value}, l.place, l.name, false})
		}
	}
	if len(out) == 0 && hidden(a, b) {
		out = append(out, difference{Change: Change{"behind what is read", "", ""}})
	}
	return out
}

// equal reports whether two messages are the same, as far as both captures kept them.
func equal(a, b *Message) bool {
	if a.Length != b.Length {
		return false
	}
	n := min(len(a.Payload), len(b.Payload))
	return a.exact == b.exact || (a.cut || b.cut) && bytes.Equal(a.Payload[:n], b.Payload[:n])
}

// hidden reports whether two messages that are not the same, and whose values are as far as they are read, differ behind that.
func hidden(a, b *Message) bool { return a.partial || b.partial || a.Decoder == "" }
