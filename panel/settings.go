package panel

import (
	"slices"
	"strconv"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/panel/controller"
	"github.com/tetherscope/tetherscope/panel/model"
	"github.com/tetherscope/tetherscope/panel/model/format"
	"github.com/tetherscope/tetherscope/scope/act"
)

// settingsOverlay has what a person can say about the traffic.
func settingsOverlay(v controller.Snapshot, onSetting app.EventHandler) app.UI {
	if v.Settings == nil {
		return app.Div().Class("overlay off")
	}
	s := v.Settings
	return app.Div().Class("overlay").DataSet("testid", "settings").Body(
		app.Section().Class("help settings").Role("dialog").Aria("label", "Settings").Body(
			app.Div().Class("head").Body(
				app.H2().Text("Settings"),
				command(controller.ToggleSettings{}).Class("shut").Aria("label", "Close the settings").Text("×"),
			),
			viewSettings(s, onSetting),
			captureSettings(s.Snap, onSetting),
			targetSettings(&s.Targets, onSetting),
			pairingSettings(&s.Pairing, onSetting),
			schemaSettings(&s.Schema, onSetting),
		),
	)
}

// viewSettings says how rows are shown.
func viewSettings(s *controller.SettingsView, onSetting app.EventHandler) app.UI {
	list := func(name controller.Setting, label string, options ...app.UI) app.UI {
		return app.Label().Class("entry").Body(span("name", label), app.Select().ID(string(name)).Name(string(name)).Class("line").OnChange(onSetting).Body(options...))
	}
	var times []app.UI
	for t := range model.NumTimes {
		times = append(times, app.Option().Value(t.String()).Selected(t == s.Times).Text(t.Label()))
	}
	theme := func(value, text string) app.UI {
		return app.Option().Value(value).Selected(value == s.Theme).Text(text)
	}
	return app.Section().Class("group").Body(
		app.H3().Text("View"),
		app.Div().Class("entries").Body(
			list(controller.TimesShown, "Time column", times...),
			list(controller.Theme, "Theme", theme("", "as the system"), theme("light", "light"), theme("dark", "dark")),
		),
	)
}

// captureSettings says how much the server keeps of each payload. Without a server there is nothing to set.
func captureSettings(s act.Snap, onSetting app.EventHandler) app.UI {
	sizes := []int{1 << 10, 64 << 10, 1 << 20, 4 << 20, 16 << 20, 64 << 20, s.Bytes, s.Max}
	slices.Sort(sizes)
	var options []app.UI
	for _, n := range slices.Compact(sizes) {
		if n > 0 && n <= s.Max {
			options = append(options, app.Option().Value(strconv.Itoa(n)).Selected(n == s.Bytes).Text(format.Size(uint64(n))))
		}
	}
	return app.Section().Class(shownIf("group", s.Bytes > 0)).Body(
		app.H3().Text("Capture"),
		app.P().Class("soft").Text("How much the server keeps of each payload and message from now on. It counts into the memory for the capture (-ring), so "+
			"longer payloads discard older records sooner. The rest of a long payload is loaded here when its row is selected or searched."),
		app.Div().Class("entries").Body(
			app.Label().Class("entry").Body(span("name", "Keep of each payload"), app.Select().ID("snap").Name("snap").Class("line").OnChange(onSetting).Body(options...)),
		),
	)
}

func pairingSettings(p *model.Pairing, onSetting app.EventHandler) app.UI {
	box := func(name, label, value, example string) app.UI {
		return app.Label().Class("entry").Body(
			span("name", label),
			app.Input().Type("text").ID(name).Name(name).Class("line").Value(value).Placeholder(example).
				Spellcheck(false).AutoComplete(false).MaxLength(200).OnChange(onSetting),
		)
	}
	return app.Section().Class("group").Body(
		app.H3().Text("Requests and responses"),
		app.P().Class("soft").Text("Responses of JSON-RPC, GraphQL, Socket.IO, STOMP, SignalR, Phoenix, WAMP and MQTT are matched automatically. For your own "+
			"messages, give the path of the field that a request and its response share. Works in JSON, MessagePack, CBOR and Protobuf."),
		app.Div().Class("entries").Body(
			box("pair-request", "Field in the request", p.Request, "$.id"),
			box("pair-answer", "Field in the response", p.Answer, "same path"),
		),
		app.P().Class(shownIf("problem", p.Problem != "")).Role("alert").Text("⚠ "+p.Problem),
	)
}

func schemaSettings(s *model.SchemaDetail, onSetting app.EventHandler) app.UI {
	items := []app.UI{
		app.H3().Text("Protobuf"),
		app.P().Class("soft").Text("A descriptor set gives fields their names and types. Create one with protoc --include_imports --descriptor_set_out=FILE " +
			"or buf build -o FILE, and drop it here. It is kept in this tab only."),
	}
	items = append(items, schemaControls(s, record.Out)[:3]...)
	items = append(items, app.Div().Class(shownIf("entries", s.Name != "")).Body(
		typeList("Sent messages are", "type-out", s, record.Out, onSetting),
		typeList("Received messages are", "type-in", s, record.In, onSetting),
	))
	return app.Section().Class("group").DataSet("drop", "schema").Body(items...)
}

// schemaControls are the name of the descriptor set, how to open one, what is wrong with the last one, and which message of
// it a direction has.
func schemaControls(s *model.SchemaDetail, dir record.Dir) []app.UI {
	name, open := "No descriptor set", "Open a descriptor set…"
	if s.Name != "" {
		name, open = s.Name+", "+format.Plural(uint64(len(s.Names)), "message type"), "Open another…"
	}
	as := s.Types[dir]
	if as == "" {
		as = "no message type chosen"
	}
	return []app.UI{
		app.Div().Class("file").Body(
			span("name", name),
			command(controller.PickSchema{}).Class("tool small").Text(open),
			command(controller.RemoveSchema{}).Class(shownIf("link", s.Name != "")).Text("remove"),
		),
		app.P().Class(shownIf("problem", s.Problem != "")).Role("alert").Text("⚠ " + s.Problem),
		app.Span(),
		app.P().Class(shownIf("soft", s.Name != "")).Body(
			span("", "decoded as "), app.Code().Text(as), span("", " · "),
			command(controller.ToggleSettings{}).Class("link").Text("choose the type"),
		),
	}
}

func typeList(label, name string, s *model.SchemaDetail, dir record.Dir, onSetting app.EventHandler) app.UI {
	options := make([]app.UI, 0, len(s.Names)+1)
	options = append(options, app.Option().Value("").Selected(s.Types[dir] == "").Text("– no type: field numbers –"))
	for _, n := range s.Names {
		options = append(options, app.Option().Value(n).Selected(n == s.Types[dir]).Text(n))
	}
	return app.Label().Class("entry").Body(span("name", label), app.Select().ID(name).Name(name).Class("line").OnChange(onSetting).Body(options...))
}
