package panel

import (
	"strconv"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/tetherscope/tetherscope/panel/controller"
	"github.com/tetherscope/tetherscope/panel/model"
)

// when returns class names that depend on something: base, and extra when on.
func when(base string, on bool, extra string) string {
	if on {
		return base + " " + extra
	}
	return base
}

func boolText(on bool) string { return strconv.FormatBool(on) }

// shownIf returns base, and the class that hides an element unless on.
func shownIf(base string, on bool) string { return when(base, !on, "off") }

// command is a button that performs a command.
func command(cmd controller.Command) app.HTMLButton {
	word, arg := controller.Attributes(cmd)
	b := app.Button().Type("button").DataSet("do", word)
	if arg != "" {
		b = b.DataSet("arg", arg)
	}
	return b
}

// clickable makes of an element that is no button one that performs a command.
func clickable(e app.HTMLDiv, cmd controller.Command) app.HTMLDiv {
	word, arg := controller.Attributes(cmd)
	return e.DataSet("do", word).DataSet("arg", arg)
}

// toggle is a button that is on or off.
func toggle(cmd controller.Command, on bool) app.HTMLButton {
	return command(cmd).Aria("pressed", strconv.FormatBool(on))
}

func span(class, text string) app.UI { return app.Span().Class(class).Text(text) }

func kbd(key string) app.UI { return app.Kbd().Text(key) }

// factList is a list of names and values with notes.
func factList(facts []model.Fact) app.UI {
	var items []app.UI
	for _, f := range facts {
		items = append(items, app.Dt().Text(f.Name), app.Dd().Body(
			span("value", f.Value),
			span("note", f.Note),
		))
	}
	return app.Dl().Class("facts").Body(items...)
}

// short returns a count in at most four characters: "998", "12.4k", "3.1M".
func short(n uint64) string {
	for _, unit := range [...]struct {
		size uint64
		name string
	}{{1_000_000_000, "G"}, {1_000_000, "M"}, {1_000, "k"}} {
		if n < unit.size {
			continue
		}
		v := float64(n) / float64(unit.size)
		digits := 1
		if v >= 99.95 {
			digits = 0
		}
		return strconv.FormatFloat(v, 'f', digits, 64) + unit.name
	}
	return strconv.FormatUint(n, 10)
}
