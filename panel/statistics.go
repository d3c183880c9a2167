package panel

import (
	"cmp"
	"strconv"
	"strings"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/tetherscope/tetherscope/internal/record"
	"github.com/tetherscope/tetherscope/panel/model"
)

// maxKindsShown is how many kinds of messages the statistics list.
const maxKindsShown = 40

// statistics lie over the grid: what the capture amounts to. They are counted as records come, not when they are shown.
func statistics(v view) app.UI {
	s := v.stats
	if s == nil {
		return app.Div().Class("stats off")
	}
	return app.Div().Class("stats").TabIndex(0).Role("region").Aria("label", "Statistics").DataSet("testid", "stats").Body(
		app.Div().Class("head").Body(
			app.H2().Text(statisticsTitle(s)),
			command("conn", "0").Class(shownIf("link", s.Conn != 0)).Text("all connections"),
			span("soft", "since the last clear, over "+model.Duration(s.Duration)+unreadNote(s)),
			command("stats", "").Class("shut").Aria("label", "Close the statistics").Text("×"),
		),
		app.Div().Class("cards").Body(
			card("Traffic", trafficTable(s)),
			card("Broken rules", lintTable(s.Lint)),
			card("Compression and overhead", factList(compressionFacts(s))),
			card("Answers: latency", histogram(s.Latencies, "No request has found its answer yet.")),
			card("Pings: round trip", rttTable(s.RTTs)),
			card("Message sizes, sent", histogram(s.Sizes[record.Out], "Nothing was sent.")),
			card("Message sizes, received", histogram(s.Sizes[record.In], "Nothing was received.")),
			card("Kinds of messages", kindTable(s)),
		),
		app.Section().Class(shownIf("card wide", len(s.Conns) > 0)).DataSet("testid", "stats-conns").Body(
			app.H3().Text("Connections"), connTable(s),
		),
	)
}

func statisticsTitle(s *model.Statistics) string {
	if s.Conn == 0 {
		return "Statistics of all connections"
	}
	return "Statistics of connection " + strconv.FormatUint(uint64(s.Conn), 10) + " " + s.Name
}

// connTable compares the connections; each leads to its own statistics.
func connTable(s *model.Statistics) app.UI {
	head := make([]app.UI, 0, 10)
	for _, name := range [...]string{"#", "connection", "state", "↑ frames", "↓ frames", "payload", "wire", "frames/s", "compression", "ping", "⚠"} {
		head = append(head, app.Th().Text(name))
	}
	rows := []app.UI{app.Tr().Body(head...)}
	for i := range s.Conns {
		rows = append(rows, connRow(&s.Conns[i]))
	}
	return app.Div().Class("scroll").TabIndex(0).Role("group").Aria("label", "Connections").Body(
		app.Table().Class("numbers").Body(app.TBody().Body(rows...)),
		app.P().Class(shownIf("soft", s.MoreConns > 0)).Text(model.Count(uint64(s.MoreConns))+" more are not listed"),
	)
}

func connRow(l *model.ConnLine) app.UI {
	id := strconv.FormatUint(uint64(l.ID), 10)
	ratio, rtt := "–", "–"
	if l.Compressed > 0 {
		ratio = strconv.FormatFloat(l.Ratio, 'f', 1, 64) + " : 1"
	}
	if l.RTT > 0 {
		rtt = model.Duration(l.RTT)
	}
	cells := []app.UI{
		app.Td().Text(id),
		app.Th().Body(command("conn", id).Class("link").Title("Only this connection").Text(cmp.Or(l.Name, "connection "+id))),
	}
	for _, text := range [...]string{
		l.State.String(), model.Count(l.Tally.Frames[record.Out]), model.Count(l.Tally.Frames[record.In]),
		sizeOf(model.Total(l.Tally.Bytes)), sizeOf(model.Total(l.Tally.Wire)),
		perSecond(model.Total(l.Tally.Frames), l.Duration), ratio, rtt,
	} {
		cells = append(cells, app.Td().Text(text))
	}
	return app.Tr().Body(append(cells, app.Td().Class(when("", l.Tally.Violations > 0, "alarm")).Text(model.Count(l.Tally.Violations)))...)
}

func unreadNote(s *model.Statistics) string {
	out := ""
	if s.Pending > 0 {
		out += "; " + model.Count(s.Pending) + " rows are still to be read"
	}
	if s.Unread > 0 {
		out += "; " + model.Count(s.Unread) + " rows came too quickly to be decoded"
	}
	return out
}

func card(title string, body app.UI) app.UI {
	return app.Section().Class("card").Body(app.H3().Text(title), body)
}

