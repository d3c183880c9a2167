package panel

import (
	"strconv"
	"time"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/tetherscope/tetherscope/internal/capture/compare"
	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/panel/controller"
	"github.com/tetherscope/tetherscope/panel/model/format"
)

// Bounds of what is drawn of a comparison.
const (
	maxPairsShown   = 200
	maxPlacesShown  = 50 // of a pair, and facts
	maxChangesShown = 12 // of a message
	maxExcerpt      = 160
)

// comparison lies over the grid: what two open files differ in.
func comparison(v *controller.CompareView) app.UI {
	if !v.Open {
		return app.Div().Class("stats off")
	}
	body := []app.UI{compareHead(v)}
	if v.Result == nil {
		body = append(body, app.P().Class("soft").DataSet("testid", "compare-state").Text("Reading the captures…"))
	} else {
		body = append(body, compareSummary(v))
		body = append(body, comparePairs(v)...)
	}
	return app.Div().Class("stats compared").TabIndex(0).Role("region").Aria("label", "Comparison of captures").DataSet("testid", "compare").
		DataSet("state", map[bool]string{true: "working", false: "done"}[v.Working]).Body(body...)
}

func compareHead(v *controller.CompareView) app.UI {
	return app.Div().Class("head").Body(
		app.H2().Text("Compare"),
		compareSide(v, 0),
		command(controller.SwapCompared{}).Class("tool small").Title("Change the sides").Aria("label", "Change the sides").Text("⇄"),
		compareSide(v, 1),
		command(controller.ToggleComparison{}).Class("shut").Aria("label", "Close the comparison").Text("×"),
	)
}

// compareSide names the file of a side, and lets a person choose another one where more than two are open.
func compareSide(v *controller.CompareView, side uint8) app.UI {
	name := v.Files[v.Sides[side]]
	kids := []app.UI{span("side", string("AB"[side])), app.Span().Class("file").Title(name).Text(name)}
	if len(v.Files) > 2 {
		for i, other := range v.Files[:min(len(v.Files), 20)] {
			kids = append(kids, toggle(controller.ChooseCompared{Side: side, File: uint8(i)}, v.Sides[side] == i).Class("tool small").
				Title("Compare "+other).Aria("label", string("AB"[side])+": "+other).Text(strconv.Itoa(i+1)))
		}
	}
	return app.Div().Class("of").Body(kids...)
}

// classNames are the classes with what the panel calls them, and their signs.
var classNames = [...]struct {
	class            compare.Class
	name, sign, what string
}{
	{compare.Same, "same", "=", "messages that are in both with the same values, ids and times apart"},
	{compare.Changed, "changed", "≠", "messages with other values"},
	{compare.Reshaped, "reshaped", "!", "messages with other members or types"},
	{compare.Missing, "missing", "−", "messages that only A has"},
	{compare.New, "new", "+", "messages that only B has"},
}

func compareSummary(v *controller.CompareView) app.UI {
	n := &v.Result.Counts
	counts := [...]int{n.Same, n.Changed, n.Reshaped, n.Missing, n.New}
	chips := make([]app.UI, 0, len(classNames)+1)
	for i, c := range classNames {
		verb := "Leave out "
		if v.Hidden[c.class] {
			verb = "List "
		}
		chips = append(chips, toggle(controller.ToggleClass{Class: c.class}, !v.Hidden[c.class]).Class("chip "+c.name).Title(verb+c.what).
			Body(span("mark", c.sign), span("", c.name), span("count", short(uint64(counts[i])))))
	}
	chips = append(chips, toggle(controller.ToggleSlower{}, v.Slower).Class("chip only").Title("List only messages whose answers took twice as long, and 20 ms longer").
		Body(span("mark", "◷"), span("", "slower"), span("count", short(uint64(n.Slower)))))
	return app.Div().Class("sum").Body(
		app.P().DataSet("testid", "compare-state").Text(compareVerdict(v)),
		app.Div().Class("chips").Role("group").Aria("label", "Messages that are listed").Body(chips...),
	)
}

// compareVerdict says in a sentence how the captures differ.
func compareVerdict(v *controller.CompareView) string {
	n := &v.Result.Counts
	text := "The captures do not differ."
	switch {
	case v.Working:
		text = "Comparing… " + format.Plural(uint64(len(v.Result.Pairs)), "connection") + " done."
	case n.Different():
		text = "The captures differ."
	}
	if n.ConnsMissing+n.ConnsNew > 0 {
		text += " " + format.Plural(uint64(n.ConnsMissing), "connection") + " missing, " + format.Count(uint64(n.ConnsNew)) + " new."
	}
	if a := v.Result.Answers; a.Count > 0 {
		text += " Median of " + format.Plural(uint64(a.Count), "answer") + ": " + duration(a.Old) + " → " + duration(a.New) + "."
	}
	for _, note := range v.Result.Notes {
		text += " Note: " + note + "."
	}
	return text
}

func duration(d time.Duration) string { return format.Duration(int64(d)) }

// comparePairs draws the pairs of connections, with as many rows as are to be listed.
func comparePairs(v *controller.CompareView) (out []app.UI) {
	left, more := v.Rows, 0
	for i := range v.Result.Pairs[:min(len(v.Result.Pairs), maxPairsShown)] {
		p := &v.Result.Pairs[i]
		rows := []app.UI{}
		for j := range p.Rows {
			r := &p.Rows[j]
			switch {
			case !isListed(v, r):
			case left == 0:
				more++
			default:
				left--
				rows = append(rows, compareRow(r)...)
			}
		}
		out = append(out, comparePair(p, rows))
	}
	if hidden := len(v.Result.Pairs) - maxPairsShown; hidden > 0 {
		out = append(out, app.P().Class("soft").Text(format.Plural(uint64(hidden), "more connection")+" not listed"))
	}
	return append(out, command(controller.MoreCompared{}).Class(shownIf("tool", more > 0)).Text("Show more ("+format.Count(uint64(more))+" not listed)"))
}

