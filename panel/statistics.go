package panel

import (
	"cmp"
	"strconv"
	"strings"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/panel/controller"
	"github.com/tetherscope/tetherscope/panel/model"
	"github.com/tetherscope/tetherscope/panel/model/format"
	"github.com/tetherscope/tetherscope/panel/model/rows"
)

// maxKindsShown is how many kinds of messages the statistics list.
const maxKindsShown = 40

// statistics lie over the grid: what the capture amounts to. They are counted as records come, not when they are shown.
func statistics(v controller.Snapshot) app.UI {
	s := v.Stats
	if s == nil {
		return app.Div().Class("stats off")
	}
	return app.Div().Class("stats").TabIndex(0).Role("region").Aria("label", "Statistics").DataSet("testid", "stats").Body(
		app.Div().Class("head").Body(
			app.H2().Text(statisticsTitle(s)),
			command(controller.ChooseConn{}).Class(shownIf("link", s.Conn != 0)).Text("all connections"),
			span("soft", "since the last clear, over "+format.Duration(s.Duration)+unreadNote(s)),
			command(controller.ToggleStatistics{}).Class("shut").Aria("label", "Close the statistics").Text("×"),
		),
		app.Div().Class("cards").Body(
			card("Traffic", trafficTable(s)),
			card("Violations", lintTable(s.Lint)),
			card("Compression and overhead", factList(compressionFacts(s))),
			card("Response times", app.Div().Body(percentiles(s.Shown), histogram(s.Latencies, "No responses yet."))),
			card("Ping round-trip times", rttTable(s.RTTs)),
			card("Message sizes, sent", histogram(s.Sizes[record.Out], "No messages sent.")),
			card("Message sizes, received", histogram(s.Sizes[record.In], "No messages received.")),
			card("Message kinds", kindTable(s)),
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
	for _, name := range [...]string{"#", "connection", "state", record.Out.Arrow() + " frames", record.In.Arrow() + " frames", "payload", "wire", "frames/s", "compression", "ping", "⚠"} {
		head = append(head, app.Th().Text(name))
	}
	rows := []app.UI{app.Tr().Body(head...)}
	for i := range s.Conns {
		rows = append(rows, connRow(&s.Conns[i]))
	}
	return app.Div().Class("scroll").TabIndex(0).Role("group").Aria("label", "Connections").Body(
		app.Table().Class("numbers").Body(app.TBody().Body(rows...)),
		app.P().Class(shownIf("soft", s.MoreConns > 0)).Text(format.Count(uint64(s.MoreConns))+" more not listed"),
	)
}

func connRow(l *model.ConnLine) app.UI {
	id := strconv.FormatUint(uint64(l.ID), 10)
	ratio, rtt := "–", "–"
	if l.Compressed > 0 {
		ratio = strconv.FormatFloat(l.Ratio, 'f', 1, 64) + " : 1"
	}
	if l.RTT > 0 {
		rtt = format.Duration(l.RTT)
	}
	cells := []app.UI{
		app.Td().Text(id),
		app.Th().Body(command(controller.ChooseConn{ID: l.ID}).Class("link").Title("Show only this connection").Text(l.Name)),
	}
	for _, text := range [...]string{
		l.State.String(), format.Count(l.Tally.Frames[record.Out]), format.Count(l.Tally.Frames[record.In]),
		sizeOf(rows.Total(l.Tally.Bytes)), sizeOf(rows.Total(l.Tally.Wire)),
		perSecond(rows.Total(l.Tally.Frames), l.Duration), ratio, rtt,
	} {
		cells = append(cells, app.Td().Text(text))
	}
	return app.Tr().Body(append(cells, app.Td().Class(when("", l.Tally.Violations > 0, "alarm")).Text(format.Count(l.Tally.Violations)))...)
}

func unreadNote(s *model.Statistics) string {
	out := ""
	if s.Pending > 0 {
		out += "; " + format.Plural(s.Pending, "row") + " not yet decoded"
	}
	if s.Unread > 0 {
		out += "; " + format.Plural(s.Unread, "row") + " skipped by the decoder"
	}
	return out
}

func card(title string, body app.UI) app.UI {
	return app.Section().Class("card").Body(app.H3().Text(title), body)
}

func trafficTable(s *model.Statistics) app.UI {
	rows := []app.UI{app.Tr().Body(app.Td(), app.Th().Text(record.Out.Arrow()+" sent"), app.Th().Text(record.In.Arrow()+" received"))}
	line := func(name string, n [2]uint64, show func(uint64) string) {
		rows = append(rows, app.Tr().Body(app.Th().Text(name), app.Td().Text(show(n[record.Out])), app.Td().Text(show(n[record.In]))))
	}
	t := &s.Tally
	line("frames", t.Frames, format.Count)
	line("messages", t.Messages, format.Count)
	line("payload", t.Bytes, sizeOf)
	line("on the wire", t.Wire, sizeOf)
	line("frames per second", t.Frames, func(n uint64) string { return perSecond(n, s.Duration) })
	line("wire per second", t.Wire, func(n uint64) string { return sizeOf(rate(n, s.Duration)) })
	return app.Table().Class("numbers").Body(app.TBody().Body(rows...))
}

func sizeOf(n uint64) string { return format.Size(n) + unit(n) }

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

// lintTable lists the violations; each leads to its rows.
func lintTable(list []model.LintCount) app.UI {
	if len(list) == 0 {
		return app.P().Class("soft").Text("None: all frames comply with RFC 6455 and RFC 7692.")
	}
	rows := make([]app.UI, 0, len(list))
	for _, l := range list {
		rows = append(rows, app.Tr().Title(l.Explanation).Body(
			app.Td().Class("alarm").Text(format.Count(l.Count)),
			app.Th().Body(command(controller.UseQuery{Text: "lint:" + lintWord(l.Name)}).Class("link").Title("Show these rows").Text(l.Name)),
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
		{Name: "Compressed messages", Value: format.Count(s.Compressed)},
		{Name: "Ratio", Value: ratio, Note: sizeOf(s.Before) + " → " + sizeOf(s.After)},
		{Name: "Not compressible", Value: format.Count(s.Bigger)},
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
			app.Progress().Max(float64(most)).Value(float64(b.Count)).Aria("label", b.Label+": "+format.Count(b.Count)),
			span("count", format.Count(b.Count)),
		))
	}
	return app.Ul().Class("histogram").Body(items...)
}

// percentiles are the response times of the rows that pass the filter, while the histogram below is of all.
func percentiles(p model.Percentiles) app.UI {
	which := " responses and pongs among the rows that are shown"
	if p.Newest {
		which = " newest" + which
	}
	return app.P().Class(shownIf("soft", p.Count > 0)).DataSet("testid", "percentiles").Text(
		"p50 " + format.Duration(p.P50) + " · p95 " + format.Duration(p.P95) + " · p99 " + format.Duration(p.P99) + " · max " + format.Duration(p.Max) +
			", of " + format.Count(uint64(p.Count)) + which)
}

func rttTable(list []model.RTT) app.UI {
	if len(list) == 0 {
		return app.P().Class("soft").Text("No pongs received.")
	}
	rows := []app.UI{app.Tr().Body(app.Td(), app.Th().Text("pongs"), app.Th().Text("min"), app.Th().Text("avg"), app.Th().Text("max"))}
	for _, r := range list {
		rows = append(rows, app.Tr().Body(
			app.Th().Text(r.Label), app.Td().Text(format.Count(r.Count)),
			app.Td().Text(format.Duration(r.Min)), app.Td().Text(format.Duration(r.Mean)), app.Td().Text(format.Duration(r.Max)),
		))
	}
	return app.Table().Class("numbers").Body(app.TBody().Body(rows...))
}

func kindTable(s *model.Statistics) app.UI {
	if len(s.Kinds) == 0 {
		return app.P().Class("soft").Text("No messages yet.")
	}
	rows := make([]app.UI, 0, maxKindsShown)
	for _, k := range s.Kinds[:min(len(s.Kinds), maxKindsShown)] {
		rows = append(rows, app.Tr().Body(
			app.Td().Text(format.Count(k.Count)),
			app.Td().Class("dir-"+k.Dir.String()).Text(k.Dir.Arrow()),
			app.Td().Class("soft").Text(cmp.Or(k.Decoder, "not decoded")),
			app.Th().Text(cmp.Or(k.Shape, "–")),
			app.Td().Text(sizeOf(k.Bytes)),
		))
	}
	return app.Div().Body(
		app.Table().Class("list").Body(app.TBody().Body(rows...)),
		app.P().Class(shownIf("soft", s.OtherKinds > 0)).Text(format.Plural(s.OtherKinds, "message")+" of other kinds"),
	)
}