func trafficTable(s *model.Statistics) app.UI {
	rows := []app.UI{app.Tr().Body(app.Td(), app.Th().Text("↑ sent"), app.Th().Text("↓ received"))}
	line := func(name string, n [2]uint64, show func(uint64) string) {
		rows = append(rows, app.Tr().Body(app.Th().Text(name), app.Td().Text(show(n[record.Out])), app.Td().Text(show(n[record.In]))))
	}
	t := &s.Tally
	line("frames", t.Frames, model.Count)
	line("messages", t.Messages, model.Count)
	line("payload", t.Bytes, sizeOf)
	line("on the wire", t.Wire, sizeOf)
	line("frames per second", t.Frames, func(n uint64) string { return perSecond(n, s.Duration) })
	line("wire per second", t.Wire, func(n uint64) string { return sizeOf(rate(n, s.Duration)) })
	return app.Table().Class("numbers").Body(app.TBody().Body(rows...))
}

func sizeOf(n uint64) string { return model.Size(n) + unit(n) }

func rate(n uint64, ns int64) uint64 {
	if ns <= 0 {
		return 0
	}
	return uint64(float64(n) / (float64(ns) / 1e9))
}

func perSecond(n uint64, ns int64) string {
	if ns <= 0 {
		return "–"
	}
	return strconv.FormatFloat(float64(n)/(float64(ns)/1e9), 'f', 1, 64)
}

// lintTable lists the rules that were broken; each leads to its rows.
func lintTable(list []model.LintCount) app.UI {
	if len(list) == 0 {
		return app.P().Class("soft").Text("None: every frame keeps RFC 6455 and RFC 7692.")
	}
	rows := make([]app.UI, 0, len(list))
	for _, l := range list {
		rows = append(rows, app.Tr().Title(l.Explanation).Body(
			app.Td().Class("alarm").Text(model.Count(l.Count)),
			app.Th().Body(command("use-query", "lint:"+lintWord(l.Name)).Class("link").Title("Show its rows").Text(l.Name)),
			app.Td().Class("soft").Text(l.Section),
		))
	}
	return app.Table().Class("list").Body(app.TBody().Body(rows...))
}

// lintWord is the name of a rule as the filter language writes it.
func lintWord(name string) string {
	return strings.ToLower(strings.NewReplacer(" ", "-", ",", "").Replace(name))
}

func compressionFacts(s *model.Statistics) []model.Fact {
	ratio := "–"
	if s.After > 0 {
		ratio = strconv.FormatFloat(float64(s.Before)/float64(s.After), 'f', 1, 64) + " : 1"
	}
	return []model.Fact{
		{Name: "Compressed messages", Value: model.Count(s.Compressed)},
		{Name: "Ratio", Value: ratio, Note: sizeOf(s.Before) + " became " + sizeOf(s.After)},
		{Name: "Made no smaller", Value: model.Count(s.Bigger)},
		{Name: "Frame headers", Value: sizeOf(s.Headers)},
	}
}

// histogram is a list of bars; a progress element draws one without any style of its own.
func histogram(bars []model.Bar, nothing string) app.UI {
	if len(bars) == 0 {
		return app.P().Class("soft").Text(nothing)
	}
	most := uint64(1)
	for _, b := range bars {
		most = max(most, b.Count)
	}
	items := make([]app.UI, 0, len(bars))
	for _, b := range bars {
		items = append(items, app.Li().Class("bar").Body(
			span("label", b.Label),
			app.Progress().Max(float64(most)).Value(float64(b.Count)).Aria("label", b.Label+": "+model.Count(b.Count)),
			span("count", model.Count(b.Count)),
		))
	}
	return app.Ul().Class("histogram").Body(items...)
}

func rttTable(list []model.RTT) app.UI {
	if len(list) == 0 {
		return app.P().Class("soft").Text("No ping was answered.")
	}
	rows := []app.UI{app.Tr().Body(app.Td(), app.Th().Text("answered"), app.Th().Text("least"), app.Th().Text("mean"), app.Th().Text("most"))}
	for _, r := range list {
		rows = append(rows, app.Tr().Body(
			app.Th().Text(r.Label), app.Td().Text(model.Count(r.Count)),
			app.Td().Text(model.Duration(r.Min)), app.Td().Text(model.Duration(r.Mean)), app.Td().Text(model.Duration(r.Max)),
		))
	}
	return app.Table().Class("numbers").Body(app.TBody().Body(rows...))
}

func kindTable(s *model.Statistics) app.UI {
	if len(s.Kinds) == 0 {
		return app.P().Class("soft").Text("No message yet.")
	}
	rows := make([]app.UI, 0, maxKindsShown)
	for _, k := range s.Kinds[:min(len(s.Kinds), maxKindsShown)] {
		rows = append(rows, app.Tr().Body(
			app.Td().Text(model.Count(k.Count)),
			app.Td().Class("dir-"+k.Dir.String()).Text(map[record.Dir]string{record.Out: "↑", record.In: "↓"}[k.Dir]),
			app.Td().Class("soft").Text(cmp.Or(k.Decoder, "not decoded")),
			app.Th().Text(cmp.Or(k.Shape, "–")),
			app.Td().Text(sizeOf(k.Bytes)),
		))
	}
	return app.Div().Body(
		app.Table().Class("list").Body(app.TBody().Body(rows...)),
		app.P().Class(shownIf("soft", s.OtherKinds > 0)).Text(model.Count(s.OtherKinds)+" messages of other kinds"),
	)
}