// isListed reports whether a row is to be drawn. One whose differences are all summed up is listed with those that are the same.
func isListed(v *controller.CompareView, r *compare.Row) bool {
	switch {
	case v.Slower:
		return r.Slower
	case r.Slower && !v.Hidden[compare.Changed]:
		return true
	case r.Class == compare.Changed && len(r.Changes) == 0:
		return !v.Hidden[compare.Same] && !v.Hidden[compare.Changed]
	}
	return !v.Hidden[r.Class]
}

func comparePair(p *compare.Pair, rows []app.UI) app.UI {
	kids := []app.UI{app.H3().Text(pairTitle(p))}
	for _, n := range p.Notes {
		kids = append(kids, app.P().Class("soft").Text("Note: "+n+"."))
	}
	if facts := compareFacts(p); len(facts) > 0 {
		kids = append(kids, app.Table().Class("difference").DataSet("testid", "compare-facts").Body(app.TBody().Body(facts...)))
	}
	if len(rows) > 0 {
		kids = append(kids, app.Table().Class("sides").DataSet("testid", "compare-rows").Body(
			app.THead().Body(app.Tr().Body(app.Th().Text(""), app.Th().Text("A"), app.Th().Text("B"))),
			app.TBody().Body(rows...),
		))
	}
	return app.Section().Class("card wide").Body(kids...)
}

func pairTitle(p *compare.Pair) string {
	switch {
	case p.B == nil:
		return "− only in A: " + connTitle(p.A)
	case p.A == nil:
		return "+ only in B: " + connTitle(p.B)
	}
	n := &p.Counts
	text := connTitle(p.A) + " ↔ #" + record.ConnName(p.B.Number)
	if !n.Different() {
		return text + ": no difference in " + format.Plural(uint64(n.Same), "message")
	}
	return text
}

func connTitle(c *compare.Conn) string {
	return "#" + record.ConnName(c.Number) + " " + format.Preview([]byte(c.Name), maxExcerpt)
}

// compareFacts draws differences of handshake and end, and values that differ in many messages.
func compareFacts(p *compare.Pair) (out []app.UI) {
	add := func(class, sign, title, name, old, now string) {
		if len(out) < maxPlacesShown {
			out = append(out, app.Tr().Class(class).Body(
				app.Td().Class("sign").Title(title).Text(sign), app.Th().Text(visible(name)), app.Td().Class("old").Text(visible(old)), app.Td().Class("new").Text(visible(now)),
			))
		}
	}
	if p.Slower {
		add("changed", "◷", "slower", "handshake", duration(time.Duration(p.A.Handshake)), duration(time.Duration(p.B.Handshake)))
	}
	for _, f := range p.Facts {
		add("changed", "≠", "handshake or close", f.Name, f.Old, f.New)
	}
	for _, f := range p.Places {
		sign, title, class := "≈", "differs in nearly all messages of this kind", "changed"
		if f.Volatile {
			sign, title, class = "≋", "id, time or random value: no difference", "volatile"
		}
		add(class, sign, title, f.Kind+" "+f.Path+" (in "+format.Count(uint64(f.Differ))+" of "+format.Count(uint64(f.Compared))+")", f.Old, f.New)
	}
	return out
}

func visible(s string) string { return format.Preview([]byte(s), 400) }

// compareRow draws a message of A beside that of B, and under them the values that differ.
func compareRow(r *compare.Row) []app.UI {
	c := classNames[r.Class]
	sign := c.sign
	if r.Slower {
		sign += " ◷"
	}
	out := []app.UI{app.Tr().Class("row "+c.name).Body(
		app.Td().Class("sign").Title(c.name).Text(sign), app.Td().Class("a").Body(compareMessage(r.A, r.Slower)), app.Td().Class("b").Body(compareMessage(r.B, r.Slower)),
	)}
	for i, change := range r.Changes {
		if i == maxChangesShown {
			out = append(out, app.Tr().Class("value").Body(app.Td(), app.Td().ColSpan(2).Class("soft").Text(format.Count(uint64(len(r.Changes)-i+r.More))+" more not listed")))
			break
		}
		out = append(out, app.Tr().Class("value").Body(
			app.Th().Scope("row").Text(visible(change.Path)), app.Td().Class("old").Text(visible(change.Old)), app.Td().Class("new").Text(visible(change.New)),
		))
	}
	return out
}

// compareMessage is a button that leads to a message in the grid.
func compareMessage(m *compare.Message, slower bool) app.UI {
	if m == nil {
		return app.Span().Class("none").Text("–")
	}
	text := format.Preview(m.Payload, maxExcerpt)
	if slower {
		text = "answered in " + duration(time.Duration(m.Answer)) + " · " + text
	}
	return command(controller.GoCompared{Seq: m.Seq}).Class("link dir-"+m.Dir.String()).Title("Go to record "+strconv.FormatUint(m.Seq, 10)).Body(
		span("arrow", m.Dir.Arrow()), span("seq", strconv.FormatUint(m.Seq, 10)), span("text", text),
	)
}
