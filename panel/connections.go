package panel

import (
	"strconv"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/panel/controller"
	"github.com/tetherscope/tetherscope/panel/model"
	"github.com/tetherscope/tetherscope/panel/model/format"
	"github.com/tetherscope/tetherscope/panel/model/rows"
)

// connections is the list on the left: a click filters the grid to one connection and shows its handshake.
func connections(v controller.Snapshot, onSearch app.EventHandler) app.UI {
	items := make([]app.UI, 0, len(v.Conns)+3)
	items = append(items, toggle(controller.ChooseConn{}, v.Status.Filter.Conn == 0).Class("conn all").Body(
		span("title", "All connections"),
		span("count", short(uint64(len(v.Conns)+v.MoreConns))),
	))
	if v.ConnList.Grouped {
		items = append(items, connGroups(v, onSearch)...)
	} else {
		for i := range v.Conns {
			items = append(items, connection(&v.Conns[i], v.Conns[i].ID == v.Status.Filter.Conn))
		}
		if v.MoreConns > 0 {
			items = append(items, app.P().Class("more").Text(format.Count(uint64(v.MoreConns))+" older connections not listed"))
		}
	}
	items = append(items, passedHosts(v.Passed))
	return app.Nav().Class("conns").Aria("label", "Connections").DataSet("testid", "conns").Body(items...)
}

func connection(k *model.Conn, chosen bool) app.UI {
	return toggle(controller.ChooseConn{ID: k.ID}, chosen).
		Class("conn "+k.State.String()+" "+model.Hue(k.ID)).DataSet("conn", k.ID).Title(k.FullName()+" from "+k.Remote+client(k)+", "+k.State.String()).Body(
		span("state", ""),
		span("id", model.ConnLabel(k.ID)),
		span("title", k.Listed()),
		span(when("end", abnormal(k), "alarm"), ending(k)),
		app.Span().Class("flow").Body(
			span("out", record.Out.Arrow()+" "+short(k.Tally.Frames[record.Out])),
			span("in", record.In.Arrow()+" "+short(k.Tally.Frames[record.In])),
			span("size", format.Size(rows.Total(k.Tally.Wire))),
			span(shownIf("wrong", k.Tally.Violations > 0), "⚠ "+short(k.Tally.Violations)),
		),
		span("tags", tags(k)),
	)
}

// ending says how the connection stands, in a word or a close code.
func ending(k *model.Conn) string {
	switch k.State {
	case model.Closing, model.Closed:
		if k.Code != 0 {
			return strconv.Itoa(int(k.Code))
		}
	case model.Connecting, model.Open, model.Refused:
	}
	return k.State.String()
}

// abnormal reports whether the connection ended abnormally.
func abnormal(k *model.Conn) bool {
	return k.State == model.Refused || k.Code != 0 && !k.Clean
}

func sep(on bool) string {
	if on {
		return " · "
	}
	return ""
}

// client names the program of a connection, for its tooltip.
func client(k *model.Conn) string {
	if name := k.AppName(); name != "" && k.Source != record.SourcePage {
		return ", " + name
	}
	return ""
}

func tags(k *model.Conn) string {
	out := k.Subprotocol
	if k.Beside != "" {
		out = k.Beside + sep(out != "") + out
	}
	if k.File != "" {
		out = k.File + sep(out != "") + out
	}
	if k.Source == record.SourcePage {
		out = "page" + sep(out != "") + out
	}
	if k.Deflate {
		if out != "" {
			out += " · "
		}
		out += "deflate"
	}
	return out
}
