package panel

import (
	"strconv"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/tetherscope/tetherscope/internal/record"
	"github.com/tetherscope/tetherscope/panel/model"
)

// connections is the list on the left: a click filters the grid to one connection and shows its handshake.
func connections(v view) app.UI {
	items := make([]app.UI, 0, len(v.conns)+2)
	items = append(items, toggle("conn", "0", v.status.Filter.Conn == 0).Class("conn all").Body(
		span("title", "All connections"),
		span("count", short(uint64(len(v.conns)+v.moreConn))),
	))
	for i := range v.conns {
		items = append(items, connection(&v.conns[i], v.conns[i].ID == v.status.Filter.Conn))
	}
	if v.moreConn > 0 {
		items = append(items, app.P().Class("more").Text(model.Count(uint64(v.moreConn))+" older ones are not listed"))
	}
	return app.Nav().Class("conns").Aria("label", "Connections").DataSet("testid", "conns").Body(items...)
}

func connection(k *model.Conn, chosen bool) app.UI {
	name := k.Name
	if name == "" {
		name = "connection " + model.ConnLabel(k.ID)
	}
	return toggle("conn", strconv.FormatUint(uint64(k.ID), 10), chosen).
		Class("conn "+k.State.String()).DataSet("conn", k.ID).Title(name+" from "+k.Remote+", "+k.State.String()).Body(
		span("state", ""),
		span("id", model.ConnLabel(k.ID)),
		span("title", name),
		span(when("end", abnormal(k), "alarm"), ending(k)),
		app.Span().Class("flow").Body(
			span("out", "↑ "+short(k.Tally.Frames[record.Out])),
			span("in", "↓ "+short(k.Tally.Frames[record.In])),
			span("size", model.Size(model.Total(k.Tally.Wire))),
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

// abnormal reports whether the connection ended in a way that somebody may want to look at.
func abnormal(k *model.Conn) bool {
	return k.State == model.Refused || k.Code != 0 && !k.Clean
}

func sep(on bool) string {
	if on {
		return " · "
	}
	return ""
}

func tags(k *model.Conn) string {
	out := k.Subprotocol
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
