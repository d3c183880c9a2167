package panel

import (
	"strconv"
	"unicode/utf8"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/tetherscope/tetherscope/internal/capture/query"
	"github.com/tetherscope/tetherscope/panel/controller"
	"github.com/tetherscope/tetherscope/panel/model"
	"github.com/tetherscope/tetherscope/panel/model/format"
)

// filterBox is the line in which the query is written, and the list below it.
func filterBox(v controller.Snapshot, onFilter, onSaved app.EventHandler) app.UI {
	s, a := v.Status, v.FilterBox
	open := len(a.Completions) > 0
	if open {
		s.Problem = nil // half a word is no mistake while there are ways to go on
	}
	box := app.Input().ID("filter").Type("text").Class(when("box", s.Problem != nil, "wrong")).
		Placeholder("Filter: text, dir:in, op:ping, len>1k, $.type=…   ( / )").
		Aria("label", "Filter, in the query language").Role("combobox").Aria("autocomplete", "list").
		Aria("expanded", strconv.FormatBool(open)).Aria("controls", "completions").
		Aria("invalid", strconv.FormatBool(s.Problem != nil)).
		Spellcheck(false).AutoComplete(false).OnInput(onFilter)
	if open && a.Chosen >= 0 {
		box = box.Aria("activedescendant", "completion"+strconv.Itoa(a.Chosen))
	}
	return app.Div().Class("filter").Role("search").Body(
		toggle(controller.ToggleFind{}, s.Find).Class("find").Title(findTitle(s.Find)).Text(findText(s.Find)),
		box,
		span("hits", hitCount(s)),
		command(controller.Update{Msg: model.StopScan{}}).Class(shownIf("link stop", s.Scanning && s.Progress < 100 && s.Filter.Text != "")).
			Title("Stop searching; the results so far stay").Text("stop"),
		command(controller.ClearQuery{}).Class(shownIf("drop", s.Draft != "")).Aria("label", "Clear the filter").Text("×"),
		toggle(controller.ToggleSaved{}, a.SavedOpen).Class("star").Aria("label", "Saved filters").Title("Saved filters").Text("☆"),
		below(v, onSaved),
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
		return "Matching rows are highlighted; n and N go to the next and the previous one. Press to hide the other rows instead (f)"
	}
	return "Only matching rows are shown. Press to highlight them among all rows instead (f)"
}

// hitCount says how many rows the query finds, while it looks for them and after.
func hitCount(s model.Status) string {
	if s.Filter.Text == "" || s.Problem != nil {
		return ""
	}
	n := format.Count(uint64(s.Shown))
	if s.Find {
		n = format.Count(uint64(s.Hits))
		if s.HitAt > 0 {
			n = format.Count(uint64(s.HitAt)) + "/" + n
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

// below is the list under the box: what is wrong, ways to go on, or the saved filters.
func below(v controller.Snapshot, onSaved app.EventHandler) app.UI {
	s, a := v.Status, v.FilterBox
	if len(a.Completions) > 0 {
		s.Problem = nil
	}
	return app.Div().Class(shownIf("below", s.Problem != nil || len(a.Completions) > 0 || a.SavedOpen)).TabIndex(0).DataSet("testid", "below").Body(
		problem(s.Draft, s.Problem),
		offerList(a),
		savedList(a, onSaved),
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

func offerList(a controller.FilterBoxView) app.UI {
	items := make([]app.UI, 0, len(a.Completions))
	for i, o := range a.Completions {
		word, arg := controller.Attributes(controller.AcceptCompletion{Index: i})
		items = append(items, app.Li().ID("completion"+strconv.Itoa(i)).Class(when("completion", i == a.Chosen, "chosen")).Role("option").
			Aria("selected", strconv.FormatBool(i == a.Chosen)).DataSet("do", word).DataSet("arg", arg).
			Body(app.Code().Text(o.Text), span("soft", o.Detail)))
	}
	return app.Ul().ID("completions").Class(shownIf("completions", len(items) > 0)).Role("listbox").Aria("label", "Completions").Body(items...)
}

// savedList is the list of saved filters. One with a color colors rows.
func savedList(a controller.FilterBoxView, onSaved app.EventHandler) app.UI {
	items := make([]app.UI, 0, len(a.Saved)+2)
	items = append(items, app.Div().Class("line").Body(
		app.Input().ID("filter-name").Name("filter-name").Type("text").Class("jotting").Placeholder("Name (optional)").Aria("label", "Name of the filter").
			AutoComplete(false).MaxLength(60).OnInput(onSaved),
		command(controller.SaveFilter{}).Class("tool small").Disabled(a.Text == "").Text("Save this filter"),
	))
	if len(a.Saved) == 0 {
		items = append(items, app.P().Class("soft").Text("No saved filters. Write a filter, then save it here; it is stored in this browser. A saved filter can color the rows that it finds."))
	}
	for i, f := range a.Saved {
		items = append(items, app.Div().Class("saved").Body(
			command(controller.UseSaved{Index: i}).Class("use").Title("Use this filter").Body(span(shownIf("name", f.Name != ""), f.Name), app.Code().Text(f.Text)),
			colorList(i, f, onSaved),
			command(controller.DeleteSaved{Index: i}).Class("shut").Aria("label", "Delete this filter").Text("×"),
		))
	}
	return app.Div().Class(shownIf("menu", a.SavedOpen)).DataSet("testid", "saved").Body(items...)
}

// colorList chooses the color of the rows that a saved filter finds.
func colorList(i int, f controller.SavedFilter, onSaved app.EventHandler) app.UI {
	options := []app.UI{app.Option().Value("").Selected(f.Color == "").Text("no color")}
	for _, c := range model.Colors {
		options = append(options, app.Option().Value(c).Selected(f.Color == c).Text(c))
	}
	return app.Select().Name("color-"+strconv.Itoa(i)).Class(when("colors", f.Color != "", "color-"+f.Color)).
		Aria("label", "Color of the rows that "+f.Text+" finds").OnChange(onSaved).Body(options...)
}
