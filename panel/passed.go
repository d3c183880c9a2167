package panel

import (
	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/tetherscope/tetherscope/panel/model/format"
	"github.com/tetherscope/tetherscope/scope/act"
)

// maxPassed is how many hosts are listed of those whose traffic is not recorded.
const maxPassed = 50

// passedHosts says what went through the forward proxy without a record, by host: a counted line, and why TLS was not read or
// the server not reached. Hosts with a problem come first.
func passedHosts(p act.Passed) app.UI {
	list := p.Notable()
	section := app.Section().Class(shownIf("passed", len(list) > 0)).Aria("label", "Passed by the proxy").DataSet("testid", "passed")
	if len(list) == 0 {
		return section
	}
	items := make([]app.UI, 0, min(len(list), maxPassed))
	for _, h := range list[:min(len(list), maxPassed)] {
		name := h.Name
		if name == "" {
			name = "further hosts"
		}
		items = append(items, app.Li().DataSet("host", h.Name).Body(
			app.Span().Class("title").Title(h.Name).Text(format.Preview([]byte(name), 200)),
			span("count", short(h.Requests)),
			span(shownIf("note", h.Passed != ""), "not read: "+format.Preview([]byte(h.Passed), 400)),
			span(shownIf("note alarm", h.Failed != ""), "not reached: "+format.Preview([]byte(h.Failed), 400)),
		))
	}
	more := len(list) - len(items)
	return section.Body(
		app.H2().Title("HTTP requests and tunnels through the proxy are counted, and not recorded").Text("Passed without a record"),
		app.Ul().Body(items...),
		app.P().Class(shownIf("more", more > 0)).Text(format.Plural(uint64(more), "further host")),
	)
}
