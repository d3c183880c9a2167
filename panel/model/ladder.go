package model

import (
	"strings"

	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/panel/model/format"
	"github.com/tetherscope/tetherscope/panel/model/rows"
)

// The parties of a ladder, from left to right; none for a row that is not sent by one to another.
const (
	laneClient = 'c'
	laneProxy  = 'p'
	laneServer = 's'
	laneNone   = 'n'
)

// rung is a row as an arrow of the ladder.
type rung struct{ from, to rune }

// String returns the class name of the arrow: "rung-cs" leads from client to server.
func (r rung) String() string { return "rung-" + string(r.from) + string(r.to) }

// rungOf returns from whom a row came and how far it got: what was injected begins at the proxy, and what was dropped ends there.
func rungOf(r rows.Row) rung {
	x := rung{laneNone, laneNone}
	switch kind := r.Kind(); {
	case kind == record.KindRequest, r.HasDir() && r.Dir() == record.Out:
		x = rung{laneClient, laneServer}
	case kind == record.KindResponse, r.HasDir():
		x = rung{laneServer, laneClient}
	}
	switch marks := r.Marks(); {
	case marks&record.Injected != 0:
		x.from = laneProxy
	case marks&record.Dropped != 0:
		x.to = laneProxy
	}
	return x
}

// rungText returns what stands at an arrow of the ladder, or in the conversation.
func rungText(r rows.Row, v rows.View, l Layout) string {
	parts := make([]string, 0, 4)
	if l == Ladder || r.Type(v) != rows.TypeText {
		parts = append(parts, r.Label(v))
	}
	if text := r.Preview(v); text != "" {
		parts = append(parts, text)
	}
	if r.Marks() != 0 {
		parts = append(parts, "["+r.Marks().String()+"]")
	}
	if asked, ok := r.Pair(); ok && r.ResponseTime() > 0 {
		parts = append(parts, "(answers #"+format.Uint(asked.Seq())+" after "+format.Duration(r.ResponseTime())+")")
	}
	return strings.Join(parts, " ")
}

// pause is from how many ns without a row on a ladder shows that time passed.
const pause = 1_000_000_000

// setRung fills in what the ladder and the conversation show of a row.
func (g *grid) setRung(l *Line, r rows.Row, i int) {
	if g.layout == List {
		return
	}
	l.Rung = rungText(r, g.search.view, g.layout)
	l.Look = rungOf(r).String() + " " + l.Look
	if i > 0 && i < g.search.found.len() && r.Time()-g.store.Row(g.search.found.at(i-1)).Time() >= pause {
		l.Look = "pause " + l.Look
	}
}

// Limits of the brackets that join pairs: how many stand side by side, and how many rows above the window one may begin.
const (
	maxTracks    = 4
	maxPairAbove = 500
)

// bracket joins a request with its answer: places among the matches.
type bracket struct{ from, to int }

// brackets returns the pairs that begin from one match on and before another, in order.
func (g *grid) brackets(first, end int) []bracket {
	var out []bracket
	found := &g.search.found
	for i := first; i < end; i++ {
		r := g.store.Row(found.at(i))
		answer, ok := r.Pair()
		if _, part := r.Whole(); !ok || part || answer.ID() <= r.ID() || !found.has(answer.ID()) {
			continue
		}
		out = append(out, bracket{i, found.before(answer.ID())})
	}
	return out
}

// tracks returns for each match from first to before end how brackets pass it: a character for each bracket that stands beside the
// others, "╮" where it begins, "│" on its way and "╯" where it ends. A bracket for which there is no room is left out.
func tracks(list []bracket, first, end int) []string {
	cells := make([][maxTracks]rune, end-first)
	var taken [maxTracks]int // the match from which on each is free
	for _, b := range list {
		for t := range taken {
			if taken[t] > b.from {
				continue
			}
			taken[t] = b.to + 1
			for i := max(b.from, first); i < min(b.to+1, end); i++ {
				cells[i-first][t] = trackRune(b, i)
			}
			break
		}
	}
	out := make([]string, len(cells))
	for i, c := range cells {
		out[i] = strings.TrimRight(strings.ReplaceAll(string(c[:]), "\x00", " "), " ")
	}
	return out
}

func trackRune(b bracket, i int) rune {
	switch i {
	case b.from:
		return '╮'
	case b.to:
		return '╯'
	}
	return '│'
}

// setPairs joins the pairs of the lines of a window, which begins with match first.
func (g *grid) setPairs(lines []Line, first int) {
	if g.layout != Ladder || g.search.order.sorted() {
		return
	}
	end := first + len(lines)
	for i, cell := range tracks(g.brackets(max(0, first-maxPairAbove), end), first, end) {
		lines[i].Pairs = cell
	}
}
