package panel

import (
	"strconv"
	"unicode/utf8"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/tetherscope/tetherscope/panel/model"
	"github.com/tetherscope/tetherscope/panel/model/query"
)

// filterBox is the line in which the query is written, and what hangs below it.
func filterBox(v view, onFilter app.EventHandler) app.UI {
	s, a := v.status, v.assist
	open := len(a.offers) > 0
	if open {
		s.Problem = nil // half a word is no mistake while there are ways to go on
	}
	box := app.Input().ID("filter").Type("text").Class(when("box", s.Problem != nil, "wrong")).
		Placeholder("Filter: text, dir:in, op:ping, len>1k, $.type=…   ( / )").
		Aria("label", "Filter, in the query language").Role("combobox").Aria("autocomplete", "list").
		Aria("expanded", strconv.FormatBool(open)).Aria("controls", "offers").
		Aria("invalid", strconv.FormatBool(s.Problem != nil)).
		Spellcheck(false).AutoComplete(false).OnInput(onFilter)
	if open && a.chosen >= 0 {
		box = box.Aria("activedescendant", "offer"+strconv.Itoa(a.chosen))
	}
	return app.Div().Class("filter").Role("search").Body(
		toggle("find", "", s.Find).Class("find").Title(findTitle(s.Find)).Text(findText(s.Find)),
		box,
		span("hits", hitCount(s)),
		command("stop-scan", "").Class(shownIf("link stop", s.Scanning && s.Progress < 100 && s.Filter.Text != "")).
			Title("Stop searching; what was found stays").Text("stop"),
		command("drop-text", "").Class(shownIf("drop", s.Draft != "")).Aria("label", "Empty the filter").Text("×"),
		toggle("saved", "", a.menu).Class("star").Aria("label", "Saved filters").Title("Saved filters").Text("☆"),
		below(v),
	)
}

func findText(find bool) string {
	if find {
		return "Find"
	}
	return "Filter"
}

func findTitle(find bool) string {
	if find {
		return "The query marks rows: n and N go from one to the next. Press to hide the others instead (f)"
	}
	return "The query hides all other rows. Press to mark its rows instead (f)"
}

// hitCount says how many rows the query finds, while it looks for them and after.
func hitCount(s model.Status) string {
	if s.Filter.Text == "" || s.Problem != nil {
		return ""
	}
	n := model.Count(uint64(s.Shown))
	if s.Find {
		n = model.Count(uint64(s.Hits))
		if s.HitAt > 0 {
			n = model.Count(uint64(s.HitAt)) + "/" + n
		}
	}
	switch {
	case s.Scanning && s.Progress < 100:
		n += " · " + strconv.Itoa(s.Progress) + " %"
	case s.Partial:
		n += " · stopped"
	}
	return n
}

// below is what hangs under the box: what is wrong, ways to go on, or the saved filters.
func below(v view) app.UI {
	s, a := v.status, v.assist
	if len(a.offers) > 0 {
		s.Problem = nil
	}
	return app.Div().Class(shownIf("below", s.Problem != nil || len(a.offers) > 0 || a.menu)).TabIndex(0).DataSet("testid", "below").Body(
		problem(s.Draft, s.Problem),
		offerList(a),
		savedList(a),
	)
}

// problem shows the query with its wrong part marked, and what to do.
func problem(text string, e *query.Error) app.UI {
	if e == nil {
		return app.Div().Class("wrong off")
	}
	from := floor(text, e.Offset)
	to := max(from, floor(text, e.End))
	bad := text[from:to]
	if bad == "" {
		bad = "␣"
	}
	return app.Div().Class("wrong").Role("alert").DataSet("testid", "problem").Body(
		app.Code().Class("echo").Body(span("", text[:from]), app.Mark().Text(bad), span("", text[to:])),
		app.Span().Class("say").Text(e.Message),
		app.Span().Class("soft").Text(e.Hint),
	)
}

// floor returns the start of the character at byte i of s.
func floor(s string, i int) int {
	i = max(0, min(i, len(s)))
	for i > 0 && i < len(s) && !utf8.RuneStart(s[i]) {
		i--
	}
	return i
}

func offerList(a assist) app.UI {
	items := make([]app.UI, 0, len(a.offers))
	for i, o := range a.offers {
		items = append(items, app.Li().ID("offer"+strconv.Itoa(i)).Class(when("offer", i == a.chosen, "chosen")).Role("option").
			Aria("selected", strconv.FormatBool(i == a.chosen)).DataSet("do", "offer").DataSet("arg", i).
			Body(app.Code().Text(o.Text), span("soft", o.Detail)))
	}
	return app.Ul().ID("offers").Class(shownIf("offers", len(items) > 0)).Role("listbox").Aria("label", "Completions").Body(items...)
}

func savedList(a assist) app.UI {
	items := make([]app.UI, 0, len(a.saved)+2)
	items = append(items, command("save-filter", "").Class("tool small").Disabled(a.text == "").Text("Save this filter"))
	if len(a.saved) == 0 {
		items = append(items, app.P().Class("soft").Text("No filter is saved yet. Write one, then save it here; this browser keeps it."))
	}
	for i, text := range a.saved {
		items = append(items, app.Div().Class("saved").Body(
			command("use-saved", strconv.Itoa(i)).Class("use").Title("Use this filter").Body(app.Code().Text(text)),
			command("drop-saved", strconv.Itoa(i)).Class("shut").Aria("label", "Forget this filter").Text("×"),
		))
	}
	return app.Div().Class(shownIf("menu", a.menu)).DataSet("testid", "saved").Body(items...)
}
