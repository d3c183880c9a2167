package model

import (
	"strings"
	"testing"

	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/internal/frame"
	"github.com/tetherscope/tetherscope/panel/model/rows"
)

// TestColors: the first rule that finds a row colors it, in both views; a rule that is wrong colors nothing; marks and new rules count
// at once; a file that is opened later has the same colors.
func TestColors(t *testing.T) {
	m := New(Options{})
	feed(m, 1, text(record.In, "price 1"), text(record.Out, "other"), control(record.In, frame.Ping, "price"))
	m.Update(SetColors{[]ColorRule{{"((", "red"}, {"op:ping", "blue"}, {"price", "red"}, {"mark", "green"}, {"other", "pink"}}})
	look := func(m *Model) string {
		var out []string
		for _, l := range m.Window().Lines {
			color := "-"
			for _, class := range strings.Fields(l.Look) {
				if name, ok := strings.CutPrefix(class, "color-"); ok {
					color = name
				}
			}
			out = append(out, color)
		}
		return strings.Join(out, " ")
	}
	if got := look(m); got != "red - blue" {
		t.Errorf("colors %s", got)
	}
	m.Update(ToggleMark{ID: 1})
	m.Update(SetView{rows.Frames})
	settle(m)
	if got := look(m); got != "red green blue" {
		t.Errorf("colors of frames, one marked: %s", got)
	}
	again := m.Fresh()
	feed(again, 1, text(record.In, "price 1"))
	if got := look(again); got != "red" {
		t.Errorf("in a file: %s", got)
	}
	m.Update(SetColors{})
	if got := look(m); got != "- - -" {
		t.Errorf("without rules: %s", got)
	}
}
